import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FINDINGS } from '@trusted-launch/attestation'
import type { Alert } from '../src/alert.ts'
import { bootIntegrityOf } from '../src/boot-integrity.ts'
import { type AlertDelta, alertsAfter, detect } from '../src/detect.ts'
import { MEANINGS, meaningOf } from '../src/meanings.ts'
import type { Observation } from '../src/observation.ts'
import {
  claiming,
  facts,
  finding,
  type Given,
  good,
  hour,
  seen,
  start,
  trusted,
  verdict,
  vm,
} from './facts.ts'

const about = { vm, time: start, setup: trusted }
const told = (deltas: readonly AlertDelta[]) =>
  deltas.map(({ what, alert }) => `${what} ${alert.type}/${alert.cause} ${alert.severity}`)
const raised = (observation: Observation) =>
  told(detect([], observation)).map((one) => one.replace('raised ', ''))
const ofVerdict = (...ids: (Given | string)[]) => raised(seen(verdict(...ids)))
const failed = (cause: string) => `VM_GuestAttestationFailure/${cause} medium`

test('a good verdict raises nothing', () => {
  assert.deepEqual(raised(seen(good)), [])
  assert.deepEqual(ofVerdict('quote.unsafe-clock', 'reference-values.missing'), [])
})

test('drift, and evidence that is not of this vTPM, are told apart', () => {
  assert.deepEqual(ofVerdict('kernel-command-line.changed', 'initrd.changed'), [failed('drift')])
  assert.deepEqual(ofVerdict('quote.signature'), [failed('origin')])
  assert.deepEqual(ofVerdict('eventlog.replay'), [failed('origin')])
  assert.deepEqual(ofVerdict('attestation-key.weak', 'kernel.changed'), [
    failed('origin'),
    failed('drift'),
  ])
})

test('a foreign key, a replaced and a rolled back vTPM raise an alert of their own besides', () => {
  for (const id of ['attestation-key.foreign', 'vtpm.index.foreign', 'host.identity'])
    assert.deepEqual(ofVerdict(id), [failed('origin'), 'VM_VtpmIdentityChanged/identity high'], id)
  for (const id of ['vtpm.rolled-back', 'vtpm.counters.fallen', 'vtpm.resets.unseen'])
    assert.deepEqual(
      ofVerdict(id),
      [failed('origin'), 'VM_VtpmIdentityChanged/rolled-back high'],
      id,
    )
  assert.deepEqual(ofVerdict('vtpm.cleared'), [])
})

test('what the host runs otherwise than asked for is told, from a verdict or without one', () => {
  const host = 'VM_HostConfigurationDiffers/host high'
  assert.deepEqual(ofVerdict('host.firmware', 'host.machine'), [failed('drift'), host])
  const findings = [finding({ id: 'host.variables' })]
  assert.deepEqual(raised({ ...about, kind: 'host', findings }), [host])
  assert.deepEqual(raised({ ...about, kind: 'host', findings: [] }), [])
})

test('a vTPM that its host refused to start is told without evidence', () => {
  const findings = [finding({ id: 'vtpm.rolled-back' })]
  assert.deepEqual(raised({ ...about, kind: 'host', findings }), [
    'VM_VtpmIdentityChanged/rolled-back high',
  ])
})

test('a verdict that refuses always fails, whatever its findings are', () => {
  for (const id of Object.keys(FINDINGS)) {
    const given = { id, severity: 'high' } as const
    const alerts = ofVerdict(given)
    if (id === 'verdict.failed-before') assert.deepEqual(alerts, [failed('earlier-failure')])
    else
      assert.ok(
        alerts.some((one) => one.startsWith('VM_GuestAttestationFailure/')),
        id,
      )
  }
  assert.deepEqual(ofVerdict({ id: 'made-up.tomorrow', severity: 'high' }), [failed('drift')])
})

test('every row of the meanings is of some finding, and none hides another', () => {
  const ids = Object.keys(FINDINGS)
  for (const [begins, meaning] of MEANINGS) {
    const first = ids.filter((id) => MEANINGS.find(([one]) => id.startsWith(one))?.[0] === begins)
    assert.ok(first.length > 0, begins)
    for (const id of first) assert.equal(meaningOf(id), meaning)
  }
})

test('without evidence nothing failed: that is silence, and has its deadline', () => {
  const none = { ...verdict('agent.no-evidence'), tier: 'none' } as const
  assert.deepEqual(raised(seen(none)), [])
  const unavailable = { ...verdict('quote.signature', 'vtpm.index.missing'), tier: 'none' } as const
  assert.deepEqual(raised(seen(unavailable)), ['VM_VtpmIdentityChanged/identity high'])
  const quiet = { ...about, kind: 'silence', since: start - hour } as const
  assert.deepEqual(raised(quiet), ['VM_AttestationSilent/silent medium'])
  assert.match(detect([], quiet)[0]!.alert.summary, /for 60 minutes/)
})

test('Secure Boot off as it was set is a cause of its own, and no other drift hides behind it', () => {
  const off = { ...trusted, secureBootEnabled: false }
  const findings = [
    { id: 'secure-boot.off', pcr: 7, actual: 'off' },
    { id: 'secure-boot-variables.changed', component: 'Secure Boot', pcr: 7, actual: '00' },
    { id: 'shim.changed', pcr: 7, expected: 'aa' },
    { id: 'kernel.changed', pcr: 4, actual: 'bb' },
  ]
  const result = verdict(...findings)
  assert.deepEqual(raised(seen(result, 0, off)), [failed('secure-boot-off'), failed('drift')])
  const [cause, drift] = detect([], seen(result, 0, off))
  assert.match(cause!.alert.summary, /Secure Boot is off, as it was set.*suppress/)
  assert.deepEqual(
    drift!.alert.findings.map(({ id }) => id),
    ['kernel.changed'],
  )
  assert.deepEqual(raised(seen(result)), [failed('drift')])
  assert.deepEqual(raised(seen(verdict({ id: 'mok.changed', pcr: 7 }), 0, off)), [failed('drift')])
  const keys = { id: 'secure-boot-variables.changed', pcr: 7, expected: 'aa', actual: 'bb' }
  const both = detect([], seen(verdict(findings[0]!, keys), 0, off)).map(({ alert }) => alert.cause)
  assert.deepEqual(both, ['secure-boot-off', 'drift'], 'keys are changed by somebody else')
})

test('an alert says what differs: component, register, events, expected and actual, evidence', () => {
  const given = { id: 'kernel.changed', pcr: 4, events: [17], expected: 'aa', actual: 'bb' }
  const [{ alert }] = detect([], seen(verdict(given))) as [AlertDelta]
  assert.equal(alert.summary, 'Not as approved: kernel.')
  assert.equal(alert.evidence, good.evidence!.sha256)
  const [told] = alert.findings
  assert.deepEqual([told!.pcr, told!.events, told!.expected, told!.actual], [4, [17], 'aa', 'bb'])
})

const module = (name: string, more: Partial<Given> = {}): Given => ({
  id: 'module.untrusted',
  component: `kernel module ${name}`,
  pcr: 10,
  actual: `sha256:${name}`,
  ...more,
})

test('a module that a locked kernel refused is low; one that may have been loaded is medium', () => {
  const type = 'VM_UntrustedKernelModule/kernel module dummy'
  assert.deepEqual(ofVerdict(module('dummy')), [`${type} low`])
  const loaded = claiming(verdict(module('dummy')), { 'secure-boot': false })
  assert.deepEqual(raised(seen(loaded)), [`${type} medium`])
  const graver = module('dummy', { severity: 'medium' })
  assert.ok(ofVerdict(graver).includes(`${type} medium`))
})

const reported = (component: string): Given => ({ id: 'module.reported', component })
const saying = (lines: readonly string[], ...given: (Given | string)[]) => {
  const messages = { value: [...lines], verified: false, events: [] }
  const result = verdict(...given)
  return seen({ ...result, claims: { ...result.claims, 'module-messages': messages } })
}
const distrust = 'dummy: module verification failed: signature and/or required key missing'

test('each field of a module says its source', () => {
  const other = 'other: module verification failed'
  const both = saying([other, distrust], module('dummy'), reported('kernel module dummy'))
  const [{ alert }] = detect([], both) as [AlertDelta]
  assert.deepEqual(alert.fields, [
    { name: 'module', value: 'dummy', source: 'hint' },
    { name: 'digest', value: 'sha256:dummy', source: 'measured' },
    { name: 'refused', value: 'yes', source: 'inferred' },
    { name: 'kernel-log', value: distrust, source: 'unverified' },
  ])
  assert.match(alert.summary, /^The kernel refused kernel module dummy/)
})

test("a line of the kernel's log raises the alert, too, and is told as the guest's word", () => {
  const [{ alert }] = detect([], saying([distrust], reported('kernel module dummy'))) as [
    AlertDelta,
  ]
  assert.deepEqual(
    alert.fields.map(({ name, source }) => `${name} ${source}`),
    ['module unverified', 'refused inferred', 'kernel-log unverified'],
  )
  assert.match(alert.summary, /The guest says .* nothing vouches for that/)
  const nameless = 'Loading of unsigned module is rejected'
  const [unnamed] = detect([], saying([nameless, distrust], reported('kernel module')))
  assert.deepEqual(
    unnamed!.alert.fields.map(({ value }) => value),
    ['yes', nameless],
  )
})

test('a module from outside, or of another licence, that the kernel trusts is no alert', () => {
  const outside = 'nvidia: loading out-of-tree module taints kernel.'
  assert.deepEqual(raised(saying([outside], reported('kernel module nvidia'))), [])
})

const isModule = ({ alert }: AlertDelta) => alert.type === 'VM_UntrustedKernelModule'

test('each module has an alert, but no guest makes more than so many, in whatever time', () => {
  const some = (from: number) => Array.from({ length: 100 }, (_, i) => module(`m${from + i}`))
  const first = alertsAfter([], detect([], seen(verdict(...some(0)))))
  assert.equal(first.length, 33)
  assert.equal(first.at(-1)!.cause, 'more')
  assert.match(first.at(-1)!.summary, /^68 more modules/)
  const again = alertsAfter(first, detect(first, seen(verdict(...some(20)), hour)))
  assert.equal(again.length, 33)
  assert.equal(again.find(({ cause }) => cause === 'kernel module m31')!.count, 2)
  const more = again.find(({ cause }) => cause === 'more')!
  assert.match(more.summary, /^88 more modules/)
  assert.equal(more.severity, 'low')
  const besides = alertsAfter([], detect([], seen(verdict('kernel.changed', 'vtpm.rolled-back'))))
  assert.equal(detect(besides, seen(verdict(...some(0)), hour)).filter(isModule).length, 33)
})

test('what Secure Boot refused is told by its component', () => {
  const stopped = {
    ...about,
    kind: 'boot-stopped',
    component: 'GRUB',
    detail: 'not signed.',
  } as const
  assert.deepEqual(raised(stopped), ['VM_SecureBootStoppedBoot/GRUB medium'])
  assert.equal(detect([], stopped)[0]!.alert.summary, 'Secure Boot refused GRUB: not signed.')
})

test('a vTPM that went away is told, once for as long as it is open, and is no failure of the guest', () => {
  const lost = { ...about, kind: 'vtpm-lost' } as const
  assert.deepEqual(raised(lost), ['VM_VtpmLost/lost medium'])
  const [first] = detect([], lost)
  assert.equal(detect([first!.alert], lost)[0]!.what, 'seen')
  const { code } = bootIntegrityOf(facts({}))
  assert.equal(bootIntegrityOf(facts({ alerts: [first!.alert] })).code, code)
})

test("Azure's two alerts are raised only where vTPM and extension are; ours need neither", () => {
  for (const off of [{ hasExtension: false }, { vTpmEnabled: false }]) {
    const setup = { ...trusted, ...off }
    const ids = ['kernel.changed', 'module.untrusted', 'vtpm.rolled-back', 'host.firmware']
    assert.deepEqual(raised(seen(verdict(...ids), 0, setup)), [
      'VM_VtpmIdentityChanged/rolled-back high',
      'VM_HostConfigurationDiffers/host high',
    ])
  }
})

test('the same cause again updates its alert: first seen, last seen, count', () => {
  const [first] = detect([], seen(verdict('kernel.changed')))
  const [again] = detect([first!.alert], seen(verdict('kernel.changed'), hour))
  assert.equal(again!.what, 'seen')
  const { firstSeen, lastSeen, count, state } = again!.alert
  assert.deepEqual([firstSeen, lastSeen, count, state], [start, start + hour, 2, 'Active'])
})

test('an open alert forgets nothing that it told: neither another component nor a graver time', () => {
  let alerts: Alert[] = []
  const then = (observation: Observation) => {
    alerts = alertsAfter(alerts, detect(alerts, observation))
    return alerts
  }
  then(seen(verdict({ id: 'grub.changed', actual: 'bootkit' })))
  const [drift] = then(seen(verdict({ id: 'kernel.changed', actual: 'update' }), hour))
  assert.deepEqual(
    drift!.findings.map(({ id }) => id),
    ['kernel.changed', 'grub.changed'],
  )
  alerts = []
  then(seen(claiming(verdict(module('dummy')), { 'secure-boot': false })))
  const [dummy] = then(seen(verdict(module('dummy')), hour))
  assert.equal(dummy!.severity, 'medium')
})

test('a failure is told as gone and stays open; a silence is resolved by an answer', () => {
  const [drift] = detect([], seen(verdict('kernel.changed')))
  const quiet = { ...about, kind: 'silence', since: start - hour } as const
  const alerts = [drift!.alert, detect([], quiet)[0]!.alert]
  const after = detect(alerts, seen(good, hour))
  assert.deepEqual(told(after), [
    `gone ${failed('drift')}`,
    'answered VM_AttestationSilent/silent medium',
  ])
  assert.deepEqual(
    after.map(({ alert }) => [alert.state, alert.isPresent]),
    [
      ['Active', false],
      ['Resolved', false],
    ],
  )
  assert.equal(after[1]!.alert.change!.by, 'the service')
})

test('what is gone is told once', () => {
  const alerts = alertsAfter([], detect([], seen(verdict('kernel.changed'))))
  const after = alertsAfter(alerts, detect(alerts, seen(good, hour)))
  assert.deepEqual(detect(after, seen(good, 2 * hour)), [])
})

test('an answer without evidence resolves no silence', () => {
  const quiet = { ...about, kind: 'silence', since: start - hour } as const
  const [alert] = alertsAfter([], detect([], quiet))
  const none = { ...verdict('agent.no-evidence'), tier: 'none' } as const
  assert.deepEqual(detect([alert!], seen(none, hour)), [])
})

test('a failure that was never cleared keeps an alert open, where none is', () => {
  const again = seen(verdict('verdict.failed-before'))
  assert.deepEqual(raised(again), [failed('earlier-failure')])
  const [drift] = detect([], seen(verdict('kernel.changed')))
  assert.deepEqual(told(detect([drift!.alert], again)), [`gone ${failed('drift')}`])
  const closed = { ...drift!.alert, state: 'Resolved', isPresent: false } as const
  assert.deepEqual(told(detect([closed], again)), [`raised ${failed('earlier-failure')}`])
  assert.deepEqual(raised(seen(verdict('verdict.failed-before', 'kernel.changed'))), [
    failed('drift'),
  ])
})

test('an observation of one VM says nothing of another, and a VM has one id in any case of letters', () => {
  const [drift] = detect([], seen(verdict('kernel.changed')))
  const other = { ...drift!.alert, vm: `${vm}2` }
  assert.deepEqual(detect([other], seen(good, hour)), [])
  const shouted = { ...seen(verdict('kernel.changed'), hour), vm: vm.toUpperCase() }
  assert.equal(detect([drift!.alert], shouted)[0]!.what, 'seen')
})

test('a host that says nothing, or of another start, is no host that differs', () => {
  for (const id of ['host.statement.missing', 'host.statement.stale'])
    assert.deepEqual(ofVerdict(id), [failed('unproven')])
  assert.ok(ofVerdict('host.statement.signature').includes('VM_HostConfigurationDiffers/host high'))
})

test('a verdict that was made with what the host runs is a look at the host', () => {
  const [alert] = detect([], seen(verdict('host.firmware'))).flatMap(({ alert }) =>
    alert.type === 'VM_HostConfigurationDiffers' ? [alert] : [],
  )
  const looked = { ...seen(good), isHostSeen: true } as Observation
  assert.deepEqual(told(detect([alert!], looked)), [`gone ${alert!.type}/host high`])
  assert.deepEqual(told(detect([alert!], seen(good))), [])
})

test('a host that is as asked for again is told as such, and says nothing of what its guest measured', () => {
  const both = verdict('kernel.changed', 'host.firmware')
  const alerts = alertsAfter([], detect([], seen(both)))
  assert.deepEqual(told(detect(alerts, { ...about, kind: 'host', findings: [] })), [
    'gone VM_HostConfigurationDiffers/host high',
  ])
})
