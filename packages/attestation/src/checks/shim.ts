import { equalBytes } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { EV } from '@trusted-launch/eventlog'
import { sameVariable, VARIABLES } from '@trusted-launch/uefi'
import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import { nameOf, variablesOf } from '../measured-variables.ts'
import type { VerifiedEventLog } from '../verify-event-log.ts'

const mokPcr = 14
const one = Uint8Array.of(1)

/**
 * MokSBState of 1 makes shim verify nothing. shim measures a 1 into PCR 14 for it, and another for
 * MokListTrusted, which it has only beside an SbatLevel; the names beside them are not measured. So at
 * most one 1 may be there, under that name.
 */
function validationOn(log: VerifiedEventLog): Occurrence[] {
  const on = digest(log.bank, one)
  const ones = log.eventsOf(mokPcr).filter((event) => equalBytes(event.digest, on))
  const named = ones.filter(
    ({ explanation: { data } }) => data.kind === 'ipl' && data.text === 'MokListTrusted',
  )
  const sbat = variablesOf(log, EV.EFI_VARIABLE_AUTHORITY).some(({ variable }) =>
    sameVariable(nameOf(variable), VARIABLES.SbatLevel),
  )
  if (ones.length === 0 || (ones.length === 1 && named.length === 1 && sbat)) return []
  return [
    {
      id: 'mok.validation-off',
      summary: 'shim may have been told to verify nothing (MokSBState).',
      pcr: mokPcr,
      events: ones.map(({ index }) => index),
    },
  ]
}

export const shimChecks: readonly Check[] = [
  {
    ...{ number: 38, title: 'shim verifies', run: validationOn },
    about: (log) => log.eventsOf(mokPcr),
  },
]
