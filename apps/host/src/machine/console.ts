import { appendFileSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'

/** The console kept on disk: two files of at most this many bytes. */
export const CONSOLE_FILE_LIMIT = 262_144
/** What is held in memory of the running boot. */
const HELD = 131_072

/**
 * The guest's serial console, taken out of QEMU's ring and kept in a file that cannot grow beyond its limit:
 * `console.log`, and `console.log.1` before it. Bytes are Latin-1: OVMF draws with CP437.
 */
export class Console {
  readonly #path: string
  #boot = ''
  #size: number

  constructor(path: string) {
    this.#path = path
    this.#size = sizeOf(path)
  }

  /** A new boot of the VM: what was printed before is not about it. */
  startBoot(): void {
    this.#boot = ''
  }

  /** What this boot printed, the last 128 KiB. */
  get boot(): string {
    return this.#boot
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#boot = (this.#boot + Buffer.from(bytes).toString('latin1')).slice(-HELD)
    if (this.#size + bytes.length > CONSOLE_FILE_LIMIT) this.#turn()
    const kept = bytes.subarray(-CONSOLE_FILE_LIMIT)
    appendFileSync(this.#path, kept, { mode: 0o600 })
    this.#size += kept.length
  }

  /** The end of what is kept, at most `max` bytes. */
  tail(max = 16_384): string {
    const text = (path: string) => (sizeOf(path) === 0 ? '' : readFileSync(path, 'latin1'))
    return (text(`${this.#path}.1`) + text(this.#path)).slice(-max)
  }

  #turn(): void {
    if (this.#size > 0) renameSync(this.#path, `${this.#path}.1`)
    writeFileSync(this.#path, '', { mode: 0o600 })
    this.#size = 0
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
