import { type Alert, type AlertState, isOpen, keysOf } from './alert.ts'

/** What became of an alert, for who is told of it: it is open now, it is another, it is closed. */
export type AlertNews = 'raised' | 'changed' | 'closed'

/** What others are told of an alert: nothing of the guest's inside that a finding shows. */
export interface AlertSummary
  extends Pick<
    Alert,
    'type' | 'cause' | 'vm' | 'severity' | 'summary' | 'firstSeen' | 'lastSeen' | 'count'
  > {
  readonly state: AlertState
  readonly components: readonly string[]
  /** The ids of its findings. */
  readonly findings: readonly string[]
  readonly isPresent: boolean
  readonly evidence: string | null
  readonly changedBy: string | null
  readonly reason: string | null
}

/** An alert, as others are told of it. */
export function summaryOf(alert: Alert): AlertSummary {
  const { findings, change, dismissed: _, fields: __, ...rest } = alert
  return {
    ...rest,
    components: each(findings.map(({ component }) => component)),
    findings: each(findings.map(({ id }) => id)),
    changedBy: change?.by ?? null,
    reason: change?.reason ?? null,
  }
}

/**
 * What somebody who knows an alert as it was is told of what it is now; null: nothing. That the same was seen once
 * more is no news: an open failure is seen at each attestation.
 */
export function newsOf(before: Alert | null, after: Alert): AlertNews | null {
  if (before === null) return isOpen(after) ? 'raised' : 'closed'
  if (isOpen(before) !== isOpen(after)) return isOpen(after) ? 'raised' : 'closed'
  return told(before) === told(after) ? null : 'changed'
}

function told({ state, severity, isPresent, findings }: Alert): string {
  return JSON.stringify([state, severity, isPresent, keysOf(findings).toSorted()])
}

function each(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}
