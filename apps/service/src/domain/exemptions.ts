import type { Exemption } from '@trusted-launch/posture'
import { everyOf } from './every-of.ts'
import type { Resource, Tables } from './store.ts'
import { at } from './vm/vm.ts'

/** That somebody answers for not following a recommendation: it extends a subscription, a group, a scale set or a VM. */
export const EXEMPTION = 'TrustedLaunch/exemptions'

/** The exemption in its row. */
export function exemptionIn({ state }: Resource): Exemption {
  return at(state, 'exemption') as unknown as Exemption
}

/** All of a subscription, at whatever scope. */
export async function exemptionsOf(tables: Tables, subscriptionId: string): Promise<Exemption[]> {
  const found: Exemption[] = []
  for await (const row of everyOf(tables, { type: EXEMPTION, subscriptionId }))
    found.push(exemptionIn(row))
  return found
}
