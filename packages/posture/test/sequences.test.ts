import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomFrom } from '@trusted-launch/codec/check'
import { type Alert, alertKey, isOpen } from '../src/alert.ts'
import { alertKindOf } from '../src/alert-kinds.ts'
import { bootIntegrityOf } from '../src/boot-integrity.ts'
import { changeAlert, isRefusal } from '../src/change-alert.ts'
import { alertsAfter, detect } from '../src/detect.ts'
import type { Setup } from '../src/machine.ts'
import type { Observation } from '../src/observation.ts'
import { facts, finding, good, minute, seen, start, trusted, verdict, vm } from './facts.ts'

/** FUZZ_SEED tries other orders than every run does. */
const first = Number(process.env.FUZZ_SEED ?? 1)
const rounds = 400
const steps = 30
const actions = ['activate', 'start', 'resolve', 'dismiss'] as const

/** What a guest, its host and the network can make happen, and nobody decides. */
function something(random: (below: number) => number, after: number): Observation {
  const about = { vm, time: start + after, setup: setups[random(setups.length)]! }
  const kind = random(10)
  if (kind === 0) return { ...about, kind: 'silence', since: start }
  if (kind === 1) return { ...about, kind: 'boot-stopped', component: 'GRUB', detail: 'x' }
  if (kind === 4) return { ...about, kind: 'vtpm-lost' }
  if (kind === 2) return { ...about, kind: 'host', findings: [] }
  if (kind === 3) return { ...about, kind: 'host', findings: [finding({ id: 'host.firmware' })] }
  const results = [
    good,
    good,
    { ...good, tier: 'none' as const },
    verdict('kernel.changed'),
    verdict({ id: 'kernel.changed', actual: String(random(4)) }, 'quote.signature'),
    verdict('module.untrusted'),
    verdict('verdict.failed-before'),
    verdict('vtpm.rolled-back'),
  ]
  return seen(results[random(results.length)]!, after, about.setup)
}
const setups: readonly Setup[] = [
  trusted,
  trusted,
  trusted,
  { ...trusted, secureBootEnabled: false },
  { ...trusted, hasExtension: false },
]
const isFailure = (alert: Alert) => alertKindOf(alert.type).isFailure
const openFailures = (alerts: readonly Alert[]) =>
  alerts.filter((alert) => isOpen(alert) && isFailure(alert)).map(alertKey)

test('no reboot, time-out, re-add or flapping clears a failure, or makes a failed VM healthy', () => {
  for (let seed = first; seed < first + rounds; seed++) {
    const random = randomFrom(seed)
    let alerts: Alert[] = []
    for (let step = 0; step < steps; step++) {
      const at = `seed ${seed}, step ${step}`
      const before = openFailures(alerts)
      alerts = alertsAfter(alerts, detect(alerts, something(random, step * minute)))
      const after = openFailures(alerts)
      for (const key of before) assert.ok(after.includes(key), `${at}: ${key}`)
      const { code } = bootIntegrityOf(facts({ alerts }))
      assert.ok(after.length === 0 || code === 'Unhealthy', at)
    }
  }
})

test('in no order of what is seen and done is a cause told by two alerts, or closed without who and why', () => {
  for (let seed = first; seed < first + rounds; seed++) {
    const random = randomFrom(seed)
    let alerts: Alert[] = []
    for (let step = 0; step < steps; step++) {
      const time = start + step * minute
      const one = alerts[random(Math.max(1, alerts.length))]
      if (random(3) === 0 && one !== undefined) {
        const change = { action: actions[random(4)]!, by: 'somebody', reason: 'because', time }
        const next = changeAlert(one, change)
        if (!isRefusal(next)) alerts = alerts.map((alert) => (alert === one ? next : alert))
      } else {
        const deltas = detect(alerts, something(random, step * minute))
        const known = new Set(alerts.map(alertKey))
        for (const { what, alert } of deltas)
          assert.equal(what === 'raised', !known.has(alertKey(alert)), `seed ${seed}, step ${step}`)
        alerts = alertsAfter(alerts, deltas)
      }
      assert.equal(new Set(alerts.map(alertKey)).size, alerts.length, `seed ${seed}, step ${step}`)
      for (const alert of alerts) assert.ok(isOpen(alert) || alert.change !== null, `seed ${seed}`)
    }
  }
})

test('a failure that is closed and seen again is open again, whoever closed it and how', () => {
  for (let seed = first; seed < first + rounds; seed++) {
    const random = randomFrom(seed)
    let alerts = alertsAfter([], detect([], seen(verdict('kernel.changed'))))
    const action = random(2) === 0 ? 'resolve' : 'dismiss'
    const closed = changeAlert(alerts[0]!, { action, by: 'a', reason: 'b', time: start })
    assert.ok(!isRefusal(closed))
    alerts = [closed]
    for (let step = 1; step <= random(5); step++)
      alerts = alertsAfter(alerts, detect(alerts, something(random, step * minute)))
    alerts = alertsAfter(alerts, detect(alerts, seen(verdict('grub.changed'), steps * minute)))
    assert.equal(alerts.find(({ cause }) => cause === 'drift')!.state, 'Active', `seed ${seed}`)
  }
})

test('the same observation twice adds nothing but its count', () => {
  const observation = seen(verdict('kernel.changed', 'module.untrusted', 'vtpm.rolled-back'))
  const once = alertsAfter([], detect([], observation))
  const twice = alertsAfter(once, detect(once, observation))
  assert.deepEqual(
    twice,
    once.map((alert) => ({ ...alert, count: 2 })),
  )
})
