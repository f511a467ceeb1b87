import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, encode, toHex, toUtf8 } from '@trusted-launch/codec'
import {
  basicConstraints,
  digest,
  type Extension,
  extendedKeyUsage,
  KEY_USAGE,
  keyUsage,
  PublicKey,
} from '@trusted-launch/crypto'
import {
  encodePcrSelection,
  nameOfPublic,
  TPM_ALG,
  TPM_ST,
  TPMA_OBJECT,
  TPMS_ATTEST,
  TPMT_PUBLIC,
  TPMT_SIGNATURE,
} from '@trusted-launch/tpm2'
import type { AppraisalInput } from '../src/appraisal-input.ts'
import { appraiseEvidence } from '../src/appraise.ts'
import type { Expectation } from '../src/expectation.ts'
import { VerifiedAttestationKey } from '../src/verify-attestation-key.ts'
import { verifyRollback } from '../src/verify-rollback.ts'
import {
  akCertificate,
  akPublic,
  anchor,
  issue,
  nvPublic,
  quoteOf,
  rollbackOf,
  signAsAk,
  time,
} from './attester.ts'
import { cleanBoot, evidenceOf } from './boot.ts'

const input = evidenceOf(cleanBoot())

type Evidence = AppraisalInput['evidence']

function idsOf(
  evidence: Partial<Evidence>,
  expectation: Partial<Expectation> = {},
  at = time,
): string[] {
  const { findings, result } = appraiseEvidence({
    ...input,
    evidence: { ...input.evidence, ...evidence },
    expectation: { ...input.expectation, ...expectation },
    time: at,
  })
  if (findings.some(({ severity }) => severity === 'high'))
    assert.equal(result.tier, 'contraindicated')
  return findings.map(({ id }) => id)
}

const otherName = new Uint8Array(34)

test('evidence of another key than the one that was given is refused', () => {
  const givenKey = PublicKey.fromRsa(new Uint8Array(256).fill(0xff), 65537)
  assert.deepEqual(idsOf({}, { givenKey }), ['attestation-key.foreign'])
})

test('evidence of another TPM is refused by the name on record', () => {
  assert.deepEqual(idsOf({}, { akName: otherName }), ['attestation-key.foreign'])
})

test('the key of an earlier generation is refused as that', () => {
  const { akName } = input.expectation
  assert.deepEqual(idsOf({}, { akName: otherName, retiredAkNames: [akName] }), [
    'attestation-key.retired-generation',
  ])
})

const { fixedTPM, fixedParent, sensitiveDataOrigin, restricted, sign, decrypt } = TPMA_OBJECT

for (const [title, lacking] of Object.entries({
  fixedTPM,
  fixedParent,
  sensitiveDataOrigin,
  restricted,
  sign,
}))
  test(`a key without ${title} is refused`, () => {
    const area = akPublic()
    const weak = akPublic({ objectAttributes: area.objectAttributes & ~lacking })
    assert.deepEqual(
      idsOf({ akPublic: encode(TPMT_PUBLIC, weak) }, { akName: nameOfPublic(weak) }),
      ['attestation-key.attributes'],
    )
  })

test('a key that also decrypts is refused', () => {
  const area = akPublic({ objectAttributes: akPublic().objectAttributes | decrypt })
  const given = { akPublic: encode(TPMT_PUBLIC, area) }
  assert.deepEqual(idsOf(given, { akName: nameOfPublic(area) }), ['attestation-key.attributes'])
})

test('a key of 1024 bits is refused', () => {
  const unique = new Uint8Array(128).fill(0xff)
  const area = akPublic({ unique } as Partial<TPMT_PUBLIC>)
  const given = { akPublic: encode(TPMT_PUBLIC, area) }
  assert.deepEqual(idsOf(given, { akName: nameOfPublic(area) }), ['attestation-key.weak'])
})

test('a public area that is none is refused', () => {
  assert.deepEqual(idsOf({ akPublic: Uint8Array.of(0, 1) }), ['attestation-key.malformed'])
})

test("the AK's certificate must be there, be read, be for this key, for attestation, and in its dates", () => {
  const untrusted = ['attestation-key.certificate.untrusted']
  const subject = [{ oid: '2.5.4.3', value: 'vm-1' }]
  const publicKey = akCertificate.publicKey
  const unused = issue({ subject, publicKey, extensions: [basicConstraints({ ca: false })] })
  const foreign = issue({ subject, publicKey: anchor.publicKey, extensions: [] })
  assert.deepEqual(idsOf({ akCertificate: null }), ['attestation-key.certificate.missing'])
  assert.deepEqual(idsOf({ akCertificate: Uint8Array.of(48, 0) }), [
    'attestation-key.certificate.malformed',
  ])
  assert.deepEqual(idsOf({ akCertificate: foreign.der }), ['attestation-key.certificate.other-key'])
  assert.deepEqual(idsOf({ akCertificate: unused.der }), untrusted)
  assert.deepEqual(idsOf({}, { anchors: [] }), untrusted)
  const day = 86_400_000
  assert.deepEqual(idsOf({}, {}, time + 2 * day), untrusted)
  assert.deepEqual(idsOf({}, {}, time - 2 * day), untrusted)
})

test("the AK's certificate must be for a key that signs, and no authority's", () => {
  const untrusted = ['attestation-key.certificate.untrusted']
  const { publicKey } = akCertificate
  const purpose = extendedKeyUsage('2.23.133.8.3')
  const subject = [{ oid: '2.5.4.3', value: 'vm-1' }]
  const idsWith = (...extensions: Extension[]) =>
    idsOf({ akCertificate: issue({ subject, publicKey, extensions }).der })
  assert.ok(!idsWith(purpose).some((id) => id.startsWith('attestation-key.')))
  assert.deepEqual(idsWith(purpose, keyUsage(KEY_USAGE.keyEncipherment)), untrusted)
  assert.deepEqual(idsWith(purpose, basicConstraints({ ca: true })), untrusted)
})

test('a quote signed over a SHA-1 digest is refused, and taken and told of where SHA-1 is allowed', () => {
  const values = new Map(first!.pcrs.map(({ index, digest: value }) => [index, value]))
  const attest = decode(TPMS_ATTEST, quoteOf('sha256', values).attest) as TPMS_ATTEST & {
    type: typeof TPM_ST.ATTEST_QUOTE
  }
  const pcrDigest = digest('sha1', ...first!.pcrs.map((pcr) => pcr.digest))
  const bytes = encode(TPMS_ATTEST, { ...attest, attested: { ...attest.attested, pcrDigest } })
  const quote = { ...first!, attest: bytes, signature: signAsAk(bytes, 'sha1') }
  assert.deepEqual(idsOf({ quotes: [quote, second!] }), ['quote.algorithm'])
  const told = idsOf({ quotes: [quote, second!] }, { sha1Signatures: true })
  assert.equal(told.filter((id) => id === 'quote.sha1').length, 1)
  assert.ok(!told.includes('quote.algorithm'))
  assert.ok(!idsOf({}, { sha1Signatures: true }).includes('quote.sha1'))
})

const [first, second] = input.evidence.quotes

test('every bank that was asked for must be quoted, once, and no other', () => {
  assert.deepEqual(idsOf({ quotes: [first!] }), ['quote.missing'])
  assert.deepEqual(idsOf({ quotes: [] }), ['quote.missing'])
  assert.deepEqual(idsOf({ quotes: [first!, second!, second!] }), [
    'quote.missing',
    'quote.selection',
  ])
  assert.deepEqual(idsOf({}, { banks: ['sha384'] }), ['quote.selection'])
  assert.deepEqual(idsOf({}, { banks: [] }), ['question.banks'])
})

test('another nonce is refused', () => {
  const nonce = digest('sha256', toUtf8('another'))
  assert.deepEqual(idsOf({}, { nonce }), ['quote.nonce'])
})

const values = new Map(first!.pcrs.map(({ index, digest: value }) => [index, value]))

test('a signed selection that is not the one asked for is refused, also when the values are relabelled', () => {
  const fewer = new Map([...values].filter(([pcr]) => pcr !== 15))
  assert.deepEqual(idsOf({ quotes: [quoteOf('sha256', fewer), second!] }), ['quote.selection'])
  // PCR 16 quoted and called PCR 7.
  const moved = new Map([...values].map(([pcr, value]) => [pcr === 7 ? 16 : pcr, value]))
  const relabelled = { ...quoteOf('sha256', moved), pcrs: first!.pcrs }
  assert.deepEqual(idsOf({ quotes: [relabelled, second!] }), ['quote.selection'])
  assert.deepEqual(idsOf({ quotes: [{ ...second!, bank: 'sha256' }, second!] }), [
    'quote.selection',
  ])
})

test('values that are not the quoted ones are refused', () => {
  const changed = first!.pcrs.map((pcr) => ({ ...pcr, digest: pcr.digest.slice() }))
  changed[4]!.digest[0]! ^= 1
  assert.deepEqual(idsOf({ quotes: [{ ...first!, pcrs: changed }, second!] }), ['quote.digest'])
  const fewer = first!.pcrs.slice(1)
  assert.deepEqual(idsOf({ quotes: [{ ...first!, pcrs: fewer }, second!] }), ['quote.pcrs'])
})

test('a signature of another key, of SHA-1 or of no shape is refused', () => {
  const signature = encode(TPMT_SIGNATURE, {
    sigAlg: TPM_ALG.RSASSA,
    signature: { hash: TPM_ALG.SHA1, sig: new Uint8Array(256) },
  })
  assert.deepEqual(idsOf({ quotes: [{ ...first!, signature }, second!] }), ['quote.algorithm'])
  const other = { ...first!, signature: second!.signature }
  assert.deepEqual(idsOf({ quotes: [other, second!] }), ['quote.signature'])
  const unsigned = {
    ...first!,
    signature: encode(TPMT_SIGNATURE, { sigAlg: TPM_ALG.NULL, signature: null }),
  }
  assert.deepEqual(idsOf({ quotes: [unsigned, second!] }), ['quote.algorithm'])
  const none = { ...first!, signature: new Uint8Array(3) }
  assert.deepEqual(idsOf({ quotes: [none, second!] }), ['quote.malformed'])
})

test('what the AK signed and is no quote is refused', () => {
  const rollback = rollbackOf([input.expectation.nonce])
  const given = { ...first!, attest: rollback.attest, signature: rollback.signature }
  assert.deepEqual(idsOf({ quotes: [given, second!] }), ['quote.type'])
  const attest = first!.attest.slice()
  attest[0] = 0
  const forged = { ...first!, attest, signature: signAsAk(attest) }
  assert.deepEqual(idsOf({ quotes: [forged, second!] }), ['quote.malformed'])
})

test('quotes of two boots are refused, an unsafe clock is noted', () => {
  const later = quoteOf('sha256', values, { resetCount: 4 })
  assert.deepEqual(idsOf({ quotes: [later, second!] }), ['quote.counters'])
  const unsafe = quoteOf('sha256', values, { safe: false })
  assert.deepEqual(idsOf({ quotes: [unsafe, second!] }), ['quote.unsafe-clock'])
})

test('a selection of two banks in one quote is refused', () => {
  const attest = encode(TPMS_ATTEST, {
    magic: 0xff54_4347,
    type: TPM_ST.ATTEST_QUOTE,
    qualifiedSigner: new Uint8Array(34),
    extraData: input.expectation.nonce,
    clockInfo: { clock: 1n, resetCount: 3, restartCount: 0, safe: true },
    firmwareVersion: 1n,
    attested: {
      pcrSelect: [
        encodePcrSelection(TPM_ALG.SHA256, input.expectation.pcrs),
        encodePcrSelection(TPM_ALG.SHA384, [0]),
      ],
      pcrDigest: digest('sha256', ...first!.pcrs.map((pcr) => pcr.digest)),
    },
  } as TPMS_ATTEST)
  const given = { ...first!, attest, signature: signAsAk(attest) }
  assert.deepEqual(idsOf({ quotes: [given, second!] }), ['quote.selection'])
})

// The extend-only index.

const key = VerifiedAttestationKey.verify(input.evidence, input.expectation, time)
assert.ok(key instanceof VerifiedAttestationKey)
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((text) => digest('sha256', toUtf8(text)))
const fresh = { indexName: null, value: null, unanswered: [], resetCount: null }
const told = (verdict: ReturnType<typeof verifyRollback>) => verdict.findings.map(({ id }) => id)

test('an index that continues is believed, and is what is expected next time', () => {
  const one = verifyRollback(rollbackOf([a!]), key, { nonce: a!, state: fresh })
  assert.deepEqual(told(one), [])
  const two = verifyRollback(rollbackOf([a!, b!]), key, { nonce: b!, state: one.next! })
  assert.deepEqual(told(two), [])
  assert.notEqual(two.next!.value, one.next!.value)
})

test('an index of an earlier state is a rollback, and nothing new is believed', () => {
  const one = verifyRollback(rollbackOf([a!, b!]), key, { nonce: b!, state: fresh })
  const back = verifyRollback(rollbackOf([a!, c!]), key, { nonce: c!, state: one.next! })
  assert.deepEqual(told(back), ['vtpm.rolled-back'])
  assert.equal(back.next, null)
})

test('nonces that were never answered may have extended it, in their order', () => {
  const { next } = verifyRollback(rollbackOf([a!]), key, { nonce: a!, state: fresh })
  const state = { ...next!, unanswered: [b!, c!].map(toHex) }
  for (const taken of [[], [b!], [c!], [b!, c!]])
    assert.deepEqual(
      told(verifyRollback(rollbackOf([a!, ...taken, d!]), key, { nonce: d!, state })),
      [],
    )
  const swapped = rollbackOf([a!, c!, b!, d!])
  assert.deepEqual(told(verifyRollback(swapped, key, { nonce: d!, state })), ['vtpm.rolled-back'])
})

test('a counter that fell beside an intact index is a cleared TPM, a warning', () => {
  const { next } = verifyRollback(rollbackOf([a!], { resetCount: 9 }), key, {
    nonce: a!,
    state: fresh,
  })
  const later = verifyRollback(rollbackOf([a!, b!], { resetCount: 1 }), key, {
    nonce: b!,
    state: next!,
  })
  assert.deepEqual(
    later.findings.map(({ id, severity }) => [id, severity]),
    [['vtpm.cleared', 'low']],
  )
  assert.equal(later.next!.resetCount, 1)
})

test('an index that is missing, foreign, unsigned or of another nonce is refused', () => {
  const good = rollbackOf([a!])
  const ask = { nonce: a!, state: fresh }
  assert.deepEqual(told(verifyRollback(null, key, ask)), ['vtpm.index.missing'])
  assert.deepEqual(told(verifyRollback(good, key, { ...ask, nonce: b! })), ['vtpm.index.nonce'])
  const unsigned = { ...good, signature: rollbackOf([b!]).signature }
  assert.deepEqual(told(verifyRollback(unsigned, key, ask)), ['vtpm.index.signature'])
  const otherIndex = { ...good, nvPublic: good.nvPublic.slice() }
  otherIndex.nvPublic[3]! ^= 1
  assert.deepEqual(told(verifyRollback(otherIndex, key, ask)), ['vtpm.index.foreign'])
  const [quoted] = input.evidence.quotes
  const aQuote = { ...good, attest: quoted!.attest, signature: quoted!.signature }
  const asked = { ...ask, nonce: input.expectation.nonce }
  assert.deepEqual(told(verifyRollback(aQuote, key, asked)), ['vtpm.index.malformed'])
  const elsewhere = { ...ask, state: { ...fresh, indexName: '00'.repeat(34) } }
  assert.deepEqual(told(verifyRollback(good, key, elsewhere)), ['vtpm.index.foreign'])
  assert.equal(nvPublic.dataSize, 32)
})

test('an index asked for and not given ends the verdict', () => {
  const rollback = { nonce: a!, state: fresh }
  assert.deepEqual(idsOf({}, { rollback }), ['vtpm.index.missing'])
  assert.deepEqual(idsOf({ rollback: rollbackOf([a!]) }, { rollback }), [])
})
