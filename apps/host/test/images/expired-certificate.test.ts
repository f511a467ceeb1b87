import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import {
  basicConstraints,
  Certificate,
  extendedKeyUsage,
  issueCertificate,
  KEY_USAGE,
  keyUsage,
  type PublicKey,
  SigningKey,
  verifyChain,
} from '@trusted-launch/crypto'
import { certificateList, decodePe, verifyImage } from '@trusted-launch/uefi'
import { makeImage } from '../../../../packages/uefi/test/an-image.ts'
import { signImage } from '../../src/images/sign-image.ts'

const day = 86_400_000
const now = Date.UTC(2026, 10, 28)
const codeSigning = '1.3.6.1.5.5.7.3.3'
const owner = '77fa9abd-0359-4d32-bd60-28f4e78f784b'
const cn = (value: string) => [{ oid: '2.5.4.3', value }]

function newKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return SigningKey.fromPkcs8(Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' })))
}
const [authority, signer] = [newKey(), newKey()]

function certificate(subject: string, publicKey: PublicKey, from: number, until: number) {
  const isAuthority = subject === 'CA'
  const fields = {
    serial: Uint8Array.of(isAuthority ? 1 : 2),
    issuer: cn('CA'),
    subject: cn(subject),
    notBefore: from,
    notAfter: until,
    publicKey,
    extensions: isAuthority
      ? [basicConstraints({ ca: true }), keyUsage(KEY_USAGE.keyCertSign)]
      : [extendedKeyUsage(codeSigning)],
  }
  return issueCertificate(fields, authority, { scheme: 'rsassa', hash: 'sha256' })
}

const dates = {
  'are over': [now - 900 * day, now - 400 * day],
  'did not begin': [now + 400 * day, now + 900 * day],
} as const

for (const [title, [from, until]] of Object.entries(dates))
  test(`an image runs though the dates of its signer and of db's certificate ${title}, as UEFI has it`, () => {
    const ca = certificate('CA', authority.publicKey, from, until)
    const own = certificate('signer', signer.publicKey, from, until)
    const file = makeImage([{ name: '.text', bytes: new Uint8Array(700).fill(0x90) }])
    const image = decodePe(signImage(file, own, signer))
    const db = [certificateList(owner, ca)]
    const verdict = verifyImage(image, { db, dbx: [] })
    assert.ok(verdict.allowed && verdict.by === 'certificate')
    assert.deepEqual(
      verdict.chain.map(({ subject }) => subject),
      ['CN=signer', 'CN=CA'],
    )
    // Where dates count they are refused: it is not that nobody reads them.
    const path = { anchors: [Certificate.decode(ca)], time: now }
    const found = verifyChain(Certificate.decode(own), path)
    assert.ok('fault' in found && /expired|not-yet-valid/.test(found.fault))
    // A revocation counts whenever it is.
    const forbidden = verifyImage(image, { db, dbx: db })
    assert.ok(!forbidden.allowed && forbidden.reason === 'forbidden-certificate')
  })
