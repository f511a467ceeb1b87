import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { MalformedError, toUtf8 } from '@trusted-launch/codec'
import { ALERT_KINDS } from '../src/alert-kinds.ts'
import { detect } from '../src/detect.ts'
import { effectivePlan, meaningByPlan, PLAN_DEFAULTS, responseTo } from '../src/effective-plan.ts'
import { checkPlan, FAILURE_NAMES, type MonitoringPlan, parsePlan } from '../src/plan.ts'
import type { SuppressionRule } from '../src/suppression.ts'
import { good, seen, start, trusted, verdict } from './facts.ts'

const base = { version: 1, name: 'production' } as const
const failure = 'VM_GuestAttestationFailure'
const none = { subscription: null, group: null, set: null, vm: null }
const high = { severity: 'high', response: 'isolate' } as const
const low = { severity: 'low', response: 'tell' } as const
const planOf = (failures: MonitoringPlan['failures']) =>
  effectivePlan({ ...none, vm: { ...base, ...(failures === undefined ? {} : { failures }) } })
const off = { ...trusted, secureBootEnabled: false }
const both = detect([], seen(verdict({ id: 'secure-boot.off', pcr: 7 }, 'kernel.changed'), 0, off))
const [secureBootOff, drift] = both

test('every JSON example in docs/monitoring-plans.md reads', () => {
  const text = readFileSync(new URL('../../../docs/monitoring-plans.md', import.meta.url), 'utf8')
  const examples = [...text.matchAll(/<!-- example: plan -->\n```json\n(.*?)```/gs)]
  assert.ok(examples.length > 0)
  for (const [, json] of examples) parsePlan(toUtf8(json!))
})

test('a plan reads strictly: nothing unknown, nothing outside its limits, nothing empty, no name twice', () => {
  assert.deepEqual(checkPlan({ ...base, intervalSeconds: 60 }), { ...base, intervalSeconds: 60 })
  assert.equal(checkPlan({ ...base, intervalSeconds: 604_800 }).intervalSeconds, 604_800)
  const wrong: object[] = [
    {},
    { intervalSeconds: 59 },
    { intervalSeconds: 604_801 },
    { intervalSeconds: 90.5 },
    { silenceSeconds: 59 },
    { silenceSeconds: 86_401 },
    { interval: 60 },
    { version: 2, intervalSeconds: 60 },
    { name: 'Pro duction', intervalSeconds: 60 },
    { failures: { [failure]: { severity: 'info', response: 'tell' } } },
    { failures: { [failure]: { severity: 'low', response: 'ignore' } } },
    { failures: { [failure]: { severity: 'low' } } },
    { failures: { [`${failure}/drifts`]: low } },
  ]
  for (const one of wrong)
    assert.throws(() => checkPlan({ ...base, ...one }), MalformedError, JSON.stringify(one))
  assert.throws(() => checkPlan({ ...base, failures: { VM_AttestationSilant: low } }), {
    message: /did you mean "VM_AttestationSilent"/,
  })
  const twice = '{"version":1,"name":"a","intervalSeconds":60,"intervalSeconds":600}'
  assert.throws(() => parsePlan(toUtf8(twice)), /twice/)
  assert.throws(() => parsePlan(new Uint8Array(64 * 1024 + 1)), MalformedError)
})

test('a plan may name every type of alert, and every cause that is a word', () => {
  for (const [type, { causes }] of Object.entries(ALERT_KINDS)) {
    assert.ok(FAILURE_NAMES.includes(type))
    for (const cause of Object.keys(causes)) assert.ok(FAILURE_NAMES.includes(`${type}/${cause}`))
  }
})

test('each setting comes from the nearest level that has it, and says from which plan', () => {
  const plan = effectivePlan({
    subscription: {
      ...base,
      name: 'all',
      policy: 'strict',
      intervalSeconds: 7200,
      silenceSeconds: 60,
    },
    group: { ...base, name: 'group', intervalSeconds: 600 },
    set: { ...base, name: 'set', silenceSeconds: 120 },
    vm: { ...base, name: 'vm', intervalSeconds: 60 },
  })
  assert.deepEqual(plan.policy, { value: 'strict', from: 'all' })
  assert.deepEqual(plan.intervalSeconds, { value: 60, from: 'vm' })
  assert.deepEqual(plan.silenceSeconds, { value: 120, from: 'set' })
  const bare = effectivePlan(none)
  for (const name of ['policy', 'intervalSeconds', 'silenceSeconds'] as const)
    assert.deepEqual(bare[name], { value: PLAN_DEFAULTS[name], from: null })
  assert.equal(PLAN_DEFAULTS.intervalSeconds, 3600)
})

test('what a failure means is said by the nearest level; of one level the cause weighs more than the type', () => {
  const cause = `${failure}/secure-boot-off`
  const plan = planOf({ [failure]: high, [cause]: low })
  assert.deepEqual(meaningByPlan(plan, secureBootOff!.alert).value, low)
  assert.deepEqual(meaningByPlan(plan, drift!.alert).value, high)
  const levels = effectivePlan({
    ...none,
    subscription: { ...base, failures: { [cause]: low } },
    vm: { ...base, failures: { [failure]: high } },
  })
  assert.deepEqual(meaningByPlan(levels, secureBootOff!.alert).value, high)
  assert.deepEqual(meaningByPlan(planOf(undefined), drift!.alert).value, {
    severity: 'medium',
    response: 'tell',
  })
})

test('something is done once: when an alert is raised or comes back, open and not hidden', () => {
  const plan = planOf({ [failure]: high })
  const responses = (deltas = both, rules: SuppressionRule[] = []) =>
    deltas.map((delta) => responseTo(delta, plan, rules, start).value)
  assert.deepEqual(responses(), ['isolate', 'isolate'])
  const alerts = both.map(({ alert }) => alert)
  const again = seen(verdict({ id: 'secure-boot.off', pcr: 7 }, 'kernel.changed'), 1, off)
  assert.deepEqual(responses(detect(alerts, again)), ['tell', 'tell'])
  assert.deepEqual(responses(detect(alerts, seen(good, 1))), ['tell', 'tell'])
  const hides: SuppressionRule = {
    ...{ name: 'known', alertType: failure, state: 'Enabled', expires: null },
    ...{ reason: 'Other', comment: null },
    allOf: [{ field: 'entities.cause', in: ['secure-boot-off'] }],
  }
  assert.deepEqual(responses(both, [hides]), ['tell', 'isolate'])
})
