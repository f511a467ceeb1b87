import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type AppraisalInput,
  appraiseEvidence,
  checkPolicy,
  TRUSTED_LAUNCH_POLICY,
} from '@trusted-launch/attestation'
import {
  cleanBoot,
  evidenceOf,
  file,
  referencesOf,
  type Step,
} from '@trusted-launch/attestation/boot'
import { effectivePlan } from '../src/effective-plan.ts'
import { type StoredVerdict, whatIf } from '../src/what-if.ts'
import { finding, trusted, vm } from './facts.ts'

const none = { subscription: null, group: null, set: null, vm: null }
const plan = effectivePlan(none)
const changed: Step[] = cleanBoot().map((step) =>
  step.component === 'initrd' ? file('initrd', 'another', '/initrd.img') : step,
)
const stored = (input: AppraisalInput, more: Partial<StoredVerdict> = {}): StoredVerdict => ({
  ...{ vm, setup: trusted, input, plan, remembered: [] },
  result: appraiseEvidence(input).result,
  ...more,
})
const good = stored(evidenceOf(cleanBoot(), { measured: [] }))
const bad = stored(evidenceOf(changed, { measured: [] }), { vm: `${vm}2` })
const asksMore = checkPolicy({
  ...TRUSTED_LAUNCH_POLICY,
  id: 'more',
  claims: [
    {
      ...{ claim: 'command-line', equals: 'ro', when: null },
      ...{ severity: 'medium', message: 'Another command line.' },
    },
  ],
})

test('what changes nothing tells of nobody', () => {
  assert.deepEqual(whatIf({}, [good, bad]), [])
  assert.deepEqual(whatIf({ policy: TRUSTED_LAUNCH_POLICY, plan }, [good, bad]), [])
})

test('another policy tells whom it would fail, by which finding, and what would be done', () => {
  const isolating = effectivePlan({
    ...none,
    vm: {
      ...{ version: 1, name: 'strict' },
      failures: { VM_GuestAttestationFailure: { severity: 'high', response: 'isolate' } },
    },
  })
  const [change, ...more] = whatIf({ policy: asksMore, plan: isolating }, [good])
  assert.deepEqual(more, [])
  assert.deepEqual([change!.vm, change!.tier], [vm, { before: 'affirming', after: 'warning' }])
  assert.deepEqual(
    change!.found.map(({ id }) => id),
    ['policy.requirement'],
  )
  assert.deepEqual(change!.consequences, {
    before: [],
    after: [
      { type: 'VM_GuestAttestationFailure', cause: 'drift', severity: 'high', response: 'isolate' },
    ],
  })
})

test('new reference values tell which drift they would take', () => {
  const [change, ...more] = whatIf({ references: referencesOf(changed) }, [bad])
  assert.deepEqual(more, [])
  assert.deepEqual([change!.tier.before, change!.tier.after], ['contraindicated', 'affirming'])
  assert.deepEqual(
    change!.gone.map(({ id }) => id),
    ['initrd.changed'],
  )
  assert.deepEqual([change!.found, change!.consequences.after], [[], []])
})

test('the references of one VM would fail another: both are told', () => {
  const changes = whatIf({ references: referencesOf(changed) }, [good, bad])
  assert.deepEqual(
    changes.map(({ tier }) => tier.after),
    ['contraindicated', 'affirming'],
  )
})

test('another plan alone tells what would be done, and appraises nothing', () => {
  const stopping = effectivePlan({
    ...none,
    vm: {
      ...{ version: 1, name: 'stop' },
      failures: { VM_GuestAttestationFailure: { severity: 'high', response: 'stop' } },
    },
  })
  const unreadable = { ...bad, input: { ...bad.input, evidence: null as never } }
  const [change, ...more] = whatIf({ plan: stopping }, [good, unreadable])
  assert.deepEqual(more, [])
  assert.deepEqual(
    change!.consequences.after.map(({ response }) => response),
    ['stop'],
  )
  assert.deepEqual([change!.found, change!.gone], [[], []])
})

test('what memory found stays: no policy takes it away', () => {
  const remembered = [finding({ id: 'vtpm.counters.fallen' })]
  const rolledBack = { ...bad, remembered }
  const [change] = whatIf({ references: referencesOf(changed) }, [rolledBack])
  assert.equal(change!.tier.after, 'contraindicated')
  assert.deepEqual(
    change!.consequences.after.map(({ type }) => type),
    ['VM_GuestAttestationFailure', 'VM_VtpmIdentityChanged'],
  )
})
