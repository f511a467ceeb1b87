import type { Examination } from '@trusted-launch/bootchain'
import type { DiskSource, Source } from '../sources.ts'

/** What a new disk is to hold. */
export interface Filling {
  readonly diskId: string
  readonly source: DiskSource
  /** A variable store of OVMF that its VM is to begin with; null: none. */
  readonly variables: Source | null
  /** Null: what the source has. */
  readonly sizeGib: number | null
  /** Whether a VM may start from it: it is looked at then. */
  readonly isSystem: boolean
  /** Null, also when not given: it was not sent for this disk. */
  readonly sent?: Sent | null
}

/** A file that was sent for a disk. */
export interface Sent {
  /** What it has to hash to, in hexadecimal; null: nobody said. */
  readonly sha256: string | null
  readonly sizeBytes: number
}

export interface Filled {
  /** At least what was asked for. */
  readonly sizeGib: number
  /** Null: it was not looked at. */
  readonly examination: Examination | null
}

/** Disks that are resources of their own, on a host. */
export interface DiskDriver {
  /**
   * Gives a new disk its bytes; done again it is the same.
   * @throws {ArmError} no disk file, larger than asked for, or no room.
   */
  fillDisk(filling: Filling, tell: (step: string) => void, signal: AbortSignal): Promise<Filled>
  /** What a disk held, the copy that may be read of it, and what was sent for it are gone; nothing happens when there is none. */
  deleteDisk(diskId: string): Promise<void>
}
