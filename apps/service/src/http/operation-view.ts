import type { Operation } from '../domain/store.ts'

/** Seconds until a client should ask again. Without it Azure's Python clients wait 30. */
const RETRY_AFTER_SECONDS = '1'

/** The headers of an answer that a long action follows. Never `Location`: clients would read it as the resource. */
export function operationHeaders(
  base: string,
  operation: Operation,
  apiVersion: string,
): Record<string, string> {
  const { subscriptionId, location, id } = operation
  const path = `/subscriptions/${subscriptionId}/providers/Microsoft.Compute/locations/${location}/operations/${id}`
  return {
    'Azure-AsyncOperation': `${base}${encodeURI(path)}?api-version=${apiVersion}`,
    'Retry-After': RETRY_AFTER_SECONDS,
  }
}

/** What a poll answers. @see Azure Resource Manager, asynchronous operations */
export function operationView(operation: Operation): object {
  const { id, status, percent, step, error, result, createdAt, endedAt } = operation
  const isOver = endedAt !== null
  return {
    name: id,
    status: isOver ? status : 'InProgress',
    startTime: new Date(createdAt).toISOString(),
    ...(isOver && { endTime: new Date(endedAt).toISOString() }),
    percentComplete: percent,
    ...(step !== null && !isOver && { properties: { step } }),
    ...(result !== null && { properties: { output: result } }),
    ...(error !== null && { error }),
  }
}

export function operationReply(operation: Operation): {
  status: number
  headers: Record<string, string>
  body: object
} {
  const headers: Record<string, string> =
    operation.endedAt === null ? { 'Retry-After': RETRY_AFTER_SECONDS } : {}
  return { status: 200, headers, body: operationView(operation) }
}
