import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeImaList, encodeImaList } from '@trusted-launch/eventlog'
import type { AppraisalInput } from '../src/appraisal-input.ts'
import { appraiseEvidence } from '../src/appraise.ts'
import { appraiseEventLog } from '../src/appraise-event-log.ts'
import { COMPONENT } from '../src/component.ts'
import { appraise, of, withStep } from './appraised.ts'
import { nonce, rollbackOf } from './attester.ts'
import { cleanBoot, evidenceOf, image, signedModule } from './boot.ts'

const measured = [{ name: '/lib/modules/6.1/good.ko', sha256: signedModule }]
const good = evidenceOf(cleanBoot(), { measured })

/** The list with the hash of its last entry written otherwise: the registers are of its data. */
function rehashed(): AppraisalInput {
  const entries = decodeImaList(good.evidence.imaLog!)
  const last = { ...entries.at(-1)!, templateHash: new Uint8Array(20).fill(1) }
  const imaLog = encodeImaList([...entries.slice(0, -1), last])
  return { ...good, evidence: { ...good.evidence, imaLog } }
}

/** An index that certifies none of what was asked before. */
function putBack(): AppraisalInput {
  const state = { indexName: null, value: '11'.repeat(32), unanswered: [], resetCount: null }
  const rollback = { nonce, state }
  const evidence = { ...good.evidence, rollback: rollbackOf([nonce]) }
  return { ...good, evidence, expectation: { ...good.expectation, rollback } }
}

const lists: Readonly<Record<string, AppraisalInput>> = {
  'ima.boot-aggregate': evidenceOf(cleanBoot(), { measured, aggregate: new Uint8Array(32) }),
  'ima.template-hash': rehashed(),
}

const verifiedOf = ({ claims }: Pick<ReturnType<typeof appraiseEvidence>, 'claims'>) =>
  Object.entries(claims).flatMap(([name, { verified }]) => (verified ? [name] : []))
const ofKey = ['attestation-key', 'attestation-key-restricted']

for (const [id, input] of Object.entries({ ...lists, 'vtpm.rolled-back': putBack() }))
  test(`evidence refused by ${id} verifies no claim but those of the AK`, () => {
    const appraised = appraiseEvidence(input)
    assert.ok(appraised.findings.some((one) => one.id === id && one.severity === 'high'))
    assert.deepEqual(verifiedOf(appraised).sort(), ofKey)
  })

for (const [id, { evidence }] of Object.entries(lists))
  test(`a log beside a list refused by ${id} verifies no claim by itself either`, () => {
    const pcrs = new Map(
      evidence.quotes.map(({ bank, pcrs }) => [
        bank,
        new Map(pcrs.map(({ index, digest }) => [index, digest])),
      ]),
    )
    const appraised = appraiseEventLog({ ...evidence, pcrs, profile: 'strict' })
    assert.ok(appraised.findings.some((one) => one.id === id))
    assert.deepEqual(verifiedOf(appraised), [])
  })

test('a boot that is not as foretold keeps its claims: they are what it is', () => {
  const changed = withStep(of(COMPONENT.grub, 4), image(COMPONENT.grub, 'another grub'))
  const other = appraise(changed, { measured })
  assert.ok(other.findings.some(({ id }) => id === 'grub.changed'))
  assert.equal(other.claims['secure-boot']?.verified, true)
})
