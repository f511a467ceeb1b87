import { parseResourceId } from '@trusted-launch/api'
import { requireGroup } from '../domain/groups.ts'
import { requireUnlocked } from '../domain/locks.ts'
import { removeWhole } from '../domain/remove-whole.ts'
import type { ArmType } from './arm-type.ts'
import { begin } from './begin.ts'
import { requireConditions } from './conditions.ts'
import { type Ground, momentOf } from './ground.ts'
import { operationHeaders } from './operation-view.ts'
import type { ArmReply, ArmRequest } from './route.ts'

/** DELETE: at once, or by an operation where something stands behind the resource. */
export async function deleteResource(
  arm: ArmType,
  ground: Ground,
  request: ArmRequest,
): Promise<ArmReply> {
  const { id } = request
  const operation = await ground.store.transaction(async (tables) => {
    const { subscriptionId, resourceGroup } = parseResourceId(id)!
    if (resourceGroup !== null) await requireGroup(tables, subscriptionId!, resourceGroup)
    const existing = await tables.resources.get(id)
    if (existing === null) return 'absent' as const
    requireConditions(request, existing)
    await requireUnlocked(tables, id, 'delete')
    const work =
      (await arm.planDelete?.(existing, momentOf(ground, tables, request), request.query)) ?? null
    if (work === null) {
      await removeWhole(tables, id)
      return null
    }
    await tables.resources.update(id, { provisioningState: 'Deleting' }, ground.now())
    return begin(ground, tables, request, existing, work)
  })
  if (operation === 'absent') return { status: 204 }
  if (operation === null) return { status: 200 }
  ground.wake()
  return { status: 202, headers: operationHeaders(request.base, operation, request.apiVersion) }
}
