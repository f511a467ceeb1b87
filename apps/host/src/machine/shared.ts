import type { Acceleration } from '../acceleration.ts'
import type { Firmware } from '../firmware.ts'
import type { Log } from '../log.ts'
import type { VtpmKeeper } from '../vtpm-port.ts'
import type { BootComponent } from './boot-failure.ts'

/** What a violation seen on a console is checked against: the stopped disk and the VM's keys. */
export interface ViolationQuestion {
  readonly component: BootComponent
  readonly disk: { readonly path: string; readonly format: 'raw' | 'qcow2' }
  /** The VM's variable store file. */
  readonly variables: Uint8Array
}

/** True: that file is refused by db and dbx. False: it is not. Null: it can't be told. */
export type ConfirmViolation = (question: ViolationQuestion) => Promise<boolean | null>

/** What all machines of a host share. */
export interface MachineHost {
  readonly qemu: string
  readonly firmware: Firmware
  readonly vtpm: VtpmKeeper
  readonly log: Log
  readonly confirm: ConfirmViolation | null
  acceleration(): Promise<Acceleration>
  /** The VM with this id is no more. */
  forget(id: string): void
}
