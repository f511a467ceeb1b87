import { fromHex, toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import type { RollbackState } from '../expectation.ts'
import { unansweredMax } from '../verify-rollback.ts'

/** What the extend-only index held when a host looked at it before a start, and what the host extended it to. */
export interface HostStart {
  /** Hexadecimal. */
  readonly before: string
  readonly after: string
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
  const last = starts.at(-1)
  if (state.value === null || last === undefined) return state
  const reached = reachable(state.value, state.unanswered)
  const goesOn = starts.some(({ before }) => reached.has(before))
  return goesOn ? { ...state, value: last.after, unanswered: [] } : state
}

function reachable(value: string, unanswered: readonly string[]): ReadonlySet<string> {
  const reached = new Set([value])
  for (const nonce of unanswered.slice(-unansweredMax))
    for (const held of [...reached])
      reached.add(toHex(digest('sha256', fromHex(held), fromHex(nonce))))
  return reached
}
