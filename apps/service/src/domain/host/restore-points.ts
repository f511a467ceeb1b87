import type { TakenSnapshot } from './snapshots.ts'

/** A machine that is to be kept as it is, under a name of the point's own: its disks (null: its own), variables, vTPM. */
export interface AskedRestorePoint {
  readonly point: string
  readonly machine: string
  readonly luns: readonly (number | null)[]
}

export interface TakenRestorePoint extends TakenSnapshot {
  /** Which vTPM it has; null: none. */
  readonly generation: number | null
}

/** Restore points of VMs, on a host. */
export interface RestorePointDriver {
  /** Keeps a machine as it is at one moment, sealed; one that runs goes on. Nothing happens when it is there. @throws {ArmError} */
  takeRestorePoint(
    asked: AskedRestorePoint,
    tell: (step: string) => void,
    signal: AbortSignal,
  ): Promise<TakenRestorePoint>
  /** Nothing happens when it is gone. */
  deleteRestorePoint(point: string): Promise<void>
  /**
   * Puts a stopped machine back to a point, its own disk and the data disks at these places, and lets whoever looks
   * at its vTPM next know. Begun and not done, it does not start until it is done again. @throws {ArmError}
   */
  restore(id: string, point: string, luns: readonly number[], signal: AbortSignal): Promise<void>
}
