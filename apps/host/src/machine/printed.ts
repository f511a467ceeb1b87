import { Output } from '../output.ts'
import { CONSOLE_BACKENDS, CONSOLE_RING, IDS } from '../qemu-args.ts'
import type { QmpClient } from '../qmp/client.ts'
import type { BoundedLog } from './bounded-log.ts'
import type { Console } from './console.ts'
import type { MachineFolder } from './folder.ts'

/** What a running VM prints: its console, out of QEMU's ring, and what QEMU and swtpm say, out of their pipe. */
export class Printed {
  readonly console: Console
  /** One after the other: what was asked for before a reset is of the boot before. */
  #turn: Promise<unknown> = Promise.resolve()
  /** The last of a boot is being taken. */
  #turning = false
  /** Whom to ask for the last of a boot that ended since. */
  #turnBy: QmpClient | null = null
  readonly #log: BoundedLog
  readonly #output: Output
  /** Whether the console goes into QEMU's ring; else somebody has it. */
  #ring = true
  #consoleAt = performance.now()
  #fault: string | null = null

  constructor({ console, outputLog, output }: MachineFolder) {
    this.console = console
    this.#log = outputLog
    this.#output = Output.openPipe(output)
  }

  /** What the running boot printed; nothing while the last of the boot before is being taken. */
  get boot(): string {
    return this.#turning ? '' : this.console.boot
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

  /**
   * The machine was reset: what QEMU still holds is of the boot before. Resets while that is being taken are
   * one more, however many.
   */
  turnBoot(monitor: QmpClient): void {
    this.#turnBy = monitor
    if (!this.#turning) void this.#turnBoots()
  }

  async #turnBoots(): Promise<void> {
    this.#turning = true
    for (let monitor = this.#turnBy; monitor !== null; monitor = this.#turnBy) {
      this.#turnBy = null
      await this.drain(monitor).catch(() => {})
      this.startBoot()
    }
    this.#turning = false
  }

  /** Takes what is there. @throws {QmpError} */
  drain(monitor: QmpClient): Promise<void> {
    const drained = this.#turn.then(() => this.#take(monitor))
    this.#turn = drained.catch(() => {})
    return drained
  }

  /**
   * The console goes elsewhere from now on: to whoever connects to its socket, or back into the ring. What it
   * printed before is taken first. @throws {QmpError}
   */
  switchConsole(
    monitor: QmpClient,
    to: keyof typeof CONSOLE_BACKENDS,
    { from = null }: { from?: 'socket' | null } = {},
  ): Promise<void> {
    if (from === 'socket') this.#ring = false
    const switched = this.#turn.then(async () => {
      await this.#take(monitor)
      const backend = CONSOLE_BACKENDS[to]
      await monitor.execute('chardev-change', { id: IDS.console, backend })
      this.#ring = to === 'ring'
    })
    this.#turn = switched.catch(() => {})
    return switched
  }

  /** What the console printed for somebody who has it. */
  take(printed: Uint8Array): void {
    this.#consoleAt = performance.now()
    this.#keep(() => this.console.append(printed))
  }

  async #take(monitor: QmpClient): Promise<void> {
    this.#drainOutput()
    if (!this.#ring) return
    const ring = { device: IDS.console, size: CONSOLE_RING, format: 'base64' } as const
    const printed = await monitor.execute('ringbuf-read', ring)
    if (printed.length > 0) this.take(printed)
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
