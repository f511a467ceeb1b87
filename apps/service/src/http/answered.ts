import type { Authorizer } from '../domain/caller.ts'
import type { Store } from '../domain/store.ts'
import { eventOf, type Outcome } from './auditing.ts'
import type { Done } from './change.ts'
import { requireConditions, requireNone } from './conditions.ts'
import type { FailedRequests } from './failed-requests.ts'
import { faultOf } from './fault-of.ts'
import { type ArmReply, type ArmRequest, type Route, scopeOf } from './route.ts'

/** What endpoints are answered with, over HTTPS and from within. */
export interface Answering {
  readonly store: Pick<Store, 'audit' | 'resources' | 'principals'>
  readonly authorizer: Authorizer
  readonly failures: FailedRequests
  readonly now: () => number
  /** Told of each change once it is made, by its right. */
  readonly changed: (action: string) => void
}

/**
 * A change that its handler did not put into the audit with its own transaction is entered after it, like one that
 * fails. A deletion of what is not there changes nothing, and may be asked for without end: it counts as one that fails.
 */
export async function answered(
  { store, failures, now, changed }: Answering,
  route: Route,
  asked: Omit<ArmRequest, 'audit'>,
): Promise<ArmReply> {
  const { action } = route
  const isChange = route.method !== 'GET' && route.isPiece !== true
  const { caller, correlationId, from } = asked
  const entry = { action, caller, correlationId, from, id: scopeOf(route, asked.params) }
  const write = (outcome: Outcome, audit = store.audit) =>
    audit.append(eventOf(entry, outcome, now()))
  let isEntered = false
  const audit: ArmRequest['audit'] = async (tables, done) => {
    if (tookNothing(route, done)) return
    isEntered = true
    await write(outcomeOf(done), tables.audit)
  }
  try {
    const { versionOf } = route
    const request = { ...asked, audit, ...(typeof versionOf === 'function' && { versionOf }) }
    if (versionOf === null) requireNone(request)
    else await requireConditions(store, request)
    const answer = await route.handle(request)
    if (tookNothing(route, answer)) await failures.enter(eventOf(entry, outcomeOf(answer), now()))
    else if (isChange && !isEntered) await write(outcomeOf(answer))
    if (isChange) changed(action)
    return answer
  } catch (error) {
    const { status, code } = faultOf(error, asked.correlationId)
    const outcome = { status, result: code, operationId: null }
    if (isChange) await failures.enter(eventOf(entry, outcome, now()))
    throw error
  }
}

function tookNothing({ method }: Route, { status, isRemoved }: Done): boolean {
  return method === 'DELETE' && status === 204 && isRemoved !== true
}

function outcomeOf({ status, operation }: Done): Outcome {
  const operationId = operation?.id ?? null
  return { status, result: operationId === null ? 'Succeeded' : 'Accepted', operationId }
}
