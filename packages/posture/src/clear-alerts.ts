import type { Clearance, Failure } from '@trusted-launch/attestation'
import { type Alert, isOpen } from './alert.ts'
import { alertKindOf } from './alert-kinds.ts'
import { attestationFailures } from './alerts/attestation-failure.ts'
import { findingsMax } from './alerts/occurrence.ts'
import { untrustedModules } from './alerts/untrusted-module.ts'
import { changeAlert, isRefusal } from './change-alert.ts'
import type { Setup, Verdict } from './machine.ts'
import type { Observation } from './observation.ts'

/** What somebody did through the API that takes the cause of a failure away. */
export type Undone =
  | {
      readonly kind: 'drift-approved'
      /** The verdict on the evidence of the alert, made again with what was approved. */
      readonly result: Verdict
      readonly setup: Setup
    }
  | { readonly kind: 'secure-boot-enabled' }

/**
 * The alerts that an approval, or a setting that was put back, resolves, with who asked for it and by which request
 * as the reason. An approval resolves drift only where nothing of it is left when the same evidence is judged by
 * what was approved, and all that the alert tells of was in that evidence: what another boot measured in between
 * somebody looks at by itself. So are alerts of modules that were approved with their kernel. Evidence of unknown origin is never approved away.
 * @returns the alerts that changed.
 */
export function clearAlerts(
  alerts: readonly Alert[],
  undone: Undone,
  who: { readonly by: string; readonly request: string; readonly time: number },
): Alert[] {
  const reason = `${reasons[undone.kind]} by request ${who.request}.`
  const change = { action: 'resolve', by: who.by, reason, time: who.time } as const
  return alerts
    .filter((alert) => isOpen(alert) && isUndone(alert, undone))
    .map((alert) => changeAlert(alert, change))
    .filter((one): one is Alert => !isRefusal(one))
}

const reasons = {
  'drift-approved': 'What differed was approved',
  'secure-boot-enabled': 'Secure Boot was enabled again',
} as const

function isUndone(alert: Alert, undone: Undone): boolean {
  const isFailure = alert.type === 'VM_GuestAttestationFailure'
  if (undone.kind === 'secure-boot-enabled') return isFailure && alert.cause === 'secure-boot-off'
  const isDrift = isFailure && (alert.cause === 'drift' || alert.cause === 'unproven')
  if (!isDrift && alert.type !== 'VM_UntrustedKernelModule') return false
  const { result, setup } = undone
  const isAll = alert.findings.length > 0 && alert.findings.length < findingsMax
  const isOfThis = alert.findings.every(({ evidence }) => evidence === result.evidence?.sha256)
  if (result.evidence === null || !isAll || !isOfThis) return false
  const observed: Observation & { kind: 'verdict' } = {
    kind: 'verdict',
    ...{ vm: alert.vm, time: alert.lastSeen, setup, result },
  }
  if (isDrift) return attestationFailures(observed).length === 0
  // Of another kernel every module is untrusted, until that kernel is approved with its own.
  const others = untrustedModules(observed, [alert.cause])
  return others.every(({ cause }) => cause !== alert.cause && alert.cause !== 'more')
}

/**
 * How to clear the failure that the verifier remembers (`clearFailure`), once no failure's alert is open any more:
 * by whoever closed the last one of a failed attestation. Null: one is open, or nobody closed any since it failed.
 */
export function clearanceAfter(alerts: readonly Alert[], failure: Failure): Clearance | null {
  const failures = alerts.filter(({ type }) => alertKindOf(type).isFailure)
  if (failures.some(isOpen)) return null
  const ofVerdicts = failures.filter(({ type }) => type === 'VM_GuestAttestationFailure')
  const changes = ofVerdicts.flatMap(({ change }) => (change === null ? [] : [change]))
  const last = changes.sort((a, b) => b.time - a.time)[0]
  if (last === undefined || last.time < failure.time) return null
  return { by: last.by, reason: last.reason, time: last.time }
}
