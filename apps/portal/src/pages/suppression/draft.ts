import type { Alert } from '../../queries/alerts.ts'
import type { Condition, RuleProperties, SuppressionRule } from '../../queries/suppression.ts'
import { nameIn } from '../../resource-names.ts'

/** A condition as it is typed. */
export interface DraftCondition {
  readonly field: string
  readonly operator: 'in' | 'contains'
  /** `contains` has the first alone. Empty ones are none. */
  readonly values: readonly string[]
}

/** A rule as it is typed. */
export interface Draft {
  readonly name: string
  readonly alertType: string
  readonly conditions: readonly DraftCondition[]
  readonly reason: string
  readonly comment: string
  /** A day, `2026-11-28`, at whose end it ends; empty: none. */
  readonly until: string
  readonly state: 'Enabled' | 'Disabled'
}

const NAME_MAX = 128

export const EMPTY: Draft = {
  ...{ name: '', alertType: '', conditions: [], reason: '', comment: '', until: '' },
  state: 'Enabled',
}

/** One that hides this alert of this machine, and no other cause. */
export function draftFrom({ properties }: Alert): Draft {
  const { alertType, entities, extendedProperties } = properties
  const vm = entities[0]!.resourceId
  const cause = extendedProperties.cause ?? ''
  const name = `${nameIn(vm)} ${cause}`.replaceAll(/[^\w .()-]/g, '-').slice(0, NAME_MAX)
  const conditions: DraftCondition[] = [
    { field: 'entities.vm.id', operator: 'in', values: [vm] },
    { field: 'entities.cause', operator: 'in', values: [cause] },
  ]
  return {
    ...EMPTY,
    name,
    alertType,
    conditions: conditions.filter(({ values }) => values[0] !== ''),
  }
}

export function propertiesOf(draft: Draft): RuleProperties {
  const { alertType, reason, comment, until, state } = draft
  const allOf = draft.conditions.map(conditionOf)
  return {
    ...{ alertType, reason, state },
    ...(comment !== '' && { comment }),
    ...(until !== '' && { expirationDateUtc: endOfDay(until) }),
    ...(allOf.length > 0 && { suppressionAlertsScope: { allOf } }),
  }
}

function conditionOf({ field, operator, values }: DraftCondition): Condition {
  if (operator === 'contains') return { field, contains: values[0] ?? '' }
  return { field, in: values.filter((one) => one !== '') }
}

/** The last moment of a local day. */
export function endOfDay(day: string): string {
  return new Date(`${day}T23:59:59`).toISOString()
}

/** A rule as it is kept, switched on or off. */
export function switched({ properties }: SuppressionRule, state: Draft['state']): RuleProperties {
  const { lastModifiedUtc: _, ...rest } = properties
  return { ...rest, state }
}

export function conditionText(condition: Condition): string {
  const { field } = condition
  if ('contains' in condition) return `${field} ∋ ${condition.contains}`
  return `${field} ∈ {${condition.in.join(', ')}}`
}
