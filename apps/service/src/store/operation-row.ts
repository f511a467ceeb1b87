import { keyOf } from '@trusted-launch/api'
import type { Operation, OperationStatus, Operations } from '../domain/store.ts'
import { fromJson, toJson } from './json.ts'
import type { Database, OperationRow } from './schema.ts'

export function operationOf(row: Omit<OperationRow, 'sequence'>): Operation {
  return {
    id: row.id,
    kind: row.kind,
    resourceId: row.resource_id,
    subscriptionId: row.subscription_id,
    location: row.location,
    host: row.host,
    input: fromJson(row.input),
    status: row.status as OperationStatus,
    percent: row.percent,
    step: row.step,
    progress: fromJson(row.progress),
    result: row.result === null ? null : fromJson(row.result),
    error: row.error === null ? null : fromJson<NonNullable<Operation['error']>>(row.error),
    cancelRequested: row.cancel_requested !== 0,
    principal: row.principal,
    correlationId: row.correlation_id,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  }
}

/** A new operation: nobody's yet. */
export function newRowOf(
  operation: Parameters<Operations['enqueue']>[0],
  at: number,
): Omit<OperationRow, 'sequence'> {
  return {
    id: keyOf(operation.id),
    kind: operation.kind,
    resource_id: operation.resourceId,
    resource_key: keyOf(operation.resourceId),
    above: aboveOf(keyOf(operation.resourceId)),
    subscription_id: operation.subscriptionId,
    subscription_key: keyOf(operation.subscriptionId),
    location: operation.location,
    host: operation.host,
    input: toJson(operation.input),
    status: 'Accepted',
    percent: 0,
    step: null,
    progress: '{}',
    result: null,
    error: null,
    cancel_requested: 0,
    principal: operation.principal,
    correlation_id: operation.correlationId,
    created_at: at,
    started_at: null,
    ended_at: null,
    owner: null,
    epoch: 0,
    lease_until: 0,
  }
}

/** The keys of all that may be of what a resource lies in, as JSON. */
function aboveOf(resourceKey: string): string {
  const ends = [...resourceKey.matchAll(/\//g)].map(({ index }) => index).filter((end) => end > 0)
  return toJson(ends.map((end) => resourceKey.slice(0, end)))
}

/** Of those that were enqueued before it was kept. */
export async function fillAbove(database: Database): Promise<void> {
  const open = await database
    .selectFrom('operations')
    .select(['sequence', 'resource_key'])
    .where('ended_at', 'is', null)
    .execute()
  for (const { sequence, resource_key } of open)
    await database
      .updateTable('operations')
      .set({ above: aboveOf(resource_key) })
      .where('sequence', '=', sequence)
      .execute()
}
