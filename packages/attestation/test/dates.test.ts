import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appraiseEvidence } from '../src/appraise.ts'
import { ActivatedKey } from '../src/identity/activation.ts'
import { idsOf } from './appraised.ts'
import { akCertificate, anchor, time } from './attester.ts'
import { cleanBoot, evidenceOf } from './boot.ts'

const input = evidenceOf(cleanBoot(), { measured: [] })
const { akName } = input.expectation
const answer = new Uint8Array(16)
const activatedKey = ActivatedKey.verify({ answer, ekName: akName, akName }, answer)
assert.ok(activatedKey instanceof ActivatedKey)
const heldBy = { references: input.references, policy: input.policy }
const year = 365 * 86_400_000

test('of an AK certificate the dates count when the evidence was given, of PK, KEK, db and authorities none do', () => {
  // The variables of this boot hold the authority's certificate.
  assert.ok(anchor.notAfter < time + year && akCertificate.notAfter < time + year)
  for (const at of [time - year, time + year]) {
    const certified = appraiseEvidence({ ...input, time: at })
    assert.deepEqual(idsOf(certified), ['attestation-key.certificate.untrusted'])
    const expectation = { ...input.expectation, activatedKey }
    const evidence = { ...input.evidence, akCertificate: null }
    const activated = appraiseEvidence({ evidence, expectation, ...heldBy, time: at })
    assert.deepEqual([activated.result.tier, idsOf(activated)], ['affirming', []])
    assert.equal(activated.claims['secure-boot']?.value, true)
  }
})
