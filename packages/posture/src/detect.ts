import { type Alert, alertKey, isOpen, keysOf } from './alert.ts'
import { type AlertType, alertKindOf } from './alert-kinds.ts'
import { attestationFailures, earlierFailure } from './alerts/attestation-failure.ts'
import { bootStopped } from './alerts/boot-stopped.ts'
import { findingsMax, type Occurrence } from './alerts/occurrence.ts'
import { silent } from './alerts/silent.ts'
import { untrustedModules } from './alerts/untrusted-module.ts'
import { vtpmAndHost } from './alerts/vtpm-and-host.ts'
import { vtpmLost } from './alerts/vtpm-lost.ts'
import type { Observation } from './observation.ts'

/** What became of one alert. */
export interface AlertDelta {
  /** `raised` is new; `again` was closed and is active; `seen` was there; `gone` was not seen; `answered` resolved itself. */
  readonly what: 'raised' | 'again' | 'seen' | 'gone' | 'answered'
  readonly alert: Alert
}

/**
 * What an observation means beside the alerts that a VM has: one alert for each cause, raised once and brought up
 * to date since. Nothing that is seen closes a failure: not a good verdict, a reboot, a silence or an answer after
 * it; only `changeAlert` and `clearAlerts` do. Silence alone resolves itself, when the VM answers.
 *
 * A resolved alert whose cause is seen is active again. A dismissed one stays dismissed while the same goes on, and
 * is active again when anything about it is new, or when it had been gone.
 * @param alerts all of the VM's, closed ones too: whoever forgets one sees it raised anew. Those of others are left alone.
 */
export function detect(alerts: readonly Alert[], observation: Observation): AlertDelta[] {
  const isOfVm = ({ vm }: Alert) => vm.toLowerCase() === observation.vm.toLowerCase()
  const previous = alerts.filter(isOfVm)
  const known = new Map(previous.map((alert) => [alertKey(alert), alert]))
  const found = occurrencesOf(observation, previous)
  const told = found.map((one) =>
    seen(known.get(alertKey({ ...one, vm: observation.vm })), one, observation),
  )
  const names = new Set(told.map(({ alert }) => alertKey(alert)))
  const gone = previous
    .filter((alert) => !names.has(alertKey(alert)) && canShow(observation, alert.type))
    .flatMap((alert) => unseen(alert, observation))
  return [...told, ...gone]
}

/** All alerts of a VM after an observation. */
export function alertsAfter(previous: readonly Alert[], deltas: readonly AlertDelta[]): Alert[] {
  const all = new Map(previous.map((alert) => [alertKey(alert), alert]))
  for (const { alert } of deltas) all.set(alertKey(alert), alert)
  return [...all.values()]
}

function occurrencesOf(observation: Observation, previous: readonly Alert[]): Occurrence[] {
  const { setup } = observation
  const isMonitored = setup.vTpmEnabled && setup.hasExtension
  const raised = raisedBy(observation, previous)
  const told = raised.filter(({ type }) => isMonitored || !alertKindOf(type).needsExtension)
  if (observation.kind !== 'verdict' || !isMonitored) return told
  const isFailure = ({ type }: { type: AlertType }) => alertKindOf(type).isFailure
  const hasFailure = told.some(isFailure) || previous.some((one) => isFailure(one) && isOpen(one))
  return hasFailure ? told : [...told, ...earlierFailure(observation)]
}

function raisedBy(observation: Observation, previous: readonly Alert[]): Occurrence[] {
  switch (observation.kind) {
    case 'verdict':
      return [
        ...attestationFailures(observation),
        ...untrustedModules(observation, causesOf(previous, 'VM_UntrustedKernelModule')),
        ...vtpmAndHost(observation),
      ]
    case 'host':
      return vtpmAndHost(observation)
    case 'boot-stopped':
      return bootStopped(observation)
    case 'vtpm-lost':
      return vtpmLost()
    case 'silence':
      return silent(observation)
  }
}

function causesOf(alerts: readonly Alert[], of: AlertType): string[] {
  return alerts.filter(({ type, cause }) => type === of && cause !== 'more').map((one) => one.cause)
}

/** Whether an observation would have shown an alert of this type, so that not seeing it says something. */
function canShow(observation: Observation, type: AlertType): boolean {
  const isOfHost = type === 'VM_HostConfigurationDiffers'
  if (observation.kind === 'host') return isOfHost
  if (observation.kind !== 'verdict' || observation.result.tier === 'none') return false
  return !isOfHost || observation.isHostSeen === true
}

function seen(
  before: Alert | undefined,
  occurrence: Occurrence,
  { vm, time }: Observation,
): AlertDelta {
  const now = { ...occurrence, lastSeen: time, isPresent: true }
  if (before === undefined)
    return {
      what: 'raised',
      alert: {
        ...now,
        vm,
        state: 'Active',
        firstSeen: time,
        count: 1,
        dismissed: [],
        change: null,
      },
    }
  const lastSeen = Math.max(before.lastSeen, time)
  const after = { ...before, ...now, lastSeen, count: before.count + 1 }
  if (isOpen(before)) return { what: 'seen', alert: { ...after, ...joined(before, occurrence) } }
  if (isStillDismissed(before, occurrence)) return { what: 'seen', alert: after }
  return { what: 'again', alert: { ...after, state: 'Active', dismissed: [] } }
}

/** What an open alert told stays told: a graver time is not forgotten for a milder one, nor a component for another. */
function joined(before: Alert, { findings, severity }: Occurrence) {
  const keys = new Set(keysOf(findings))
  const earlier = before.findings.filter((finding) => !keys.has(keysOf([finding])[0]!))
  return {
    findings: [...findings, ...earlier].slice(0, findingsMax),
    severity: ranks.indexOf(before.severity) < ranks.indexOf(severity) ? severity : before.severity,
  }
}

const ranks = ['low', 'medium', 'high'] as const

function isStillDismissed(before: Alert, { findings }: Occurrence): boolean {
  if (before.state !== 'Dismissed' || !before.isPresent) return false
  return keysOf(findings).every((key) => before.dismissed.includes(key))
}

function unseen(alert: Alert, { time }: Observation): AlertDelta[] {
  if (!alert.isPresent) return []
  const gone = { ...alert, isPresent: false }
  if (alert.type !== 'VM_AttestationSilent' || !isOpen(alert))
    return [{ what: 'gone', alert: gone }]
  const change = { action: 'resolve', by: 'the service', reason: 'It answered.', time } as const
  return [{ what: 'answered', alert: { ...gone, state: 'Resolved', change } }]
}
