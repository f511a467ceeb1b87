import { EV, type EventData } from '@trusted-launch/eventlog'
import {
  sameVariable,
  type UEFI_VARIABLE_DATA,
  VARIABLES,
  type VariableName,
} from '@trusted-launch/uefi'
import { databaseFrom, type KnownDatabase } from './known-database.ts'
import { perLog, type VerifiedEvent, type VerifiedEventLog } from './verify-event-log.ts'

/** The register of Secure Boot's variables and authorities. */
export const secureBootPcr = 7
/** What the firmware measures of Secure Boot, in this order. PC Client PFP, "PCR[7]". */
export const SECURE_BOOT_VARIABLES = ['SecureBoot', 'PK', 'KEK', 'db', 'dbx'] as const

/** A variable that PCR 7 vouches for: GUID, name and value. */
export interface MeasuredVariable {
  readonly event: VerifiedEvent
  /** As far as the digest vouches for its value. */
  readonly variable: UEFI_VARIABLE_DATA
  /** False: only its value was measured (TPM 1.2). What it is called is then a hint: no claim may rest on it. */
  readonly nameVouchedFor: boolean
}

const variablesByType = perLog((log) => {
  const found = log.eventsOf(secureBootPcr).flatMap((event): MeasuredVariable[] => {
    const data = event.explanation.verified ? event.explanation.data : null
    return data?.kind === 'variable' ? [{ event, ...vouchedFor(event, data) }] : []
  })
  return Map.groupBy(found, ({ event }) => event.eventType)
})

/** The variables of this type whose values PCR 7 vouches for, in order. */
export function variablesOf(log: VerifiedEventLog, eventType: number): readonly MeasuredVariable[] {
  return variablesByType(log).get(eventType) ?? []
}

/** A value logged with more than was measured is what was measured. */
function vouchedFor(
  { data, explanation: { covers } }: VerifiedEvent,
  { variable, extra }: EventData & { kind: 'variable' },
): Omit<MeasuredVariable, 'event'> {
  const unmeasured = Math.max(0, data.length - extra - covers!.end)
  const { variableData } = variable
  return {
    variable: {
      ...variable,
      variableData: variableData.subarray(0, variableData.length - unmeasured),
    },
    nameVouchedFor: covers!.start === 0,
  }
}

const configurations = perLog((log) => {
  const measured = variablesOf(log, EV.EFI_VARIABLE_DRIVER_CONFIG)
  const named = SECURE_BOOT_VARIABLES.map((name) => {
    const found = measured.filter(({ variable }) => isCalled(variable, name))
    return [name, found.length === 1 ? found[0]! : null] as const
  })
  return new Map(named)
})

/** The one variable of this name and GUID; null when it is not there, or there twice. */
export function configuration(
  log: VerifiedEventLog,
  name: (typeof SECURE_BOOT_VARIABLES)[number],
): MeasuredVariable | null {
  return configurations(log).get(name) ?? null
}

const DATABASES = ['PK', 'KEK', 'db', 'dbx', 'dbt', 'dbr'] as const

/** A measured variable that holds signature lists. */
export interface MeasuredDatabase extends MeasuredVariable {
  readonly name: (typeof DATABASES)[number]
  readonly database: KnownDatabase
}

/** Who may boot and who may not, as PCR 7 vouches for it, in order. */
export const databasesOf = perLog((log) =>
  variablesOf(log, EV.EFI_VARIABLE_DRIVER_CONFIG).flatMap((measured): MeasuredDatabase[] => {
    const name = DATABASES.find((each) => isCalled(measured.variable, each))
    if (name === undefined) return []
    return [{ ...measured, name, database: databaseFrom(measured.variable.variableData) }]
  }),
)

/** The one database of this name; null when it is not there, or there twice. */
export function databaseNamed(
  log: VerifiedEventLog,
  name: MeasuredDatabase['name'],
): MeasuredDatabase | null {
  const found = databasesOf(log).filter((each) => each.name === name)
  return found.length === 1 ? found[0]! : null
}

/** Whether Secure Boot was on; null: the log does not say it in the one way it may be said, or nobody vouches for it. */
export function secureBootOf(log: VerifiedEventLog): boolean | null {
  return configuration(log, 'SecureBoot')?.nameVouchedFor === true ? secureBootSaid(log) : null
}

/** What the log says of Secure Boot, be its name vouched for or not: what follows must fit it. */
export function secureBootSaid(log: VerifiedEventLog): boolean | null {
  const data = configuration(log, 'SecureBoot')?.variable.variableData
  if (data === undefined || data.length > 1) return null
  if (data.length === 0) return false
  return data[0] === 0 || data[0] === 1 ? data[0] === 1 : null
}

/** What a measured variable is called. */
export function nameOf({ unicodeName, variableName }: UEFI_VARIABLE_DATA): VariableName {
  return { name: unicodeName, guid: variableName }
}

/** Whether it is called so, in name and GUID. */
export function isCalled(variable: UEFI_VARIABLE_DATA, name: keyof typeof VARIABLES): boolean {
  return sameVariable(nameOf(variable), VARIABLES[name])
}
