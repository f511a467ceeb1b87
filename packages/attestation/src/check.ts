import type { Occurrence } from './finding-table.ts'
import type { VerifiedEvent, VerifiedEventLog } from './verify-event-log.ts'

/** Looks at a verified log for what must hold of every one, whatever the VM should run. */
export interface Check {
  /** Its number in docs/checks.md. */
  readonly number: number
  /** What it looks for, in a few words. */
  readonly title: string
  readonly run: (log: VerifiedEventLog) => readonly Occurrence[]
  /**
   * The events whose digest or data it judges; none: it is about a register, or the log as a whole. What it finds names
   * none but these.
   */
  readonly about: (log: VerifiedEventLog) => readonly VerifiedEvent[]
}
