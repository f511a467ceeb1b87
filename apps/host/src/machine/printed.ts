import { Output } from '../output.ts'
import { CONSOLE_RING, IDS } from '../qemu-args.ts'
import type { QmpClient } from '../qmp/client.ts'
import type { BoundedLog } from './bounded-log.ts'
import type { Console } from './console.ts'
import type { MachineFolder } from './folder.ts'

/** What a running VM prints: its console, out of QEMU's ring, and what QEMU and swtpm say, out of their pipe. */
export class Printed {
  readonly console: Console
  readonly #log: BoundedLog
  readonly #output: Output
  #consoleAt = performance.now()
  #fault: string | null = null

  constructor({ console, outputLog, output }: MachineFolder) {
    this.console = console
    this.#log = outputLog
    this.#output = Output.openPipe(output)
  }

  /** When the console printed last, on `performance.now()`'s clock. */
  get consoleAt(): number {
    return this.#consoleAt
  }

  /** Why the disk took nothing since this was asked last; null when it took all. The VM runs on. */
  takeFault(): string | null {
    const fault = this.#fault
    this.#fault = null
    return fault
  }

  startBoot(): void {
    this.#keep(() => this.console.startBoot())
  }

  /** Takes what is there. @throws {QmpError} */
  async drain(monitor: QmpClient): Promise<void> {
    this.#drainOutput()
    const ring = { device: IDS.console, size: CONSOLE_RING, format: 'base64' } as const
    const printed = await monitor.execute('ringbuf-read', ring)
    if (printed.length === 0) return
    this.#consoleAt = performance.now()
    this.#keep(() => this.console.append(printed))
  }

  close(): void {
    this.#drainOutput()
    this.#output.close()
  }

  #drainOutput(): void {
    this.#keep(() => this.#log.append(this.#output.read()))
  }

  #keep(write: () => void): void {
    try {
      write()
    } catch (e) {
      this.#fault = String(e)
    }
  }
}
