import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { encode, fromLatin1, toUtf8 } from '@trusted-launch/codec'
import {
  basicConstraints,
  Certificate,
  contextTag,
  DER,
  der,
  EXTENSION,
  type Extension,
  extendedKeyUsage,
  extension,
  issueCertificate,
  KEY_USAGE,
  keyUsage,
  type PublicKey,
  SigningKey,
} from '@trusted-launch/crypto'
import { TPMT_PUBLIC } from '@trusted-launch/tpm2'
import { appraiseEvidence } from '../src/appraise.ts'
import { decodeImportedKey, joinImportedKeys } from '../src/imported/attestation-key.ts'
import { importEvidence } from '../src/imported/evidence.ts'
import { decodePcrValues } from '../src/imported/pcr-file.ts'
import { TRUSTED_LAUNCH_POLICY } from '../src/policy.ts'
import { akCertificate, akPublic, time } from './attester.ts'
import { cleanBoot, evidenceOf } from './boot.ts'

const dayMs = 86_400_000
const attestation = '2.23.133.8.3'
const cn = (value: string) => [{ oid: '2.5.4.3', value }]
const isAuthority = [basicConstraints({ ca: true }), keyUsage(KEY_USAGE.keyCertSign)]
const isKey = [
  basicConstraints({ ca: false }),
  keyUsage(KEY_USAGE.digitalSignature),
  extendedKeyUsage(attestation),
]

type Dates = { notBefore?: number; notAfter?: number }
interface Authority {
  readonly name: string
  readonly key: SigningKey
  readonly certificate: Certificate
}

function issued(
  by: Pick<Authority, 'name' | 'key'>,
  subject: string,
  publicKey: PublicKey,
  extensions: readonly Extension[],
  dates: Dates = {},
): Certificate {
  const whole = {
    serial: Uint8Array.of(1),
    issuer: cn(by.name),
    subject: cn(subject),
    notBefore: time - dayMs,
    notAfter: time + dayMs,
    publicKey,
    extensions,
    ...dates,
  }
  return Certificate.decode(issueCertificate(whole, by.key, { scheme: 'ecdsa', hash: 'sha256' }))
}

/** An authority that another vouches for, or itself where there is none. */
function authority(
  name: string,
  by?: Authority,
  extensions: readonly Extension[] = isAuthority,
  dates?: Dates,
): Authority {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
  const key = SigningKey.fromPkcs8(Uint8Array.from(pkcs8))
  const certificate = issued(by ?? { name, key }, name, key.publicKey, extensions, dates)
  return { name, key, certificate }
}

const { evidence, expectation } = evidenceOf(cleanBoot())
const quote = evidence.quotes.find(({ bank }) => bank === 'sha256')!
const pem = (...certificates: readonly Certificate[]) =>
  fromLatin1(
    certificates
      .map(({ der }) => Buffer.from(der).toString('base64'))
      .map((text) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`)
      .join(''),
  )
const ak = (by: Authority, dates?: Dates) =>
  issued(by, 'somebody', akCertificate.publicKey, isKey, dates)

/** What is found of a key that came as this bundle, its own certificate first. */
function judged(bundle: readonly Certificate[], anchors: readonly Certificate[], at = time) {
  const area = decodeImportedKey(encode(TPMT_PUBLIC, akPublic()))
  const pcrs = Object.fromEntries(
    quote.pcrs.map(({ index, digest }) => [index, Buffer.from(digest).toString('hex')]),
  )
  const imported = importEvidence({
    ...{ attest: quote.attest, signature: quote.signature, nonce: expectation.nonce, anchors },
    key: joinImportedKeys([area, decodeImportedKey(pem(...bundle))]),
    pcrs: decodePcrValues(toUtf8(JSON.stringify({ sha256: pcrs }))),
    eventLog: evidence.eventLog!,
    imaLog: null,
    userspaceLog: null,
    profile: 'pc-client',
  })
  const references = { references: null, policy: TRUSTED_LAUNCH_POLICY }
  const { claims, findings } = appraiseEvidence({ ...imported, ...references, time: at })
  const fault = findings.find(({ id }) => id === 'attestation-key.certificate.untrusted')
  if (fault !== undefined) return fault.actual
  assert.equal(claims['attestation-key']?.value, 'certificate')
  return 'believed'
}

const root = authority('root')
const middle = authority('middle', root)
const low = authority('low', middle)

test('an AK certificate leads to its anchor through intermediates that came with it, in any order', () => {
  const leaf = ak(low)
  const above = [low.certificate, middle.certificate]
  assert.equal(judged([leaf, ...above], [root.certificate]), 'believed')
  assert.equal(judged([leaf, ...above.toReversed()], [root.certificate]), 'believed')
  assert.equal(judged([leaf, ...above, root.certificate], [root.certificate]), 'believed')
})

test('an intermediate is believed for nothing: one missing, or an anchor that came along, is nobody', () => {
  const leaf = ak(low)
  assert.equal(judged([leaf, low.certificate], [root.certificate]), 'unknown-issuer')
  const stranger = authority('root').certificate
  const bundle = [leaf, low.certificate, middle.certificate, root.certificate]
  assert.equal(judged(bundle, [stranger]), 'bad-signature')
  assert.equal(judged(bundle, [authority('other').certificate]), 'unknown-issuer')
})

test('an authority below the root may be the anchor, and several may be given', () => {
  assert.equal(judged([ak(low), low.certificate], [middle.certificate]), 'believed')
  const anchors = [authority('other').certificate, root.certificate, middle.certificate]
  assert.equal(judged([ak(middle)], anchors), 'believed')
})

test('an intermediate must be an authority that signs certificates, within its path length and for attestation', () => {
  const through = (extensions: readonly Extension[], dates?: Dates) => {
    const one = authority('one', root, extensions, dates)
    return judged([ak(one), one.certificate], [root.certificate])
  }
  assert.equal(through([basicConstraints({ ca: false })]), 'not-a-certificate-authority')
  assert.equal(through([]), 'not-a-certificate-authority')
  const digests = keyUsage(KEY_USAGE.digitalSignature)
  assert.equal(through([basicConstraints({ ca: true }), digests]), 'wrong-key-usage')
  const web = extendedKeyUsage('1.3.6.1.5.5.7.3.1')
  assert.equal(through([...isAuthority, web]), 'wrong-extended-key-usage')
  assert.equal(through([...isAuthority, extendedKeyUsage(attestation)]), 'believed')

  const none = basicConstraints({ ca: true, pathLength: 0 })
  const short = authority('short', root, [none])
  const below = authority('below', short)
  assert.equal(judged([ak(short), short.certificate], [root.certificate]), 'believed')
  const long = [ak(below), below.certificate, short.certificate]
  assert.equal(judged(long, [root.certificate]), 'path-too-long')
})

test('name constraints, and critical extensions nobody knows, are refused above the key', () => {
  const subtree = der(DER.SEQUENCE, der(contextTag(2, false), toUtf8('example.org')))
  const constraints = der(DER.SEQUENCE, der(contextTag(0), subtree))
  for (const critical of [true, false]) {
    const named = extension(EXTENSION.nameConstraints, critical, constraints)
    const one = authority('one', root, [...isAuthority, named])
    assert.equal(judged([ak(one), one.certificate], [root.certificate]), 'name-constraints')
  }
  const odd = extension('1.3.6.1.4.1.99999.1', true, der(DER.SEQUENCE))
  const one = authority('one', root, [...isAuthority, odd])
  assert.equal(judged([ak(one), one.certificate], [root.certificate]), 'unknown-critical-extension')
})

test('all dates of the path are judged when the evidence was given', () => {
  const dates = { notBefore: time - dayMs, notAfter: time - dayMs / 2 }
  const past = authority('past', root, isAuthority, dates)
  const bundle = [ak(past), past.certificate]
  assert.equal(judged(bundle, [root.certificate]), 'expired')
  assert.equal(judged(bundle, [root.certificate], time - dayMs + 1000), 'believed')
  assert.equal(judged(bundle, [root.certificate], time - 2 * dayMs), 'not-yet-valid')
})
