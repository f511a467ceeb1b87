/**
 * What a snapshot is taken of: another snapshot, a disk of a restore point (null: its VM's own), or a disk, with the
 * machine that its resource says has it.
 */
export type SnapshotSource =
  | { readonly kind: 'snapshot'; readonly id: string }
  | { readonly kind: 'restorePoint'; readonly id: string; readonly lun: number | null }
  | {
      readonly kind: 'disk'
      readonly id: string
      readonly sizeGib: number
      /** `isOwn`: the machine starts from it. */
      readonly holder: { readonly machine: string; readonly isOwn: boolean } | null
    }

export interface TakenSnapshot {
  /** `stopped`: nobody wrote to it. `crash`: as after a power cut at that moment. */
  readonly consistency: 'stopped' | 'crash'
}

/** Snapshots of disks, on a host. */
export interface SnapshotDriver {
  /**
   * Keeps a disk as it is at one moment, with the variable store of the machine that starts from it; a machine that
   * runs goes on. Done again it is the same. @throws {ArmError} no room, or no bytes of it are here.
   */
  takeSnapshot(
    snapshot: { readonly id: string; readonly source: SnapshotSource },
    tell: (step: string) => void,
    signal: AbortSignal,
  ): Promise<TakenSnapshot>
  /** The size of the disk in a snapshot. @throws {ArmError} it is not here. */
  snapshotBytes(id: string): Promise<number>
  /** @throws {ArmError} it is not here. */
  readSnapshot(id: string, offset: number, length: number): Promise<Uint8Array>
  /** The variable store that a snapshot has, sealed: only this host opens it. Null: it has none. */
  guestState(id: string): Promise<Uint8Array | null>
  /** Nothing happens when it is gone. */
  deleteSnapshot(id: string): Promise<void>
}
