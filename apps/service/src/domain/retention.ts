import type { Retention } from './store.ts'

/** How long attestations are kept, in days and numbers; of verdicts that do not affirm, longer. */
export interface RetentionDays {
  readonly days: number
  readonly failureDays: number
  readonly keep: number
  readonly keepFailures: number
}

/** Of a VM that is attested every hour, a month; of what went wrong with it, a year. */
export const RETENTION: RetentionDays = {
  days: 31,
  failureDays: 365,
  keep: 1_000,
  keepFailures: 1_000,
}

const DAY_MS = 86_400_000

export function retentionAt(now: number, of: RetentionDays): Retention {
  const { days, failureDays, keep, keepFailures } = of
  return {
    before: { affirming: now - days * DAY_MS, others: now - failureDays * DAY_MS },
    keep: { affirming: keep, others: keepFailures },
  }
}
