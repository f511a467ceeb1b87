import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Alert } from '../src/alert.ts'
import { changeAlert } from '../src/change-alert.ts'
import { clearAlerts, clearanceAfter, type Undone } from '../src/clear-alerts.ts'
import { alertsAfter, detect } from '../src/detect.ts'
import { type Given, good, hour, minute, seen, start, trusted, verdict } from './facts.ts'

const who = { by: 'an operator', request: '7f3a', time: start + hour }
const off = { ...trusted, secureBootEnabled: false }
const approved = (result = good, setup = trusted): Undone => ({
  kind: 'drift-approved',
  result,
  setup,
})
const raised = (...ids: (Given | string)[]) =>
  detect([], seen(verdict(...ids))).map(({ alert }) => alert)
const cleared = (alerts: readonly Alert[], undone: Undone) =>
  clearAlerts(alerts, undone, who).map(({ cause, state }) => `${cause} ${state}`)
const failure = { time: start, findings: ['kernel.changed'], evidenceSha256: null }

test('approving the drift resolves it, with who and the request as the reason', () => {
  const [alert] = clearAlerts(raised('kernel.changed'), approved(), who)
  assert.deepEqual(
    [alert!.state, alert!.change!.by, alert!.change!.reason],
    ['Resolved', 'an operator', 'What differed was approved by request 7f3a.'],
  )
})

test('an approval that leaves something of the drift resolves nothing', () => {
  const alerts = raised('kernel.changed', 'initrd.changed')
  assert.deepEqual(cleared(alerts, approved(verdict('initrd.changed'))), [])
  assert.deepEqual(cleared(alerts, approved()), ['drift Resolved'])
})

test('what another boot measured in between is not approved with the last one', () => {
  const other = { ...good.evidence!, sha256: '00'.repeat(32) }
  const bootkit = { ...verdict({ id: 'grub.changed', actual: 'bootkit' }), evidence: other }
  const first = alertsAfter([], detect([], seen(bootkit)))
  const both = alertsAfter(first, detect(first, seen(verdict('kernel.changed'), minute)))
  assert.deepEqual(cleared(both, approved()), [])
  assert.deepEqual(cleared(raised('kernel.changed'), approved({ ...good, evidence: other })), [])
})

test('where more differed than an alert keeps, or nothing is told of it, an approval resolves nothing', () => {
  const many = (count: number) =>
    raised(...Array.from({ length: count }, (_, i) => ({ id: 'grub.changed', actual: `${i}` })))
  assert.deepEqual(cleared(many(63), approved()), ['drift Resolved'])
  assert.deepEqual(cleared(many(64), approved()), [])
  const [alert] = raised('kernel.changed')
  assert.deepEqual(cleared([{ ...alert!, findings: [] }], approved()), [])
  const other = { ...alert!, type: 'VM_AttestationSilent' } as const
  assert.deepEqual(cleared([other], approved()), [])
})

test('modules that were approved with their kernel are no longer alerted, and one that was not is', () => {
  const module = (name: string) => ({
    id: 'module.untrusted',
    component: `kernel module ${name}`,
    pcr: 10,
  })
  const alerts = raised('kernel.changed', module('fat'), module('evil'))
  assert.deepEqual(cleared(alerts, approved()).sort(), [
    'drift Resolved',
    'kernel module evil Resolved',
    'kernel module fat Resolved',
  ])
  assert.deepEqual(cleared(alerts, approved(verdict(module('evil')))).sort(), [
    'drift Resolved',
    'kernel module fat Resolved',
  ])
})

test('evidence of unknown origin, a vTPM or a host is never approved away', () => {
  const alerts = raised('quote.signature', 'vtpm.rolled-back', 'host.firmware', 'kernel.changed')
  assert.deepEqual(cleared(alerts, approved()), ['drift Resolved'])
})

test('enabling Secure Boot again resolves what failed because it was off, and nothing else', () => {
  const result = verdict({ id: 'secure-boot.off', pcr: 7 }, 'kernel.changed')
  const alerts = detect([], seen(result, 0, off)).map(({ alert }) => alert)
  assert.deepEqual(cleared(alerts, { kind: 'secure-boot-enabled' }), ['secure-boot-off Resolved'])
})

test('what is closed already is left as it is', () => {
  const [alert] = raised('kernel.changed')
  const dismissed = changeAlert(alert!, { action: 'dismiss', ...who, reason: 'known' }) as Alert
  assert.deepEqual(clearAlerts([dismissed], approved(), who), [])
})

test('the failure is cleared by whoever closes the last alert of one', () => {
  const alerts = raised('kernel.changed', 'vtpm.rolled-back')
  const close = (alert: Alert, by: string, time: number) =>
    changeAlert(alert, { action: 'resolve', by, reason: 'looked at', time }) as Alert
  const [drift, vtpm, ...more] = alerts.map((one, i) => close(one, `${i}`, start + i * minute))
  assert.equal(clearanceAfter(alerts, failure), null)
  assert.equal(clearanceAfter([drift!, ...alerts.slice(1)], failure), null)
  const clearance = clearanceAfter([drift!, vtpm!, ...more], failure)
  assert.deepEqual(clearance, { by: '1', reason: 'looked at', time: start + minute })
  assert.ok(clearanceAfter([drift!, vtpm!, ...more], { ...failure, time: start + minute }))
  const later = { ...failure, time: start + hour }
  assert.equal(clearanceAfter([drift!, vtpm!, ...more], later), null)
})

test('closing an alert that is no failed attestation clears no failure', () => {
  const [module] = raised('module.untrusted')
  const change = {
    action: 'dismiss',
    by: 'an operator',
    reason: 'known',
    time: start + hour,
  } as const
  assert.equal(clearanceAfter([changeAlert(module!, change) as Alert], failure), null)
  assert.equal(clearanceAfter([], failure), null)
})
