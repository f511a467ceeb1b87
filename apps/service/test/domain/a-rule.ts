import { noteRuleEnded } from '../../src/domain/shown-again.ts'
import type { Resource, Store } from '../../src/domain/store.ts'
import { SUPPRESSION_RULE } from '../../src/domain/suppressing.ts'
import { vm as sample } from '../store/samples.ts'

/** A rule of a VM's subscription that hides all but for its changes, in place of the one before; null: it is gone. */
export async function putRule(store: Store, vm: Resource, changes: object | null): Promise<void> {
  const { subscriptionId } = vm
  const parentId = `/subscriptions/${subscriptionId}`
  const id = `${parentId}/providers/${SUPPRESSION_RULE}/known`
  await store.transaction(async (tables) => {
    await tables.resources.delete(id)
    await noteRuleEnded(tables, subscriptionId, 6)
    if (changes === null) return
    const rule = {
      ...{ name: 'known', alertType: '*', state: 'Enabled', expires: null, reason: 'r' },
      ...{ comment: null, allOf: [], ...changes },
    }
    const row = { ...sample('web'), id, type: SUPPRESSION_RULE, name: 'known', parentId }
    await tables.resources.insert({ ...row, resourceGroup: null, state: { rule } }, 5)
  })
}
