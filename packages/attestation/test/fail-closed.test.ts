import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appraiseEvidence } from '../src/appraise.ts'
import { concludeWithoutEvidence } from '../src/conclude.ts'
import { idsOf } from './appraised.ts'
import { cleanBoot, evidenceOf, file, grub } from './boot.ts'

test('a log of another boot, a missing log and an empty log affirm nothing', () => {
  const input = evidenceOf(cleanBoot())
  const other = evidenceOf([...cleanBoot(), grub('true')])
  const swap = (eventLog: Uint8Array | null) =>
    appraiseEvidence({ ...input, evidence: { ...input.evidence, eventLog } })
  for (const [log, id] of [
    [other.evidence.eventLog, 'eventlog.replay'],
    [null, 'eventlog.missing'],
    [new Uint8Array(), 'eventlog.missing'],
    [new Uint8Array(100), 'eventlog.malformed'],
  ] as const) {
    const appraised = swap(log)
    assert.ok(idsOf(appraised).includes(id), idsOf(appraised).join(' '))
    assert.equal(appraised.result.tier, 'contraindicated')
    assert.deepEqual(appraised.claims, {})
  }
})

test('what a guest extends after the boot without a log is unexplained', () => {
  const steps = cleanBoot()
  const input = evidenceOf([...steps, { ...file('x', 'x', '/x'), pcrIndex: 12 }])
  const appraised = appraiseEvidence({
    ...input,
    evidence: { ...input.evidence, eventLog: evidenceOf(steps).evidence.eventLog },
  })
  assert.ok(idsOf(appraised).includes('pcr.unexplained'))
})

test('without evidence there is no verdict, and the reason is told', () => {
  const { evidence: _, ...input } = evidenceOf(cleanBoot())
  const idOf = (code: string) => {
    const { tier, findings, evidence } = concludeWithoutEvidence(input, code)
    assert.equal(tier, 'none')
    assert.equal(evidence, null)
    return findings.map(({ id }) => id)
  }
  assert.deepEqual(idOf('ak-unavailable'), ['attestation-key.unavailable'])
  assert.deepEqual(idOf('rollback-unavailable'), ['vtpm.index.missing'])
  assert.deepEqual(idOf('agent-silent'), ['agent.no-evidence'])
})
