import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TPM_ALG } from '@trusted-launch/tpm2'
import { appraiseEvidence } from '../src/appraise.ts'
import { idsOf } from './appraised.ts'
import { cleanBoot, evidenceOf } from './boot.ts'
import { quotedOn } from './elliptic-attester.ts'

for (const curve of ['P-256', 'P-384'] as const)
  test(`an AK on ${curve} quotes, and no changed byte of its signature holds`, () => {
    const { input } = quotedOn(curve)
    assert.deepEqual(idsOf(appraiseEvidence(input)), [])
    const [quote, other] = input.evidence.quotes
    for (let at = 0; at < quote!.signature.length; at += 3) {
      const signature = quote!.signature.slice()
      signature[at]! ^= 1
      const quotes = [{ ...quote!, signature }, other!]
      const { result } = appraiseEvidence({ ...input, evidence: { ...input.evidence, quotes } })
      assert.equal(result.tier, 'contraindicated', `byte ${at}`)
    }
  })

test('a signature of another scheme than the key, or over SHA-1, is refused by its algorithm', () => {
  const { input, signed } = quotedOn('P-256')
  const [quote, other] = input.evidence.quotes
  const ids = (signature: Uint8Array) => {
    const quotes = [{ ...quote!, signature }, other!]
    return idsOf(appraiseEvidence({ ...input, evidence: { ...input.evidence, quotes } }))
  }
  const rsa = evidenceOf(cleanBoot())
  assert.deepEqual(ids(rsa.evidence.quotes[0]!.signature), ['quote.algorithm'])
  assert.deepEqual(ids(signed(quote!.attest, TPM_ALG.SHA1)), ['quote.algorithm'])
  const foreign = [{ ...rsa.evidence.quotes[0]!, signature: signed(quote!.attest) }]
  const mixed = {
    ...rsa,
    evidence: { ...rsa.evidence, quotes: [...foreign, rsa.evidence.quotes[1]!] },
  }
  assert.deepEqual(idsOf(appraiseEvidence(mixed)), ['quote.algorithm'])
})

test('a curve that is not P-256 or P-384 is refused', () => {
  const { input } = quotedOn('P-256', { curveID: 0x10, size: 32 })
  assert.deepEqual(idsOf(appraiseEvidence(input)), ['attestation-key.malformed'])
})
