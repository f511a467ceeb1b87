import { BoundedLog } from './bounded-log.ts'

/** What is held in memory of the running boot. */
const HELD = 131_072

/**
 * The guest's serial console, taken out of QEMU's ring and kept in a bounded file. Bytes are Latin-1: OVMF
 * draws with CP437.
 */
export class Console {
  readonly #log: BoundedLog
  #boot: string

  /** Goes on with what a former manager kept of the running boot. */
  constructor(path: string) {
    this.#log = new BoundedLog(path)
    this.#boot = this.#log.current.slice(-HELD)
  }

  /** A new boot of the VM, and a new file: what was printed before is not about it. */
  startBoot(): void {
    this.#boot = ''
    this.#log.turn()
  }

  /** What this boot printed, the last 128 KiB. */
  get boot(): string {
    return this.#boot
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#boot = (this.#boot + Buffer.from(bytes).toString('latin1')).slice(-HELD)
    this.#log.append(bytes)
  }

  /** The end of what is kept, at most `max` bytes. */
  tail(max = 16_384): string {
    return this.#log.tail(max)
  }
}
