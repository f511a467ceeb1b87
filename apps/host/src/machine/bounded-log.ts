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
    if (this.#size + bytes.length > LOG_FILE_BYTES_MAX) this.turn()
    const kept = bytes.subarray(-LOG_FILE_BYTES_MAX)
    appendFileSync(this.#path, kept, { mode: 0o600 })
    this.#size += kept.length
  }

  /** The end of what is kept, at most `max` bytes, Latin-1. */
  tail(max: number): string {
    return (textOf(`${this.#path}.1`) + this.current).slice(-max)
  }

  /** What is in the newer file, Latin-1. */
  get current(): string {
    return textOf(this.#path)
  }

  /** Begins a new file, if anything is in this one. */
  turn(): void {
    if (this.#size === 0) return
    renameSync(this.#path, `${this.#path}.1`)
    writeFileSync(this.#path, '', { mode: 0o600 })
    this.#size = 0
  }
}

function textOf(path: string): string {
  return sizeOf(path) === 0 ? '' : readFileSync(path, 'latin1')
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
