import { ArmError, faults } from '@trusted-launch/api'
import type { Caller } from '../domain/caller.ts'
import type { Operation } from '../domain/store.ts'
import type { ArmReply } from './route.ts'

/** Seconds until a client should ask again. Without it Azure's Python clients wait 30. */
const RETRY_AFTER_SECONDS = '1'

/**
 * The headers of an answer that a long action follows. `Location` only where it has a result of its own: of
 * others, clients would read it as the resource.
 */
export function operationHeaders(
  base: string,
  operation: Operation,
  apiVersion: string,
  hasResult = false,
): Record<string, string> {
  const { subscriptionId, location, id } = operation
  const path = `/subscriptions/${subscriptionId}/providers/Microsoft.Compute/locations/${location}/operations/${id}`
  const url = `${base}${encodeURI(path)}?api-version=${apiVersion}`
  return {
    'Azure-AsyncOperation': url,
    ...(hasResult && { Location: `${url}&monitor=true` }),
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
    ...(result !== null && !isPrivate(operation) && { properties: { output: result } }),
    ...(error !== null && { error }),
  }
}

/** What a command wrote, a token, a disk's address, or what VMs would be found to be, is not for everybody who sees the operation. */
function isPrivate({ kind }: Pick<Operation, 'kind'>): boolean {
  return ['vm.runCommand', 'vm.token', 'disk.grant', 'whatIf'].includes(kind)
}

/** What an action with a result of its own came to: the result, nothing yet, or why there is none. */
export function resultReply(operation: Operation, caller: Caller): ArmReply {
  const { endedAt, error, result, principal } = operation
  if (isPrivate(operation) && principal !== caller.objectId)
    throw new ArmError(faults.operationNotAllowed('What came of it is told to who asked for it.'))
  if (endedAt === null) return { status: 202, headers: { 'Retry-After': RETRY_AFTER_SECONDS } }
  if (error !== null) {
    const { details: _, ...told } = error
    throw new ArmError({ status: 409, ...told })
  }
  return { status: 200, body: result ?? {} }
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
