import { appendFileSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'

/** Each of the two files of a log holds at most this many bytes. */
export const LOG_FILE_BYTES_MAX = 262_144

/** A file that cannot grow beyond its limit: `PATH`, and `PATH.1` before it. */
export class BoundedLog {
  readonly #path: string
  #size: number

  constructor(path: string) {
    this.#path = path
    this.#size = sizeOf(path)
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    if (this.#size + bytes.length > LOG_FILE_BYTES_MAX) this.#turn()
    const kept = bytes.subarray(-LOG_FILE_BYTES_MAX)
    appendFileSync(this.#path, kept, { mode: 0o600 })
    this.#size += kept.length
  }

  /** The end of what is kept, at most `max` bytes, Latin-1. */
  tail(max: number): string {
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
