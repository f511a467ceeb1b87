import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { MalformedError, toUtf8 } from '@trusted-launch/codec'
import { checkDecoder, decodersAt } from '@trusted-launch/codec/check'
import * as door from '../src/index.ts'
import { appended } from './a-module.ts'

const { Certificate, CryptoError, PublicKey, SigningKey } = door
const read = (name: string) =>
  Uint8Array.from(readFileSync(join(import.meta.dirname, '../testdata', name)))
const errors = { errors: [CryptoError] }
const certificates = { root: read('root.der'), mid: read('mid.der'), leaf: read('leaf.der') }
const anchors = [Certificate.decode(certificates.root)]
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pkcs8 = Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' }))
const message = toUtf8('message')
const es256 = { scheme: 'ecdsa', hash: 'sha256' } as const
const signature = SigningKey.fromPkcs8(pkcs8).sign(es256, message)
const box = { key: new Uint8Array(32), nonce: new Uint8Array(12), associatedData: message }

const pem = toUtf8(
  `before\n-----BEGIN PUBLIC KEY-----\n${btoa(String.fromCharCode(...read('leaf.der')))}\n-----END PUBLIC KEY-----\n`,
)

function refuse(reason: string, offset: number): never {
  throw new MalformedError('', offset, reason)
}

const tried: Record<string, () => void> = {
  decodePem: () => {
    // a line feed behind the last block is no part of it
    const isWhole = (size: number) => size === pem.length - 1
    checkDecoder(door.decodePem, { pem }, { isWhole })
  },
  readDer: () => checkDecoder(door.readDer, certificates, { tries: 2000 }),
  decodeAppendedSignature: () => {
    const module = appended(message, read('detached-by-key-identifier.p7'))
    // cut short it is a file without signature
    const decode = (bytes: Uint8Array) =>
      door.decodeAppendedSignature(bytes) ?? refuse('not signed', bytes.length)
    checkDecoder(decode, { module }, { ...errors, tries: 300 })
  },
  decodeSignedData: () =>
    checkDecoder(
      (bytes) => door.verifySignedData(door.decodeSignedData(bytes), { anchors, time: null }),
      { attributes: read('with-attributes.p7'), 'by key': read('detached-by-key-identifier.p7') },
      { ...errors, tries: 300 },
    ),
}
const methods: Record<string, () => void> = {
  'Certificate.decode': () =>
    checkDecoder(
      (bytes) => door.verifyChain(Certificate.decode(bytes), { anchors, time: null }),
      certificates,
      { ...errors, tries: 300 },
    ),
  'PublicKey.fromSpki': () => {
    const keys = Object.entries(certificates).map(([name, der]) => {
      return [name, Certificate.decode(der).publicKey.spki]
    })
    checkDecoder((bytes) => PublicKey.fromSpki(bytes).object, Object.fromEntries(keys), errors)
  },
  'SigningKey.fromPkcs8': () => checkDecoder(SigningKey.fromPkcs8, { pkcs8 }, errors),
  rawEcdsaSignature: () =>
    checkDecoder((bytes) => door.rawEcdsaSignature(bytes, 32), { signature }),
  open: () =>
    checkDecoder((bytes) => door.open(box, bytes), { sealed: door.seal(box, message) }, errors),
}

for (const [name, run] of Object.entries({ ...tried, ...methods }))
  test(`${name} refuses what is cut short, and raises only its own errors`, run)

test('a signature of any bytes is false, never an error', () => {
  const { publicKey } = SigningKey.fromPkcs8(pkcs8)
  const holds = (bytes: Uint8Array) =>
    door.verifySignature(publicKey, es256, message, bytes) || assert.fail('refused')
  checkDecoder(holds, { signature }, { errors: [assert.AssertionError] })
})

test('no function that reads is left out', () => {
  assert.deepEqual(decodersAt(door), Object.keys(tried).sort())
})
