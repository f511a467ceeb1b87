import type { Check } from './check.ts'
import { authorityChecks } from './checks/authorities.ts'
import { bootChecks } from './checks/boot.ts'
import { firmwarePartChecks } from './checks/firmware-part.ts'
import { meaningChecks } from './checks/meaning.ts'
import { secureBootChecks } from './checks/secure-boot.ts'
import { separatorChecks } from './checks/separators.ts'
import { findingOf } from './finding-table.ts'
import type { Finding } from './result.ts'
import type { VerifiedEventLog } from './verify-event-log.ts'

/** What must hold of every log of our own firmware. A check more is a row more. */
export const CHECKS: readonly Check[] = [
  ...meaningChecks,
  ...separatorChecks,
  ...firmwarePartChecks,
  ...secureBootChecks,
  ...authorityChecks,
  ...bootChecks,
]

/** Runs every check; what they find, in the table's order. */
export function runChecks(log: VerifiedEventLog): Finding[] {
  return CHECKS.flatMap(({ run }) => run(log)).map(findingOf)
}
