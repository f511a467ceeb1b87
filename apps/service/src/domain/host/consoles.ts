import type { Duplex } from 'node:stream'

/** The consoles of VMs of a host. */
export interface ConsoleDriver {
  /** The serial console's end, Latin-1; null: there is no such VM. */
  console(id: string): Promise<string | null>
  /**
   * The serial console of a running VM: what it prints from now on, and what is written is typed. One has it at a time.
   * @throws {ArmError} a `ConsoleEnd`
   */
  openConsole(id: string): Promise<Duplex>
  /** The screen of a running VM and its keyboard, by RFB. @throws {ArmError} a `ConsoleEnd` */
  openScreen(id: string): Promise<Duplex>
  /** PNG; null: it does not run. */
  screenshot(id: string): Promise<Uint8Array | null>
}
