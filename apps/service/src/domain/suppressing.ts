import type { SuppressionRule } from '@trusted-launch/posture'
import { everyOf } from './every-of.ts'
import type { Resource, Tables } from './store.ts'
import { at } from './vm/vm.ts'

/** Suppression rules are kept as resources of their subscription. */
export const SUPPRESSION_RULE = 'Microsoft.Security/alertsSuppressionRules'

/** The rules of a subscription. */
export async function rulesOf(
  tables: Pick<Tables, 'resources'>,
  subscriptionId: string,
): Promise<SuppressionRule[]> {
  const rules: SuppressionRule[] = []
  const parentId = `/subscriptions/${subscriptionId}`
  for await (const row of everyOf(tables, { type: SUPPRESSION_RULE, parentId }))
    rules.push(ruleOf(row))
  return rules
}

/** The rule in its row. */
export function ruleOf({ state }: Pick<Resource, 'state'>): SuppressionRule {
  return at(state, 'rule') as unknown as SuppressionRule
}
