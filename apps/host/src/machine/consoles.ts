import type { Duplex } from 'node:stream'
import type { MachineLife } from './life.ts'

/** The serial port and the screen of a VM, for a person. */
export class MachineConsoles {
  readonly #life: MachineLife

  constructor(life: MachineLife) {
    this.#life = life
  }

  /** The end of what the serial port printed, of this boot and the ones before; Latin-1. */
  tail(max?: number): string {
    return this.#life.files.console.tail(max)
  }

  /**
   * The serial port of a running VM: what it prints from now on, and what is written is typed. One at a time; it ends
   * with the VM, and a manager that lets the VM go closes it. `tail` goes on.
   * @throws {MachineError} `machine-not-running`, `machine-console-in-use` @throws {QmpError}
   */
  openSerial(): Promise<Duplex> {
    return this.#life.settled(() => this.#life.running().console.open())
  }

  /**
   * The screen of a running VM and its keyboard: RFB (RFC 6143). Several may look; it ends with the VM, and a manager
   * that lets the VM go closes it.
   * @throws {MachineError} `machine-not-running`; `machine-no-screen`: QEMU was started without: stop and start it once.
   */
  openScreen(): Promise<Duplex> {
    return this.#life.settled(() => this.#life.running().screen.open())
  }

  /** A picture of the screen, PNG. @throws {MachineError} `machine-not-running` */
  async screenshot(): Promise<Uint8Array> {
    const live = this.#life.running()
    return this.#life.files.screenshot((name) => live.draw(name))
  }
}
