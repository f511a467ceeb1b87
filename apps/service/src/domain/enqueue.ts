import { randomUUID } from 'node:crypto'
import { ArmError } from '@trusted-launch/api'
import type { Moment, Work } from './resource-type.ts'
import type { Operation, Resource } from './store.ts'

/** What an operation takes of the moment it is asked for in. */
export type Asked = Pick<Moment, 'tables' | 'at' | 'location' | 'correlationId' | 'caller'>

type On = Pick<Resource, 'id' | 'subscriptionId'>

/** So many operations of one resource wait at most; and as many again of what must not wait for somebody to make room. */
const WAITING_MAX = 16
const URGENT: readonly string[] = ['vm.isolate', 'vm.powerOff', 'vm.deallocate']

/**
 * Work on a resource, as an operation of who asked for it. Part of a transaction.
 * @throws {ArmError} `AnotherOperationInProgress`: too many of it wait already.
 */
export async function enqueue(asked: Asked, resource: On, work: Work): Promise<Operation> {
  const isUrgent = URGENT.includes(work.kind) || work.kind.endsWith('.delete')
  const limit = isUrgent ? 2 * WAITING_MAX : WAITING_MAX
  const query = { resourceId: resource.id, unfinished: true, limit }
  const open = await asked.tables.operations.list(query)
  if (open.length === limit)
    throw new ArmError({
      status: 409,
      code: 'AnotherOperationInProgress',
      message: `Another operation on this or dependent resource is in progress: ${limit} operations of ${resource.id} are not over. Try again once they are.`,
    })
  return enqueueAnyway(asked, resource, work)
}

/** The same, however many wait: of who has the whole installation, whom no queue of somebody's VM is to stop. */
export function enqueueAnyway(
  { tables, at, location, correlationId, caller }: Asked,
  { id: resourceId, subscriptionId }: On,
  work: Work,
): Promise<Operation> {
  const principal = caller.objectId
  const id = randomUUID()
  return tables.operations.enqueue(
    { id, ...work, resourceId, subscriptionId, location, principal, correlationId },
    at,
  )
}
