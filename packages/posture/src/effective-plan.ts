import { type Alert, isOpen } from './alert.ts'
import type { AlertDelta } from './detect.ts'
import type { FailureMeaning, MonitoringPlan, ReferencePlan, Response } from './plan.ts'
import { type SuppressionRule, suppressing } from './suppression.ts'

/** What holds for a VM, and the name of the plan that says so; null: nobody does, it is the default. */
export interface EffectivePlan {
  readonly policy: Inherited<string>
  readonly intervalSeconds: Inherited<number>
  readonly silenceSeconds: Inherited<number>
  readonly references: Inherited<ReferencePlan>
  readonly audiences: Inherited<NonNullable<MonitoringPlan['audiences']>>
  /** The levels' own, the nearest first, each with the name of its plan. */
  readonly failures: readonly {
    readonly from: string
    readonly meanings: NonNullable<MonitoringPlan['failures']>
  }[]
}

export interface Inherited<T> {
  readonly value: T
  readonly from: string | null
}

/** What holds where no plan says anything: attested every hour, silent after ten minutes. */
export const PLAN_DEFAULTS = {
  policy: 'trusted-launch',
  intervalSeconds: 3600,
  silenceSeconds: 600,
  references: {},
  audiences: {},
} as const

/**
 * The plan of one VM out of those above it: each setting by itself from the nearest level that has it.
 * @param levels null: a level has none.
 */
export function effectivePlan(levels: {
  readonly subscription: MonitoringPlan | null
  readonly group: MonitoringPlan | null
  readonly set: MonitoringPlan | null
  readonly vm: MonitoringPlan | null
}): EffectivePlan {
  const { subscription, group, set, vm } = levels
  const nearest = [vm, set, group, subscription].filter((plan) => plan !== null)
  const of = <K extends keyof typeof PLAN_DEFAULTS>(name: K) => {
    const plan = nearest.find((one) => one[name] !== undefined)
    return { value: plan?.[name] ?? PLAN_DEFAULTS[name], from: plan?.name ?? null }
  }
  return {
    policy: of('policy') as Inherited<string>,
    intervalSeconds: of('intervalSeconds') as Inherited<number>,
    silenceSeconds: of('silenceSeconds') as Inherited<number>,
    references: of('references') as Inherited<ReferencePlan>,
    audiences: of('audiences') as EffectivePlan['audiences'],
    failures: nearest.flatMap(({ name: from, failures: meanings }) =>
      meanings === undefined ? [] : [{ from, meanings }],
    ),
  }
}

/** What an alert means by a plan: of the nearest level that names its cause or its type; else as it is, and it is told. */
export function meaningByPlan(plan: EffectivePlan, alert: Alert): Inherited<FailureMeaning> {
  const names = [`${alert.type}/${alert.cause}`, alert.type]
  for (const { from, meanings } of plan.failures)
    for (const name of names)
      if (Object.hasOwn(meanings, name)) return { value: meanings[name]!, from }
  return { value: { severity: alert.severity, response: 'tell' }, from: null }
}

/**
 * What is to be done about what became of an alert, and the name of the plan that says so: once, when it is raised or
 * comes back; nothing about one that a rule hides, since whoever wrote the rule said that it is none.
 */
export function responseTo(
  { what, alert }: AlertDelta,
  plan: EffectivePlan,
  rules: readonly SuppressionRule[],
  now: number,
): Inherited<Response> {
  const isNew = what === 'raised' || what === 'again'
  if (!isNew || !isOpen(alert) || suppressing(alert, rules, now) !== null)
    return { value: 'tell', from: null }
  const { value, from } = meaningByPlan(plan, alert)
  return { value: value.response, from }
}
