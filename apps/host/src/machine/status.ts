import type { MachineLife } from './life.ts'
import type { Held, LastEnd } from './record.ts'

/**
 * - `stopped`: by us, or never started. - `exited`: the guest powered off. - `crashed`: QEMU is gone and
 * nobody asked it. - `vtpm-lost`: its swtpm went away while it ran; it stood still until it was stopped. - `unreachable`: its
 * QEMU runs and its monitor does not answer: `start`, `waitForAgent` and `collectEvidence` ask it again, `stop`
 * ends it by force.
 */
export type MachineState = 'running' | 'unreachable' | Exclude<LastEnd, 'never'>

export interface MachineStatus {
  readonly state: MachineState
  readonly agentPortOpen: boolean
  readonly released: boolean
  /** Why the running VM stands still on purpose, until `reset` or `stop`. */
  readonly held: Held | null
}

export function statusOf({ live, record, takingOver, holding }: MachineLife): MachineStatus {
  const { held } = holding
  if (takingOver.unreachable)
    return { state: 'unreachable', agentPortOpen: false, released: true, held }
  if (live !== null && live.end === null)
    return { state: 'running', agentPortOpen: live.boots.portOpen, released: true, held }
  const how = live?.end?.how ?? record.lastEnd
  if (how === 'unreachable') return { state: how, agentPortOpen: false, released: true, held }
  const state = how === 'never' ? 'stopped' : how
  return { state, agentPortOpen: false, released: false, held: null }
}
