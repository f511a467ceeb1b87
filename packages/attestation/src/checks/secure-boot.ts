import { ACTION, EV } from '@trusted-launch/eventlog'
import { entriesOf, sameVariable, VARIABLES } from '@trusted-launch/uefi'
import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import {
  configuration,
  databaseOf,
  nameOf,
  SECURE_BOOT_VARIABLES,
  secureBootOf,
  secureBootPcr,
  variablesOf,
} from '../measured-variables.ts'
import type { VerifiedEvent, VerifiedEventLog } from '../verify-event-log.ts'
import { isSeparator } from './separators.ts'

const optional = ['dbt', 'dbr', 'AuditMode', 'DeployedMode'] as const

/** SecureBoot, PK, KEK, db, dbx, then the optional ones: in this order, once, before the separator. */
function variablesInOrder(log: VerifiedEventLog): Occurrence[] {
  const events = log.eventsOf(secureBootPcr)
  const found = variablesOf(log, EV.EFI_VARIABLE_DRIVER_CONFIG)
  const end = events.findIndex(isSeparator)
  const faults: Occurrence[] = []
  const fault = (summary: string, event?: VerifiedEvent) =>
    faults.push({
      id: 'secure-boot.variables',
      summary,
      pcr: secureBootPcr,
      events: event === undefined ? [] : [event.index],
    })
  for (const [i, name] of SECURE_BOOT_VARIABLES.entries()) {
    const at = found[i]
    if (at === undefined || !sameVariable(nameOf(at.variable), VARIABLES[name]))
      fault(`Variable ${i + 1} in PCR 7 is not ${name}.`, at?.event)
  }
  const later = found.slice(SECURE_BOOT_VARIABLES.length).map(({ variable }) => nameOf(variable))
  for (const [i, given] of later.entries()) {
    const known = optional.some((name) => sameVariable(given, VARIABLES[name]))
    const repeated = later.slice(0, i).some((before) => sameVariable(before, given))
    if (!known || repeated)
      fault(
        'PCR 7 has a variable more than it may.',
        found[SECURE_BOOT_VARIABLES.length + i]!.event,
      )
  }
  for (const { event } of found)
    if (end >= 0 && events.indexOf(event) > end)
      fault('A Secure Boot variable was measured after the separator.', event)
  return faults
}

function secureBootValue(log: VerifiedEventLog): Occurrence[] {
  const given = configuration(log, 'SecureBoot')
  if (given === null || secureBootOf(log) !== null) return []
  const { event, variable } = given
  return [
    {
      id: 'secure-boot.value',
      summary: 'SecureBoot is neither on nor off.',
      pcr: secureBootPcr,
      events: [event.index],
      expected: 'one byte, 0 or 1',
      actual: `${variable.variableData.length} bytes`,
    },
  ]
}

/** With Secure Boot on: one PK, KEK and db not empty, dbx not malformed. */
function keysPresent(log: VerifiedEventLog): Occurrence[] {
  return (['PK', 'KEK', 'db', 'dbx'] as const).flatMap((name): Occurrence[] => {
    const given = configuration(log, name)
    if (given === null) return []
    const at = { pcr: secureBootPcr, events: [given.event.index] }
    const lists = databaseOf(given.variable.variableData)
    if (lists === null)
      return [{ id: 'secure-boot.lists' as const, summary: `${name} cannot be read.`, ...at }]
    const count = entriesOf(lists).length
    const wrong = name === 'PK' ? count !== 1 : name !== 'dbx' && count === 0
    if (secureBootOf(log) !== true || !wrong) return []
    const summary = `Secure Boot is on, and ${name} has ${count} entries.`
    return [{ id: 'secure-boot.keys' as const, summary, ...at }]
  })
}

/** Nothing but the platform's own notes in PCR 7: the debug mode is refused by name. */
function actions(log: VerifiedEventLog): Occurrence[] {
  return log
    .eventsOf(secureBootPcr)
    .filter(({ eventType }) => eventType === EV.EFI_ACTION)
    .map(({ index, explanation: { data } }) => {
      const text = data.kind === 'action' ? data.text : ''
      const debug = text === ACTION.debugMode
      return {
        id: debug ? 'secure-boot.debug-mode' : 'secure-boot.action',
        summary: debug
          ? 'The firmware is in debug mode.'
          : 'The firmware notes an action in PCR 7.',
        pcr: secureBootPcr,
        events: [index],
        actual: text.slice(0, 128),
      }
    })
}

export const secureBootChecks: readonly Check[] = [
  { number: 28, title: 'Secure Boot variables in order', run: variablesInOrder },
  { number: 29, title: 'SecureBoot is on or off', run: secureBootValue },
  { number: 30, title: 'keys are present', run: keysPresent },
  { number: 31, title: 'no debug mode', run: actions },
]
