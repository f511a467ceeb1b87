import { fromHex, toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import type { RollbackState } from '../expectation.ts'
import { unansweredMax } from '../verify-rollback.ts'

/** What the extend-only index held when a host looked at it before a start, and what the host extended it to. */
export interface HostStart {
  /** Hexadecimal. */
  readonly before: string
  readonly after: string
  /** No start: an earlier state was put back on purpose. `before` is what the host last knew of the one that went. */
  readonly reverted?: boolean
}

/**
 * What is to be expected of the index after the starts that its host tells of. A start goes on from what is
 * remembered where the index held that before it, or that extended by unanswered nonces (at most 8, in order). The
 * host held each start against the one before; that it goes on from what the verifier remembers is asked here, so a
 * vTPM that was put back together with all that its host wrote down shows.
 *
 * Where no start goes on the state stays as it is: either there was none since, or the next evidence does not
 * continue it, which `verifyRollback` says. It does not prove that the host tells of its starts as they were.
 * @param starts the last ones, oldest first.
 */
export function continueByStarts(
  state: RollbackState,
  starts: readonly HostStart[],
): RollbackState {
  const since = startsSince(state, starts)
  const last = since.at(-1)
  if (last === undefined) return state
  // The counters of an earlier state are lower.
  const resetCount = since.some(({ reverted }) => reverted) ? null : state.resetCount
  return { ...state, value: last.after, unanswered: [], resetCount }
}

/**
 * Whether an earlier state was put back since what is remembered: then counters and logs begin anew, since those of
 * a boot that was undone say nothing of the next one that counts the same.
 */
export function isReverted(state: RollbackState, starts: readonly HostStart[]): boolean {
  return startsSince(state, starts).some(({ reverted }) => reverted)
}

/** Those that came after what is remembered, oldest first; none: none goes on from it. */
function startsSince(state: RollbackState, starts: readonly HostStart[]): readonly HostStart[] {
  if (state.value === null) return []
  const reached = reachable(state.value, state.unanswered)
  const first = starts.findIndex(({ before }) => reached.has(before))
  return first < 0 ? [] : starts.slice(first)
}

function reachable(value: string, unanswered: readonly string[]): ReadonlySet<string> {
  const reached = new Set([value])
  for (const nonce of unanswered.slice(-unansweredMax))
    for (const held of [...reached])
      reached.add(toHex(digest('sha256', fromHex(held), fromHex(nonce))))
  return reached
}
