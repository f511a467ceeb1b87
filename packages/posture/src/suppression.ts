import {
  array,
  integer,
  nullable,
  object,
  oneOf,
  type Shape,
  string,
} from '@trusted-launch/attestation'
import { MalformedError, within } from '@trusted-launch/codec'
import type { Alert } from './alert.ts'

/** One condition: of a field, one of these values, or a value that contains this text. */
export type SuppressionCondition =
  | { readonly field: string; readonly in: readonly string[] }
  | { readonly field: string; readonly contains: string }

/** Which alerts nobody is to be told of, why, and until when. They stay open: what is hidden is not healthy. */
export interface SuppressionRule {
  readonly name: string
  /** An `alertType`, or `*` for any. */
  readonly alertType: string
  readonly state: 'Enabled' | 'Disabled'
  /** Milliseconds since 1970; null: until it is taken back. */
  readonly expires: number | null
  readonly reason: string
  readonly comment: string | null
  /** All of them must hold; none: every alert of the type. */
  readonly allOf: readonly SuppressionCondition[]
}

const text = string({ max: 256, pattern: /\S/ })
const fieldName = string({ max: 128, pattern: /^[A-Za-z][\w.-]*$/ })
const time = integer({ min: 0, max: 253_402_300_799_999 })

const oneOfThese = object({ field: fieldName, in: array(text, { max: 64 }) })
const containsThis = object({ field: fieldName, contains: text })
const condition: Shape<SuppressionCondition> = (value) =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, 'contains')
    ? containsThis(value)
    : oneOfThese(value)

const shape: Shape<SuppressionRule> = object({
  name: text,
  alertType: text,
  state: oneOf('Enabled', 'Disabled'),
  expires: nullable(time),
  reason: text,
  comment: nullable(string({ max: 1024 })),
  allOf: array(condition, { max: 16 }),
})

/**
 * A rule out of plain JSON. A condition that nothing could meet, or that is empty and everything would, is refused.
 * @throws {MalformedError} an unknown or missing name, a value of another form or above its limit.
 */
export function checkSuppressionRule(value: unknown): SuppressionRule {
  return within('SuppressionRule', () => {
    const rule = shape(value)
    for (const one of rule.allOf)
      if ('in' in one && one.in.length === 0)
        throw new MalformedError('allOf', 0, `${one.field} in none: nothing could meet it`)
    return rule
  })
}

/** How a rule stands now: one that ran out hides nothing, whatever it is set to. */
export function stateOfRule(
  { state, expires }: SuppressionRule,
  now: number,
): SuppressionRule['state'] | 'Expired' {
  return expires !== null && now >= expires ? 'Expired' : state
}

/** A field that a condition may ask for: what it is, and its values of one alert. */
export interface SuppressionField {
  readonly meaning: string
  readonly valuesOf: (alert: Alert) => readonly string[]
}

/** What a condition may ask for, by field; one that is not here fits no alert. */
export const SUPPRESSION_FIELDS: Readonly<Record<string, SuppressionField>> = {
  'entities.vm.id': { meaning: 'Azure’s id of the VM', valuesOf: ({ vm }) => [vm] },
  'entities.cause': { meaning: 'the alert’s cause', valuesOf: ({ cause }) => [cause] },
  'entities.component': {
    meaning: 'what its findings are about: `kernel`, `GRUB`',
    valuesOf: ({ findings, fields }) => [
      ...findings.map(({ component }) => component),
      ...valuesOf(fields, 'component'),
    ],
  },
  'entities.finding': {
    meaning: 'the ids of its findings',
    valuesOf: ({ findings }) => findings.map(({ id }) => id),
  },
  'entities.module.name': {
    meaning: 'a module, by the guest’s word for its file: any module may have it',
    valuesOf: ({ fields }) => valuesOf(fields, 'module'),
  },
  'entities.module.digest': {
    meaning: 'a module, as measured: `sha256:…`',
    valuesOf: ({ fields }) => valuesOf(fields, 'digest'),
  },
}

function valuesOf(fields: Alert['fields'], name: string): string[] {
  return fields.filter((field) => field.name === name).map(({ value }) => value)
}

/** The first rule that hides an alert now, or null. */
export function suppressing(
  alert: Alert,
  rules: readonly SuppressionRule[],
  now: number,
): SuppressionRule | null {
  return rules.find((rule) => stateOfRule(rule, now) === 'Enabled' && fits(rule, alert)) ?? null
}

/** Alerts as they are told: what no rule hides, and what is hidden by which. A rule that is tried out is given alone. */
export function suppress(
  alerts: readonly Alert[],
  rules: readonly SuppressionRule[],
  now: number,
): {
  readonly shown: readonly Alert[]
  readonly hidden: readonly { readonly alert: Alert; readonly rule: SuppressionRule }[]
} {
  const judged = alerts.map((alert) => ({ alert, rule: suppressing(alert, rules, now) }))
  return {
    shown: judged.filter(({ rule }) => rule === null).map(({ alert }) => alert),
    hidden: judged.flatMap(({ alert, rule }) => (rule === null ? [] : [{ alert, rule }])),
  }
}

/**
 * Whether a rule is about an alert. Each of a field's values must fit: a rule for one component does not hide an alert
 * that is about another one, too. A field that the alert has not fits nothing.
 */
function fits({ alertType, allOf }: SuppressionRule, alert: Alert): boolean {
  if (alertType !== '*' && lowered(alertType) !== lowered(alert.type)) return false
  return allOf.every((one) => {
    const name = lowered(one.field)
    const field = Object.hasOwn(SUPPRESSION_FIELDS, name) ? SUPPRESSION_FIELDS[name] : undefined
    const values = field?.valuesOf(alert).map(lowered) ?? []
    return values.length > 0 && values.every((value) => isMet(one, value))
  })
}

function isMet(condition: SuppressionCondition, value: string): boolean {
  if ('contains' in condition) return value.includes(lowered(condition.contains))
  return condition.in.map(lowered).includes(value)
}

function lowered(text: string): string {
  return text.toLowerCase()
}
