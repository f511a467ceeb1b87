import type { FindingId } from '@trusted-launch/attestation'
import type { MachineFacts } from '../machine.ts'
import { evidenceOf, isStatus } from '../reasons.ts'
import { HEALTHY, type Status, unhealthy } from '../status.ts'

/** Unhealthy when the last evidence has one of these findings: told by the weightiest, and how many more. */
export function statusByFindings(
  facts: MachineFacts,
  cause: string,
  ids: readonly FindingId[],
): Status {
  const result = evidenceOf(facts)
  if (isStatus(result)) return result
  const [first, ...more] = result.findings.filter(({ id }) =>
    (ids as readonly string[]).includes(id),
  )
  if (first === undefined) return HEALTHY
  const rest = more.length === 0 ? '' : ` And ${more.length} more.`
  return unhealthy(cause, `${first.summary}${rest}`)
}
