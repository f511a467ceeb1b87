import type { Check } from './check.ts'
import { authorityChecks } from './checks/authorities.ts'
import { bootChecks } from './checks/boot.ts'
import { bootManagerChecks } from './checks/boot-manager.ts'
import { commandLineChecks } from './checks/command-line.ts'
import { deviationChecks } from './checks/deviations.ts'
import { firmwarePartChecks } from './checks/firmware-part.ts'
import { formatChecks } from './checks/format.ts'
import { meaningChecks } from './checks/meaning.ts'
import { secureBootChecks } from './checks/secure-boot.ts'
import { separatorChecks } from './checks/separators.ts'
import { shimChecks } from './checks/shim.ts'
import { signatureChecks } from './checks/signatures.ts'
import { typeChecks } from './checks/types.ts'
import { windowsChecks } from './checks/windows.ts'
import { findingOf, type Occurrence, toleratedOf } from './finding-table.ts'
import type { Profile } from './profile.ts'
import type { Finding } from './result.ts'
import { perLog } from './verify-event-log.ts'

/** What must hold of every log: of our own firmware as it stands, of others' but for its tolerances. A check more is a row more. */
export const CHECKS: readonly Check[] = [
  ...formatChecks,
  ...typeChecks,
  ...meaningChecks,
  ...deviationChecks,
  ...separatorChecks,
  ...firmwarePartChecks,
  ...secureBootChecks,
  ...authorityChecks,
  ...signatureChecks,
  ...shimChecks,
  ...bootManagerChecks,
  ...bootChecks,
  ...commandLineChecks,
  ...windowsChecks,
]

/** Runs every check; what they find, in the table's order, as the log's profile takes it. */
export const runChecks = perLog((log): readonly Finding[] =>
  CHECKS.flatMap(({ run }) => run(log)).map((found) => taken(found, log.profile)),
)

function taken(found: Occurrence, profile: Profile): Finding {
  const { tolerance = null } = found
  return tolerance === null || profile === 'strict'
    ? findingOf(found)
    : toleratedOf({ ...found, tolerance })
}
