import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { fromLatin1, toLatin1, toUtf8 } from '@trusted-launch/codec'
import { randomFrom } from '@trusted-launch/codec/check'
import { SigningKey } from '@trusted-launch/crypto'
import { VARIABLES } from '@trusted-launch/uefi'
import { appraiseEvidence } from '../src/appraise.ts'
import type { Expectation } from '../src/expectation.ts'
import { ActivatedKey } from '../src/identity/activation.ts'
import { encodeRecord, formatResult, recordBytesMax, verifyRecord } from '../src/record.ts'
import { isSignedBy, sha256Hex, signTokensWith, tokenOf } from '../src/token/token.ts'
import { isVariable } from './appraised.ts'
import { akCertificate, anchor } from './attester.ts'
import { cleanBoot, configured, evidenceOf } from './boot.ts'
import { signingKey } from './issuer.ts'

const key = signingKey()
const issuer = {
  issuer: 'https://localhost',
  audience: null,
  lifetimeSeconds: 3600,
  key: key.publicKey,
}
const input = evidenceOf(cleanBoot(), { measured: [] })
const appraised = appraiseEvidence(input)
const record = encodeRecord(input, appraised, issuer, signTokensWith(key))
const trust = { key: key.publicKey, anchors: [anchor] }
const inner = { key: null, anchors: [anchor] }

test('a record gives the same verdict again, byte for byte', () => {
  const verified = verifyRecord(record, trust)
  assert.ok(!('fault' in verified))
  assert.equal(formatResult(verified.appraised), formatResult(appraised))
  assert.equal(verified.appraised.result.tier, 'affirming')
  assert.equal(verified.anchorKnown, true)
})

test('a record holds intermediates and that SHA-1 was allowed, and no key that somebody gave or that was activated', () => {
  const again = (changes: Partial<Expectation>) => {
    const changed = { ...input, expectation: { ...input.expectation, ...changes } }
    const bytes = encodeRecord(changed, appraiseEvidence(changed), issuer, signTokensWith(key))
    const verified = verifyRecord(bytes, trust)
    return 'fault' in verified ? assert.fail(verified.reason) : verified.input.expectation
  }
  const { intermediates } = again({ intermediates: [akCertificate] })
  assert.ok(intermediates?.length === 1 && intermediates[0]!.equals(akCertificate))
  assert.equal(again({ sha1Signatures: true }).sha1Signatures, true)
  assert.throws(() => again({ givenKey: key.publicKey }), /no key given or activated/)
  const { akName } = input.expectation
  const answer = new Uint8Array(16)
  const activatedKey = ActivatedKey.verify({ answer, ekName: akName, akName }, answer)
  assert.ok(activatedKey instanceof ActivatedKey)
  assert.throws(() => again({ activatedKey }), /no key given or activated/)
})

test('an anchor in the record is never believed: only one that is given', () => {
  const verified = verifyRecord(record, { ...trust, anchors: [] })
  assert.ok(!('fault' in verified))
  assert.equal(verified.anchorKnown, false)
})

test('a record of another signer is refused, and readable without asking for the signer', () => {
  const other = verifyRecord(record, { ...trust, key: signingKey().publicKey })
  assert.ok('fault' in other && other.fault === 'token-signature')
  assert.ok(!('fault' in verifyRecord(record, inner)))
})

const { evidence, expectation } = input
const bare = {
  ...input,
  evidence: { ...evidence, quotes: [], eventLog: null, imaLog: null, akCertificate: null },
  expectation: { ...expectation, anchors: [] },
  references: null,
}
const bareRecord = encodeRecord(bare, appraiseEvidence(bare), issuer, signTokensWith(key))

for (const [title, given] of [
  ['with the signer asked for', trust],
  ['without', inner],
] as const)
  test(`a byte changed anywhere is refused, ${title}: each of a small record, a sample of a whole one`, () => {
    const refused = (bytes: Uint8Array, at: number) => {
      const verdict = verifyRecord(bytes.with(at, bytes[at]! ^ (1 + (at % 127))), given)
      assert.ok('fault' in verdict, `byte ${at} of ${toLatin1(bytes.subarray(at - 20, at + 20))}`)
      assert.ok(verdict.reason.length > 0)
    }
    assert.ok(!('fault' in verifyRecord(bareRecord, given)))
    for (let at = 0; at < bareRecord.length; at++) refused(bareRecord, at)
    const random = randomFrom(7)
    for (let at = random(20); at < record.length; at += 1 + random(40)) refused(record, at)
  })

/** The record's own text with one byte changed, under a token made for it by the same signer. */
function signedAnew(at: number, by: number): Uint8Array {
  const [body] = toLatin1(record).slice('{"record":'.length).split(',"token":')
  const changed = fromLatin1(body!)
  changed[at]! ^= by
  const token = tokenOf(
    appraised.result,
    sha256Hex(changed),
    input.time,
    issuer,
    signTokensWith(key),
  )
  return fromLatin1(`{"record":${toLatin1(changed)},"token":"${token}"}`)
}

test('a byte changed and signed anew is refused all the same: the verdict must come out of the evidence', () => {
  assert.ok(!('fault' in verifyRecord(signedAnew(0, 0), trust)))
  const random = randomFrom(3)
  const end = toLatin1(record).indexOf(',"token":') - '{"record":'.length
  for (let at = random(40); at < end; at += 1 + random(160)) {
    const verdict = verifyRecord(signedAnew(at, 1 + random(127)), inner)
    assert.ok('fault' in verdict, `byte ${at} of ${toLatin1(record.subarray(at - 20, at + 20))}`)
  }
})

test("another record's token does not fit, though the same key signed it", () => {
  const other = evidenceOf(cleanBoot(), { references: null })
  const foreign = encodeRecord(other, appraiseEvidence(other), issuer, signTokensWith(key))
  const [mine, theirs] = [record, foreign].map((bytes) => toLatin1(bytes).split(',"token":'))
  const swapped = fromLatin1(`${mine![0]},"token":${theirs![1]}`)
  for (const given of [trust, inner]) {
    const verdict = verifyRecord(swapped, given)
    assert.ok('fault' in verdict && verdict.fault === 'token-covers-another-record')
  }
})

test('a record whose evidence was exchanged is refused, also when signed anew by its own key', () => {
  const other = evidenceOf(cleanBoot(), { measured: null })
  const forged = encodeRecord(other, appraised, issuer, signTokensWith(key))
  const verdict = verifyRecord(forged, inner)
  assert.ok('fault' in verdict && verdict.fault === 'not-reproduced')
})

test('a record too big is refused before it is read', () => {
  const verdict = verifyRecord(new Uint8Array(recordBytesMax + 1), inner)
  assert.ok('fault' in verdict && verdict.fault === 'record-too-big')
})

test('what is hashed is canonical JSON: the same record in any other form is refused', () => {
  const { record: body, token } = JSON.parse(toLatin1(record))
  const turned = Object.fromEntries(Object.entries(body).reverse())
  const escaped = toLatin1(record).replace('"vm"', '"\\u0076m"')
  for (const text of [JSON.stringify({ record: turned, token }), escaped])
    for (const given of [trust, inner]) assert.ok('fault' in verifyRecord(fromLatin1(text), given))
})

test('a record cut short, longer, or with a space more is refused', () => {
  const spaced = fromLatin1(toLatin1(record).replace('"version":1', '"version": 1'))
  for (const changed of [
    record.subarray(0, -1),
    Uint8Array.of(...record, 10),
    spaced,
    new Uint8Array(),
  ])
    for (const given of [trust, inner]) assert.ok('fault' in verifyRecord(changed, given))
})

test('a record whose stored verdict was made better is refused, also when signed anew', () => {
  const bad = evidenceOf(cleanBoot(), { references: null })
  const verdict = appraiseEvidence(bad)
  const better = { result: { ...verdict.result, tier: 'affirming' as const, findings: [] } }
  const forged = encodeRecord(bad, better, issuer, signTokensWith(key))
  const refused = verifyRecord(forged, trust)
  assert.ok('fault' in refused && refused.fault === 'not-reproduced')
  assert.match(refused.reason, /affirming.*warning/)
})

test('a token is ES256 over EAR claims that name the record', () => {
  const verified = verifyRecord(record, trust)
  assert.ok(!('fault' in verified))
  const [header, claims] = verified.token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
  assert.equal(header.alg, 'ES256')
  assert.equal(claims.submods.boot.ear_status, 'affirming')
  assert.equal(claims.submods.platform['ear.status'], 'affirming')
  assert.equal(claims.exp - claims.iat, 3600)
  assert.equal(claims.secureboot, true)
  assert.ok(isSignedBy(verified.token, key.publicKey))
  assert.ok(!isSignedBy(verified.token, signingKey().publicKey))
  assert.ok(!isSignedBy(`${verified.token}A`, key.publicKey))
  assert.ok(!isSignedBy('', key.publicKey))
})

test('a token is signed on P-256 only, and says that Secure Boot was off when it was', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const pkcs8 = Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' }))
  const other = SigningKey.fromPkcs8(pkcs8)
  assert.throws(() => signTokensWith(other), RangeError)
  const token = JSON.parse(toLatin1(record)).token as string
  assert.equal(isSignedBy(token, other.publicKey), false)
  assert.equal(isSignedBy(token.replaceAll('.', ''), key.publicKey), false)
  assert.equal(isSignedBy(token.slice(0, -4), key.publicKey), false)
  const off = evidenceOf(
    cleanBoot().map((step) =>
      isVariable('SecureBoot')(step) ? configured(VARIABLES.SecureBoot, Uint8Array.of(0)) : step,
    ),
  )
  const made = toLatin1(encodeRecord(off, appraiseEvidence(off), issuer, signTokensWith(key)))
  const claims = Buffer.from(JSON.parse(made).token.split('.')[1], 'base64url').toString()
  assert.equal(JSON.parse(claims).secureboot, false)
})

test('what is no record at all is refused with a reason', () => {
  for (const text of ['', '{}', '{"record":{},"token":"a.b.c"}', '{"record":1'])
    assert.ok('fault' in verifyRecord(toUtf8(text), inner))
})
