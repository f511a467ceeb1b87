import { randomUUID } from 'node:crypto'
import type { Moment, Work } from './resource-type.ts'
import type { Operation, Resource } from './store.ts'

/** What an operation takes of the moment it is asked for in. */
export type Asked = Pick<Moment, 'tables' | 'at' | 'location' | 'correlationId' | 'caller'>

/** Work on a resource, as an operation of who asked for it. Part of a transaction. */
export function enqueue(
  { tables, at, location, correlationId, caller }: Asked,
  { id: resourceId, subscriptionId }: Pick<Resource, 'id' | 'subscriptionId'>,
  work: Work,
): Promise<Operation> {
  const principal = caller.objectId
  const id = randomUUID()
  return tables.operations.enqueue(
    { id, ...work, resourceId, subscriptionId, location, principal, correlationId },
    at,
  )
}
