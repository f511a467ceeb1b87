import { UsageError } from '../exit-code.ts'

/** What is typed of a suppression rule. */
export interface NewRule {
  readonly reason?: string
  readonly type?: string
  readonly where?: readonly string[]
  readonly until?: string
  readonly comment?: string
  readonly disabled?: boolean
}

const CONDITION = /^([A-Za-z][\w.-]*)(=|~)(.+)$/s

/**
 * A rule as the service takes it: `FIELD=a,b` is one of these values, `FIELD~text` contains it.
 * @param alert the properties of one that it is to hide, and no other cause of; null: none was named.
 * @throws {UsageError} a condition or date that is none.
 */
export function ruleFrom(given: NewRule, alert: any): object {
  const { reason, type, where = [], until, comment, disabled } = given
  const expires = until === undefined ? undefined : Date.parse(until)
  if (Number.isNaN(expires))
    throw new UsageError(`--until ${until}: not a date, as 2027-01-31 or 2027-01-31T12:00Z is`)
  const allOf = [...conditionsOf(alert), ...where.map(conditionIn)]
  return {
    alertType: type ?? alert.alertType,
    state: disabled === true ? 'Disabled' : 'Enabled',
    reason,
    ...(comment !== undefined && { comment }),
    ...(expires !== undefined && { expirationDateUtc: new Date(expires).toISOString() }),
    ...(allOf.length > 0 && { suppressionAlertsScope: { allOf } }),
  }
}

function conditionsOf(alert: any): object[] {
  if (alert === null) return []
  return [
    { field: 'entities.vm.id', in: [alert.entities[0].resourceId] },
    { field: 'entities.cause', in: [alert.extendedProperties.cause] },
  ]
}

function conditionIn(text: string): object {
  const [, field, operator, value = ''] = CONDITION.exec(text) ?? []
  if (field === undefined)
    throw new UsageError(`--where ${text}: FIELD=VALUE or FIELD~TEXT, as entities.cause=drift is`)
  return operator === '~' ? { field, contains: value } : { field, in: value.split(',') }
}
