import { randomUUID } from 'node:crypto'
import type { Work } from '../domain/resource-type.ts'
import type { Operation, Resource, Tables } from '../domain/store.ts'
import type { Ground } from './ground.ts'
import type { ArmRequest } from './route.ts'

/** Enqueues what follows a change. */
export async function begin(
  ground: Ground,
  tables: Tables,
  request: ArmRequest,
  resource: Resource,
  work: Work | null,
): Promise<Operation | null> {
  if (work === null) return null
  const { id: resourceId, subscriptionId } = resource
  const { caller, correlationId } = request
  const { location } = ground
  const id = randomUUID()
  return tables.operations.enqueue(
    {
      id,
      ...work,
      resourceId,
      subscriptionId,
      location,
      principal: caller.objectId,
      correlationId,
    },
    ground.now(),
  )
}
