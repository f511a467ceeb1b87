import { shownByAlerts } from './alerts.ts'
import type { AttestationSummary, Resource, Retention, Tables } from './store.ts'
import { stateOf } from './vm/vm.ts'

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
/** What one VM's evidence may take in the database, beside the newest and what shows open alerts. */
export const EVIDENCE_BYTES_MAX = 64 << 20
/** After evidence that takes more than this it is looked at once whether the VM has room left. */
export const LARGE_EVIDENCE_BYTES = 64 << 10

/** What of a VM's is past its time; at most 1,000. What shows an open alert stays. */
export async function expiredOf(
  tables: Tables,
  vm: Resource,
  now: number,
  of: RetentionDays,
): Promise<readonly AttestationSummary[]> {
  const { vmId } = stateOf(vm)
  const retention = retentionAt(now, of)
  const past = await tables.attestations.expired(vmId, { ...retention, except: [] })
  if (past.length === 0) return past
  return tables.attestations.expired(vmId, {
    ...retention,
    except: await shownByAlerts(tables, vm),
  })
}

function retentionAt(now: number, of: RetentionDays): Omit<Retention, 'except'> {
  const { days, failureDays, keep, keepFailures } = of
  return {
    bytes: EVIDENCE_BYTES_MAX,
    before: { affirming: now - days * DAY_MS, others: now - failureDays * DAY_MS },
    keep: { affirming: keep, others: keepFailures },
  }
}
