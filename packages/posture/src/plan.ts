import {
  array,
  boolean,
  CLAIM_NAMES,
  different,
  integer,
  nameOf,
  object,
  oneOf,
  parseWritten,
  record,
  type Severity,
  type Shape,
  string,
} from '@trusted-launch/attestation'
import { MalformedError, within } from '@trusted-launch/codec'
import { ALERT_KINDS, type AlertKind } from './alert-kinds.ts'

/** What is done about a failure beside telling of it: nothing; take its network away; stop it. */
export type Response = 'tell' | 'isolate' | 'stop'

/** What a failure means: how bad it is, and what is done. */
export interface FailureMeaning {
  readonly severity: Exclude<Severity, 'info'>
  readonly response: Response
}

/** What becomes of reference values without a person. What is not said is not done. */
export interface ReferencePlan {
  /** What another variant supersedes counts no more after so many good boots of that. 1 to 1,000. */
  readonly retireAfterBoots?: number
  /** Or so many days after that was approved. 1 to 3,650. */
  readonly retireAfterDays?: number
  /** `signed-images`: a changed image that the firmware, or shim, verified is approved by itself. */
  readonly approve?: 'signed-images'
  /** A person may approve what a first boot showed that was not as foretold, or of which nothing was. */
  readonly trustOnFirstUse?: boolean
}

/** What a relying party is told beside what everybody is. */
export interface AudiencePlan {
  /** Names of claims whose values show the guest's inside: command lines, paths, lists. */
  readonly claims: readonly string[]
}

/**
 * How the VMs of a subscription, group, set, or one VM, are watched. What a plan does not set is what the level above it
 * says. docs/monitoring-plans.md
 */
export interface MonitoringPlan {
  readonly version: 1
  readonly name: string
  /** The id of the appraisal policy. */
  readonly policy?: string
  /** From one attestation to the next at most, beside those at each boot. 60 to 604,800. */
  readonly intervalSeconds?: number
  /** How long an answer may be awaited before the VM is silent. 60 to 86,400. */
  readonly silenceSeconds?: number
  /** By alert type, or `type/cause`, which weighs more. */
  readonly failures?: Readonly<Record<string, FailureMeaning>>
  /** Taken as a whole from the nearest level that has it. */
  readonly references?: ReferencePlan
  /** By the audience of a token; taken as a whole from the nearest level that has it. */
  readonly audiences?: Readonly<Record<string, AudiencePlan>>
}

const planBytesMax = 64 * 1024

/** What `failures` may name. */
export const FAILURE_NAMES: readonly string[] = Object.entries(
  ALERT_KINDS as Readonly<Record<string, AlertKind>>,
).flatMap(([type, { causes }]) => [type, ...Object.keys(causes).map((cause) => `${type}/${cause}`)])

const meaning: Shape<FailureMeaning> = object({
  severity: oneOf('low', 'medium', 'high'),
  response: oneOf('tell', 'isolate', 'stop'),
})

const references: Shape<ReferencePlan> = object(
  {},
  {
    retireAfterBoots: integer({ min: 1, max: 1000 }),
    retireAfterDays: integer({ min: 1, max: 3650 }),
    approve: oneOf('signed-images'),
    trustOnFirstUse: boolean,
  },
)

const audience: Shape<AudiencePlan> = object({
  claims: different(array(nameOf('claim', CLAIM_NAMES), { max: CLAIM_NAMES.length })),
})

const shape: Shape<MonitoringPlan> = object(
  { version: oneOf(1), name: string({ max: 128, pattern: /^[a-z0-9][a-z0-9.-]*$/ }) },
  {
    policy: string({ max: 128, pattern: /^[a-z0-9][a-z0-9.-]*$/ }),
    intervalSeconds: integer({ min: 60, max: 604_800 }),
    silenceSeconds: integer({ min: 60, max: 86_400 }),
    failures: record(nameOf('failure', FAILURE_NAMES), meaning, { max: FAILURE_NAMES.length }),
    references,
    audiences: record(/^[!-~]{1,256}$/, audience, { max: 64 }),
  },
)

/**
 * Reads a plan out of JSON in UTF-8, at most 64 KiB. A name that is not known, a value outside its limits, or a plan
 * that sets nothing is an error: never a default.
 * @throws {MalformedError} with the path of what is wrong.
 */
export function parsePlan(bytes: Uint8Array): MonitoringPlan {
  return within('MonitoringPlan', () => parseWritten(bytes, notEmpty, { max: planBytesMax }))
}

/** The same out of a value already parsed. @throws {MalformedError} */
export function checkPlan(value: unknown): MonitoringPlan {
  return within('MonitoringPlan', () => notEmpty(value))
}

function notEmpty(value: unknown): MonitoringPlan {
  const plan = shape(value)
  const { version: _, name: __, ...set } = plan
  if (Object.keys(set).length === 0) throw new MalformedError('', 0, 'it sets nothing')
  return plan
}
