import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedError } from '@trusted-launch/codec'
import { detect } from '../src/detect.ts'
import {
  checkSuppressionRule,
  SUPPRESSION_FIELDS,
  type SuppressionRule,
  stateOfRule,
  suppress,
  suppressing,
} from '../src/suppression.ts'
import { hour, seen, start, trusted, verdict, vm } from './facts.ts'

const rule: SuppressionRule = {
  name: 'known',
  alertType: 'VM_GuestAttestationFailure',
  state: 'Enabled',
  expires: start + hour,
  reason: 'FalsePositive',
  comment: null,
  allOf: [],
}
const module = {
  id: 'module.untrusted',
  component: 'kernel module nvidia',
  pcr: 10,
  actual: 'sha256:aa',
}
const off = { ...trusted, secureBootEnabled: false }
const result = verdict(
  { id: 'secure-boot.off', pcr: 7 },
  'kernel.changed',
  'initrd.changed',
  module,
)
const alerts = detect([], seen(result, 0, off)).map(({ alert }) => alert)
const hiddenBy = (given: Partial<SuppressionRule>, now = start) =>
  suppress(alerts, [{ ...rule, ...given }], now).hidden.map(({ alert }) => alert.cause)
const failures = ['secure-boot-off', 'drift']
const where = (...allOf: SuppressionRule['allOf']) => ({ allOf })

test('a rule hides alerts of its type, in any case of letters, and * of any', () => {
  assert.deepEqual(hiddenBy({}), failures)
  assert.deepEqual(hiddenBy({ alertType: 'vm_guestattestationfailure' }), failures)
  assert.deepEqual(hiddenBy({ alertType: '*' }), [...failures, 'kernel module nvidia'])
  assert.deepEqual(hiddenBy({ alertType: 'IpAnomaly' }), [])
})

test('a rule that is disabled, or ran out, hides nothing', () => {
  assert.deepEqual(hiddenBy({ state: 'Disabled' }), [])
  assert.deepEqual(hiddenBy({}, start + hour - 1), failures)
  assert.deepEqual(hiddenBy({}, start + hour), [])
  assert.deepEqual(hiddenBy({ expires: null }, start + 99 * hour), failures)
  assert.equal(stateOfRule(rule, start + hour), 'Expired')
  assert.equal(stateOfRule({ ...rule, state: 'Disabled' }, start), 'Disabled')
})

test('all conditions must hold: one of several values, or a text that is in it', () => {
  const byCause = { field: 'entities.cause', in: ['secure-boot-off', 'other'] }
  assert.deepEqual(hiddenBy(where(byCause)), ['secure-boot-off'])
  const ofVm = { field: 'Entities.VM.id', contains: '/VIRTUALMACHINES/web' }
  assert.deepEqual(hiddenBy(where(byCause, ofVm)), ['secure-boot-off'])
  assert.deepEqual(hiddenBy(where(byCause, { ...ofVm, contains: '/other' })), [])
})

test('a rule about one component does not hide an alert that is about another one, too', () => {
  const about = (...components: string[]) => ({ field: 'entities.component', in: components })
  assert.deepEqual(hiddenBy(where(about('kernel'))), [])
  assert.deepEqual(hiddenBy(where(about('kernel', 'initrd'))), ['drift'])
})

test('a field that an alert has not, or that nobody knows, fits nothing', () => {
  assert.deepEqual(hiddenBy(where({ field: 'entities.module.name', contains: 'nvidia' })), [])
  assert.deepEqual(hiddenBy(where({ field: 'entities.ip.address', in: ['10.0.0.1'] })), [])
  for (const field of ['constructor', 'hasOwnProperty', 'valueOf'])
    assert.deepEqual(hiddenBy(where({ field, contains: 'o' })), [], field)
})

test('a module is hidden by its name, which is the guest’s word, or by its digest, which is measured', () => {
  const any = { alertType: '*' }
  const hint = where({ field: 'entities.module.name', in: ['nvidia'] })
  const measured = where({ field: 'entities.module.digest', in: ['sha256:aa'] })
  assert.deepEqual(hiddenBy({ ...any, ...hint }), ['kernel module nvidia'])
  assert.deepEqual(hiddenBy({ ...any, ...measured }), ['kernel module nvidia'])
})

test('every field that a condition may ask for is one that some alert has', () => {
  for (const [name, { valuesOf }] of Object.entries(SUPPRESSION_FIELDS)) {
    assert.ok(
      alerts.some((alert) => valuesOf(alert).length > 0),
      name,
    )
    assert.equal(name, name.toLowerCase())
  }
  assert.deepEqual(SUPPRESSION_FIELDS['entities.vm.id']!.valuesOf(alerts[0]!), [vm])
})

test('trying a rule out says what it would hide and leaves what others would show', () => {
  const { shown, hidden } = suppress(alerts, [rule], start)
  assert.equal(shown.length + hidden.length, alerts.length)
  assert.ok(hidden.every((one) => one.rule === rule && one.alert.state === 'Active'))
  assert.equal(suppressing(shown[0]!, [rule], start), null)
})

test('a rule reads strictly: nothing empty, unknown or without limit', () => {
  const condition = { field: 'entities.cause', in: ['drift'] }
  assert.deepEqual(checkSuppressionRule({ ...rule, allOf: [condition] }).allOf, [condition])
  const part = { field: 'entities.component', contains: 'kernel' }
  assert.deepEqual(checkSuppressionRule({ ...rule, allOf: [part] }).allOf, [part])
  const wrong = [
    { allOf: [null] },
    { allOf: [{ field: 'entities.cause', in: [] }] },
    { allOf: [{ field: 'entities.cause', contains: '' }] },
    { allOf: [{ field: 'entities.cause', contains: 'a', in: ['b'] }] },
    { allOf: [{ field: 'entities.cause' }] },
    { allOf: [{ field: '', in: ['b'] }] },
    { allOf: Array.from({ length: 17 }, () => condition) },
    { state: 'Expired' },
    { reason: '' },
    { expires: 'tomorrow' },
    { more: true },
  ]
  for (const one of wrong)
    assert.throws(
      () => checkSuppressionRule({ ...rule, ...one }),
      MalformedError,
      JSON.stringify(one),
    )
})

test('a rule for one file of a module hides none of another file of the same name', () => {
  const other = { ...module, events: [2], actual: 'sha256:bb' }
  const [alert] = detect([], seen(verdict({ ...module, events: [1] }, other))).map(
    ({ alert }) => alert,
  )
  const by = (...digests: string[]): SuppressionRule => ({
    ...{ ...rule, alertType: '*' },
    allOf: [{ field: 'entities.module.digest', in: digests }],
  })
  assert.equal(suppressing(alert!, [by('sha256:aa')], start), null)
  assert.notEqual(suppressing(alert!, [by('sha256:aa', 'sha256:bb')], start), null)
})
