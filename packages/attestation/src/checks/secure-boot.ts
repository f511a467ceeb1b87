import { ACTION, EV } from '@trusted-launch/eventlog'
import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import {
  configuration,
  databasesOf,
  isCalled,
  type MeasuredVariable,
  nameOf,
  SECURE_BOOT_VARIABLES,
  secureBootPcr,
  secureBootSaid,
  variablesOf,
} from '../measured-variables.ts'
import type { VerifiedEvent, VerifiedEventLog } from '../verify-event-log.ts'
import { isSeparator } from './separators.ts'

/** What may follow, in this order; firmware writes the last two either way round. */
const optional = [['dbt'], ['dbr'], ['AuditMode', 'DeployedMode']] as const

/** SecureBoot, PK, KEK, db, dbx come first, in this order and under their GUIDs. */
function variablesInOrder(log: VerifiedEventLog): Occurrence[] {
  const found = variablesOf(log, EV.EFI_VARIABLE_DRIVER_CONFIG)
  return SECURE_BOOT_VARIABLES.flatMap((name, i) => {
    const at = found[i]
    if (at !== undefined && isCalled(at.variable, name)) return []
    return [faultOfVariables(`Variable ${i + 1} in PCR 7 is not ${name}.`, at)]
  })
}

/** Then the optional ones: none that is not known, each once, in their order. */
function optionalInOrder(log: VerifiedEventLog): Occurrence[] {
  const found = variablesOf(log, EV.EFI_VARIABLE_DRIVER_CONFIG)
  const later = found.slice(SECURE_BOOT_VARIABLES.length)
  const seen = new Set<string>()
  let reached = 0
  return later.flatMap((each) => {
    const { name, guid } = nameOf(each.variable)
    const place = optional.findIndex((names) => names.some((one) => isCalled(each.variable, one)))
    const fits = place >= reached && !seen.has(`${guid} ${name}`)
    seen.add(`${guid} ${name}`)
    reached = Math.max(reached, place)
    return fits ? [] : [faultOfVariables('PCR 7 has a variable more than it may.', each)]
  })
}

const variableTypes: readonly number[] = [EV.EFI_VARIABLE_DRIVER_CONFIG, EV.EFI_VARIABLE_AUTHORITY]

function toldAsVariables(log: VerifiedEventLog): VerifiedEvent[] {
  return log
    .eventsOf(secureBootPcr)
    .filter(
      ({ eventType, explanation }) => variableTypes.includes(eventType) && explanation.verified,
    )
}

/** What is told as a variable reads as one: what does not would be looked at by no other check. */
function variablesRead(log: VerifiedEventLog): Occurrence[] {
  return toldAsVariables(log)
    .filter(({ explanation }) => explanation.kind !== 'variable')
    .map(({ index }) => ({
      id: 'secure-boot.variables',
      summary: `Event ${index} of PCR 7 is told as a variable, and does not read as one.`,
      pcr: secureBootPcr,
      events: [index],
    }))
}

function variablesBeforeSeparator(log: VerifiedEventLog): Occurrence[] {
  const end = log.eventsOf(secureBootPcr).find(isSeparator)
  return variablesOf(log, EV.EFI_VARIABLE_DRIVER_CONFIG)
    .filter(({ event }) => end !== undefined && event.index > end.index)
    .map((each) =>
      faultOfVariables('A Secure Boot variable was measured after the separator.', each),
    )
}

function faultOfVariables(summary: string, at: MeasuredVariable | undefined): Occurrence {
  const events = at === undefined ? [] : [at.event.index]
  return { id: 'secure-boot.variables', summary, pcr: secureBootPcr, events }
}

function secureBootValue(log: VerifiedEventLog): Occurrence[] {
  const given = configuration(log, 'SecureBoot')
  if (given === null || secureBootSaid(log) !== null) return []
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

/** Nothing but the platform's own notes in PCR 7: the debug mode is refused by name. */
function actions(log: VerifiedEventLog): Occurrence[] {
  return actionsIn(log).map(({ index, explanation: { data } }) => {
    const text = data.kind === 'action' ? data.text : ''
    const note = notes[text] ?? {
      id: 'secure-boot.action' as const,
      summary: 'The firmware notes an action in PCR 7.',
    }
    return { ...note, pcr: secureBootPcr, events: [index], actual: text.slice(0, 128) }
  })
}

function actionsIn(log: VerifiedEventLog): VerifiedEvent[] {
  return log.eventsOf(secureBootPcr).filter(({ eventType }) => eventType === EV.EFI_ACTION)
}

const notes: Readonly<Record<string, Pick<Occurrence, 'id' | 'summary'>>> = {
  [ACTION.debugMode]: {
    id: 'secure-boot.debug-mode',
    summary: 'The firmware is in debug mode.',
  },
  [ACTION.dmaProtectionDisabled]: {
    id: 'secure-boot.dma-protection',
    summary: 'The firmware does not keep devices from writing to its memory (DMA).',
  },
}

/** Modes in which Secure Boot enforces less than it seems, or may be changed by who runs. UEFI 2.10, 32.3. */
function modes(log: VerifiedEventLog): Occurrence[] {
  const found = variablesOf(log, EV.EFI_VARIABLE_DRIVER_CONFIG)
  return found.flatMap(({ event, variable }): Occurrence[] => {
    const [value] = variable.variableData
    const at = { pcr: secureBootPcr, events: [event.index] }
    if (isCalled(variable, 'AuditMode') && value !== 0)
      return [{ id: 'secure-boot.audit-mode', summary: 'The firmware is in audit mode.', ...at }]
    if (isCalled(variable, 'DeployedMode') && value !== 1)
      return [{ id: 'secure-boot.not-deployed', summary: 'The firmware is not deployed.', ...at }]
    return []
  })
}

function setupMode(log: VerifiedEventLog): Occurrence[] {
  return databasesOf(log)
    .filter(({ name, database }) => name === 'PK' && database.entries?.length === 0)
    .map(({ event }) => ({
      id: 'secure-boot.setup-mode',
      summary: 'There is no platform key: whoever runs may set one (setup mode).',
      pcr: secureBootPcr,
      events: [event.index],
    }))
}

type VariableName = Parameters<typeof isCalled>[1]

/** The events of the measured variables: all, or those that are called so. */
function variableEvents(...names: VariableName[]): (log: VerifiedEventLog) => VerifiedEvent[] {
  return (log) =>
    variablesOf(log, EV.EFI_VARIABLE_DRIVER_CONFIG)
      .filter(
        ({ variable }) => names.length === 0 || names.some((name) => isCalled(variable, name)),
      )
      .map(({ event }) => event)
}

const first = SECURE_BOOT_VARIABLES.length
const allVariables = variableEvents()

export const secureBootChecks: readonly Check[] = [
  {
    ...{ number: 28, title: 'Secure Boot variables in order', run: variablesInOrder },
    about: (log) => allVariables(log).slice(0, first),
  },
  {
    ...{ number: 28, title: 'no variable more', run: optionalInOrder },
    about: (log) => allVariables(log).slice(first),
  },
  { number: 28, title: 'variables are read', run: variablesRead, about: toldAsVariables },
  {
    ...{ number: 28, title: 'variables before the separator', run: variablesBeforeSeparator },
    about: allVariables,
  },
  {
    ...{ number: 29, title: 'SecureBoot is on or off', run: secureBootValue },
    about: variableEvents('SecureBoot'),
  },
  { number: 31, title: 'no debug mode', run: actions, about: actionsIn },
  {
    ...{ number: 31, title: 'modes are told', run: modes },
    about: variableEvents('AuditMode', 'DeployedMode'),
  },
  {
    ...{ number: 31, title: 'the setup mode is told', run: setupMode },
    about: variableEvents('PK'),
  },
]
