import type { Severity } from '@trusted-launch/attestation'
import type { AlertType } from './alert-kinds.ts'

/** `Dismissed`: it is so, and nobody minds; `Resolved`: it is so no longer. */
export type AlertState = 'Active' | 'InProgress' | 'Resolved' | 'Dismissed'

/**
 * How far a field of an alert is to be believed:
 * `hint` the guest's word, such as a path; `measured` a quoted PCR vouches for it; `inferred` it follows from
 * what was measured; `unverified` a line that the guest wrote; `host` the host says it.
 */
export type FieldSource = 'hint' | 'measured' | 'inferred' | 'unverified' | 'host'

/** One thing that an alert says, and who says it. */
export interface AlertField {
  readonly name: string
  readonly value: string
  readonly source: FieldSource
}

/** A finding as an alert keeps it. */
export interface AlertFinding {
  readonly id: string
  readonly component: string
  readonly summary: string
  readonly pcr: number | null
  readonly events: readonly number[]
  readonly expected: string | null
  readonly actual: string | null
  readonly advice: string
  /** SHA-256 of the evidence it was last seen in, hexadecimal; null: it is no evidence that shows it. */
  readonly evidence: string | null
}

/** Who changed an alert, and why. Everything before it is in the audit. */
export interface AlertChange {
  readonly action: AlertAction
  readonly by: string
  readonly reason: string
  /** Milliseconds since 1970. */
  readonly time: number
}

export type AlertAction = 'activate' | 'start' | 'resolve' | 'dismiss'

/** Something a person ought to look at: one for each cause on one VM, however often it is seen. Plain JSON. */
export interface Alert {
  readonly type: AlertType
  /** What of its type it is about: `drift`, `kernel module dummy`. With VM and type it names the alert. */
  readonly cause: string
  readonly vm: string
  readonly severity: Exclude<Severity, 'info'>
  readonly state: AlertState
  /** What is the matter, a sentence or two. */
  readonly summary: string
  /** Since it is open: those of the last time first, at most 64. */
  readonly findings: readonly AlertFinding[]
  readonly fields: readonly AlertField[]
  /** SHA-256 of the evidence it was last seen in, hexadecimal; null: it is no evidence that shows it. */
  readonly evidence: string | null
  readonly firstSeen: number
  readonly lastSeen: number
  /** In how many observations it was seen. */
  readonly count: number
  /** Whether the last observation that could show it did. */
  readonly isPresent: boolean
  /** What was known when it was dismissed: anything else makes it active again. */
  readonly dismissed: readonly string[]
  /** Null: nobody did anything about it. */
  readonly change: AlertChange | null
}

/** What names an alert among all of one installation; no two have the same. */
export function alertKey({ vm, type, cause }: Pick<Alert, 'vm' | 'type' | 'cause'>): string {
  return `${vm.toLowerCase()}/${type}/${cause}`
}

/** Whether somebody still has to do something about it. */
export function isOpen({ state }: Alert): boolean {
  return state === 'Active' || state === 'InProgress'
}

/** What is told, as far as it tells two occurrences apart. */
export function keysOf(findings: readonly AlertFinding[]): string[] {
  return findings.map(({ id, component, actual }) => `${id} ${component} ${actual}`)
}
