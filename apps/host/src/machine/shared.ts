import type { Acceleration } from '../acceleration.ts'
import type { Firmware } from '../firmware.ts'
import type { Log } from '../log.ts'
import type { Plugged } from '../networks/networks.ts'
import type { VtpmKeeper } from '../vtpm-port.ts'

/**
 * `ended`: without being asked to, it stands still since its vTPM is lost, or it cannot be asked any more: its status
 * tells which. `reset`: it started anew, by
 * its guest or its reset button. `agent`: its agent opened its port.
 */
export type MachineEvent = 'ended' | 'reset' | 'agent'

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
  /** Before a VM of a network of the host's starts. @throws {NetworkError} */
  plug(network: string, machine: string): Promise<Plugged>
  /** What becomes of a VM that nobody asked for; it is on record by now. */
  saw(id: string, what: MachineEvent): void
  /** The VM with this id is no more. */
  forget(id: string): void
}
