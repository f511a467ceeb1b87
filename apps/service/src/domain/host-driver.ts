import type { ConsoleDriver } from './host/consoles.ts'
import type { DiskDriver } from './host/disks.ts'
import type { EvidenceDriver } from './host/evidence.ts'
import type { FirmwareKeyDriver } from './host/firmware-keys.ts'
import type { ImageDriver } from './host/images.ts'
import type { LeftoverDriver } from './host/leftovers.ts'
import type { MachineDriver } from './host/machines.ts'
import type { NetworkDriver } from './host/networks.ts'
import type { RestorePointDriver } from './host/restore-points.ts'
import type { SnapshotDriver } from './host/snapshots.ts'
import type { UploadDriver } from './host/uploads.ts'

/**
 * `ended`: by itself, it stands still without its vTPM, or it cannot be asked any more; `power` tells which. `reset`: the guest, or somebody, started it
 * anew. `agent`: its agent opened its port.
 */
export type HostEvent = 'ended' | 'reset' | 'agent'

export interface Capacity {
  readonly vcpus: number
  readonly memoryMiB: number
  /** What no VM has been promised. */
  readonly freeMemoryMiB: number
  /** Of the VMs that run. */
  readonly runningVcpus: number
  readonly accelerator: 'kvm' | 'tcg'
  /** What disks may take in all, used or not, in GiB: the host's own reserve and what others use is not in it. */
  readonly diskGib: number
  /** Why it runs no Windows guest; null: it does. */
  readonly noWindows: string | null
  /** Why it makes no virtual networks, so that each VM is alone; null: it does. */
  readonly noNetworks: string | null
  /**
   * The versions of the platform's images, by name, the oldest first: those it keeps, and the one that it would build
   * now. One it tells nothing of is built when it is first used.
   */
  readonly images: Readonly<Record<string, readonly string[]>>
}

/** Another process drives the host, or none does yet: whoever asked asks again, or there. */
export class HostElsewhere extends Error {
  constructor() {
    super('another service of this installation drives the host')
    this.name = 'HostElsewhere'
  }
}

/** A host, as the control plane drives it. Each call may be made again after a crash of either side. */
export interface HostDriver
  extends MachineDriver,
    ImageDriver,
    UploadDriver,
    DiskDriver,
    SnapshotDriver,
    RestorePointDriver,
    FirmwareKeyDriver,
    NetworkDriver,
    LeftoverDriver,
    EvidenceDriver,
    ConsoleDriver {
  /** The name of the lease whose holder may call. */
  readonly name: string
  capacity(): Promise<Capacity>
  /** Tells, from now on, what becomes of a VM that nobody asked for. */
  watch(told: (id: string, what: HostEvent) => void): void
  close(): Promise<void>
}
