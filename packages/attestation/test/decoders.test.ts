import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { fromLatin1, MalformedError, toHex, toLatin1 } from '@trusted-launch/codec'
import { checkDecoder, decodersAt } from '@trusted-launch/codec/check'
import { fromBase64url, jwkOf, PublicKey, SigningKey, toBase64url } from '@trusted-launch/crypto'
import * as door from '../src/index.ts'
import { akPublic, anchor } from './attester.ts'
import { cleanBoot, evidenceOf, referencesOf, variantOf } from './boot.ts'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pkcs8 = Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' }))
const key = SigningKey.fromPkcs8(pkcs8)
const issuer = {
  issuer: 'https://localhost',
  audience: null,
  lifetimeSeconds: 60,
  key: key.publicKey,
}
const input = evidenceOf(cleanBoot(), { measured: [] })
const appraised = door.appraiseEvidence(input)
const record = door.encodeRecord(input, appraised, issuer, door.signTokensWith(key))

/** A fault is a refusal. */
const verified = (trusted: typeof key.publicKey | null) => (bytes: Uint8Array) => {
  const found = door.verifyRecord(bytes, { key: trusted, anchors: [anchor] })
  if ('fault' in found) throw new MalformedError('record', 0, found.reason)
}

const quote = input.evidence.quotes[0]!
const ak = PublicKey.fromRsa(akPublic().unique as Uint8Array, 65537)
const pcrs = fromLatin1(`sha256:\n  7 : 0x${toHex(quote.pcrs[7]!.digest)}`)

const tried: Record<string, () => void> = {
  decodeImportedKey: () => {
    const { akPublic, akCertificate } = input.evidence
    checkDecoder(door.decodeImportedKey, { akPublic, akCertificate: akCertificate!, spki: ak.spki })
  },
  decodeImportedQuote: () => checkDecoder(door.decodeImportedQuote, { attest: quote.attest }),
  decodeImportedSignature: () =>
    checkDecoder(
      (bytes) => door.decodeImportedSignature(bytes, ak, quote.attest),
      { signature: quote.signature, plain: new Uint8Array(256) },
      // as long as a plain signature of this key
      { isWhole: (size) => size === 256 },
    ),
  decodePcrValues: () => {
    const values = { 7: toHex(quote.pcrs[7]!.digest) }
    const json = fromLatin1(JSON.stringify({ sha256: values }))
    const named = fromLatin1(JSON.stringify({ alg: 'sha256', pcrs: values }))
    checkDecoder(door.decodePcrValues, { pcrs, json, named })
  },
  parseJwks: () => checkDecoder(door.parseJwks, { jwks: door.jwksOf([key.publicKey]) }),
  parseTokenKeys: () => {
    const keys = { version: 1, current: jwkOf(key.publicKey), next: null, retired: [] }
    checkDecoder(door.parseTokenKeys, { keys: fromLatin1(JSON.stringify(keys)) })
  },
  parseMemory: () => {
    const { next } = door.remember(door.NO_MEMORY, input, appraised, 1)
    checkDecoder(door.parseMemory, { memory: door.encodeMemory(next) })
  },
  parseNonces: () => {
    const { nonce } = input.expectation
    const nonces = JSON.stringify(door.keepNonce([], { vm: 'vm-1', nonce, time: 0 }))
    checkDecoder(door.parseNonces, { nonces: fromLatin1(nonces) })
  },
  parseLearntFirmware: () => {
    const { firmware } = variantOf(cleanBoot())
    const learnt = fromLatin1(JSON.stringify([firmware]))
    checkDecoder(door.parseLearntFirmware, { learnt })
  },
  parsePolicy: () => {
    const policy = door.encodePolicy(door.TRUSTED_LAUNCH_POLICY)
    checkDecoder(door.parsePolicy, { policy })
  },
  parseReferenceValues: () => {
    const references = door.encodeReferenceValues(referencesOf(cleanBoot()))
    checkDecoder(door.parseReferenceValues, { references }, { tries: 300 })
  },
  parseWritten: () => {
    const written = fromLatin1('{"a":{"b":[1,"c:",{}]},"b":"\\"a\\":"}')
    const read = (bytes: Uint8Array) => door.parseWritten(bytes, (value) => value, { max: 65536 })
    checkDecoder(read, { written }, { tries: 2000 })
  },
}
const others: Record<string, () => void> = {
  verifyRecord: () => checkDecoder(verified(key.publicKey), { record }, { tries: 300 }),
  'verifyRecord, whoever signed,': () => checkDecoder(verified(null), { record }, { tries: 300 }),
  'VerifiedToken.verify': () => {
    const token = toLatin1(record).match(/"token":"([^"]+)"/)![1]!
    const expected = { keys: [key.publicKey], issuer: null, audience: null, nonce: null }
    const holds = (bytes: Uint8Array) => {
      const { time } = input
      const found = door.VerifiedToken.verify(toLatin1(bytes), { ...expected, time })
      if ('fault' in found) throw new MalformedError('token', 0, found.reason)
    }
    checkDecoder(holds, { token: fromLatin1(token) })
  },
  'VerifiedToken.verify, whoever signs,': () => {
    const [header, claims] = toLatin1(record)
      .match(/"token":"([^"]+)"/)![1]!
      .split('.')
    const expected = { keys: [key.publicKey], issuer: null, audience: null, nonce: null }
    const { time } = input
    const signed = (parts: readonly Uint8Array[]) => {
      const text = parts.map(toBase64url).join('.')
      const token = `${text}.${toBase64url(door.signTokensWith(key)(fromLatin1(text)))}`
      const found = door.VerifiedToken.verify(token, { ...expected, time })
      if ('fault' in found) throw new MalformedError('token', 0, found.reason)
    }
    const [own, said] = [fromBase64url(header!), fromBase64url(claims!)]
    checkDecoder((bytes) => signed([bytes, said]), { header: own }, { tries: 200 })
    checkDecoder((bytes) => signed([own, bytes]), { claims: said }, { tries: 200 })
  },
  isSignedBy: () => {
    const token = toLatin1(record).match(/"token":"([^"]+)"/)![1]!
    const holds = (bytes: Uint8Array) => {
      if (!door.isSignedBy(toLatin1(bytes), key.publicKey))
        throw new MalformedError('token', 0, 'refused')
    }
    checkDecoder(holds, { token: fromLatin1(token) })
  },
}

for (const [name, run] of Object.entries({ ...tried, ...others }))
  test(`${name} refuses what is cut short, and raises only its own errors`, run)

test('no function that reads is left out', () => {
  assert.deepEqual(decodersAt(door), Object.keys(tried).sort())
})
