import { enqueue } from '../domain/enqueue.ts'
import type { Work } from '../domain/resource-type.ts'
import type { Operation, Resource, Tables } from '../domain/store.ts'
import { type Ground, momentOf } from './ground.ts'
import type { ArmRequest } from './route.ts'

/** Enqueues what follows a change. */
export async function begin(
  ground: Ground,
  tables: Tables,
  request: ArmRequest,
  resource: Resource,
  work: Work | null,
): Promise<Operation | null> {
  return work === null ? null : enqueue(momentOf(ground, tables, request), resource, work)
}
