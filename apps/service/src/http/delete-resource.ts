import { parseResourceId } from '@trusted-launch/api'
import { requireGroup } from '../domain/groups.ts'
import { requireUnlocked } from '../domain/locks.ts'
import { removeWhole } from '../domain/remove-whole.ts'
import type { ArmType } from './arm-type.ts'
import { begin } from './begin.ts'
import { change } from './change.ts'
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
  const { status, operation } = await change(ground, request, async (tables) => {
    const { subscriptionId, resourceGroup } = parseResourceId(id)!
    if (resourceGroup !== null) await requireGroup(tables, subscriptionId!, resourceGroup)
    const existing = await tables.resources.get(id)
    if (existing === null) return { status: 204, operation: null }
    await requireUnlocked(tables, id, 'delete')
    const work =
      (await arm.planDelete?.(existing, momentOf(ground, tables, request), request.query)) ?? null
    if (work === null) {
      await removeWhole(tables, id)
      return { status: 200, operation: null }
    }
    await tables.resources.update(id, { provisioningState: 'Deleting' }, ground.now())
    return { status: 202, operation: await begin(ground, tables, request, existing, work) }
  })
  if (operation === null) return { status }
  ground.wake()
  return { status, headers: operationHeaders(request.base, operation, request.apiVersion) }
}
