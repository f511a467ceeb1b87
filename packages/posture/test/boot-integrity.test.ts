import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Alert } from '../src/alert.ts'
import { bootIntegrityOf } from '../src/boot-integrity.ts'
import { changeAlert } from '../src/change-alert.ts'
import { detect } from '../src/detect.ts'
import type { MachineFacts } from '../src/machine.ts'
import { facts, good, hour, seen, standard, start, trusted, verdict, vm } from './facts.ts'

const failure = { time: start, findings: ['kernel.changed'], evidenceSha256: null }
const stateOf = (given: Partial<MachineFacts>) => {
  const status = bootIntegrityOf(facts(given))
  return status.code === 'Healthy' ? 'Healthy' : `${status.code} ${status.cause}`
}
const judged = (...ids: string[]) => ({ last: { result: verdict(...ids), time: start } })
const alert = detect([], seen(verdict('kernel.changed')))[0]!.alert
const closed = (action: 'resolve' | 'dismiss') =>
  changeAlert(alert, { action, by: 'an operator', reason: 'a test', time: start }) as Alert

test('a boot is healthy only if the last run affirms it and no failure is uncleared', () => {
  assert.equal(stateOf({}), 'Healthy')
  assert.equal(stateOf(judged('kernel.changed')), 'Unhealthy contraindicated')
  assert.equal(stateOf(judged('module.untrusted')), 'Unhealthy warning')
  assert.equal(stateOf({ failure }), 'Unhealthy earlier-failure')
  assert.equal(stateOf({ alerts: [alert] }), 'Unhealthy drift')
  for (const action of ['resolve', 'dismiss'] as const) {
    assert.equal(stateOf({ alerts: [closed(action)] }), 'Healthy')
    assert.equal(
      stateOf({ alerts: [closed(action)], ...judged('kernel.changed') }),
      'Unhealthy contraindicated',
    )
  }
})

test('an alert that is no failure leaves a boot healthy, but a silence does not', () => {
  const about = { vm, time: start, setup: trusted }
  const stopped = { ...about, kind: 'boot-stopped', component: 'GRUB', detail: '' } as const
  const [refused] = detect([], stopped)
  assert.equal(stateOf({ alerts: [refused!.alert] }), 'Healthy')
  const [quiet] = detect([], { ...about, kind: 'silence', since: start - hour })
  assert.equal(stateOf({ alerts: [quiet!.alert] }), 'Unhealthy silent')
  const none = { ...good, tier: 'none', findings: [] } as const
  assert.equal(stateOf({ last: { result: none, time: start } }), 'Unhealthy silent')
})

test('a silence that somebody closed is none of health until the VM answers', () => {
  const about = { vm, time: start, setup: trusted }
  const [quiet] = detect([], { ...about, kind: 'silence', since: start - hour })
  for (const action of ['resolve', 'dismiss'] as const) {
    const change = { action, by: 'an operator', reason: 'a test', time: start } as const
    const closed = changeAlert(quiet!.alert, change) as Alert
    assert.equal(stateOf({ alerts: [closed] }), 'Unhealthy silent')
    const [answered] = detect([closed], seen(good))
    assert.equal(stateOf({ alerts: [answered!.alert] }), 'Healthy')
  }
})

test('where nothing can attest it says why, and never that it is healthy', () => {
  const off = (changes: Partial<MachineFacts['setup']>) => ({ setup: { ...trusted, ...changes } })
  assert.equal(stateOf({ os: 'Windows' }), 'NotApplicable no-windows-agent')
  assert.equal(stateOf({ setup: standard }), 'NotApplicable trusted-launch-off')
  assert.equal(stateOf(off({ vTpmEnabled: false })), 'NotApplicable vtpm-off')
  assert.equal(stateOf(off({ hasExtension: false })), 'NotApplicable no-extension')
  assert.equal(stateOf({ last: null }), 'NotApplicable never-attested')
  assert.equal(stateOf({ last: null, failure }), 'Unhealthy earlier-failure')
})

test('with Secure Boot off it is unhealthy for that', () => {
  const given = { setup: { ...trusted, secureBootEnabled: false }, ...judged('secure-boot.off') }
  assert.equal(stateOf(given), 'Unhealthy secure-boot-off')
})
