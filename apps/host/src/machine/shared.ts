import type { Acceleration } from '../acceleration.ts'
import type { Firmware } from '../firmware.ts'
import type { Log } from '../log.ts'
import type { VtpmKeeper } from '../vtpm-port.ts'

/** What all machines of a host share. */
export interface MachineHost {
  readonly qemu: string
  readonly firmware: Firmware
  readonly vtpm: VtpmKeeper
  readonly log: Log
  acceleration(): Promise<Acceleration>
  /** Before each start. @throws {MachineError} `machine-not-here`: the host is drained. */
  admit(): void
  /** Before a VM with a network starts: its guest is to reach nothing that listens on this host. */
  closeLoopback(): Promise<void>
  /** The VM ended without being asked to, or cannot be asked any more; it is on record by now. */
  ended(id: string): void
  /** The VM with this id is no more. */
  forget(id: string): void
}
