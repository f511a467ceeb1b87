import type { LogName } from '@trusted-launch/channel'
import * as os from 'os'
import * as std from 'std'
import { openDescriptor, readSome } from './descriptor.ts'

/** Where the kernel and systemd keep what a boot wrote down. The init mounts securityfs. */
export const LOG_PATHS: Record<LogName, string> = {
  eventLog: '/sys/kernel/security/tpm0/binary_bios_measurements',
  imaLog: '/sys/kernel/security/ima/binary_runtime_measurements',
  userspaceLog: '/run/log/systemd/tpm2-measure.log',
}

const BUFFER_BYTES = 4096

/**
 * A log in a file that only grows and does not tell its size beforehand (securityfs). Stays open
 * while it is read in order: a part costs no second walk through the kernel's list.
 */
export class EventLogFile {
  readonly #path: string
  #fd = -1
  #offset = 0

  constructor(path: string) {
    this.#path = path
  }

  /** How many bytes it has now; `null` when there is no such log. @throws {DescriptorError} */
  size(): number | null {
    if (!this.#open()) return null
    while (this.#next(BUFFER_BYTES).length > 0);
    return this.#offset
  }

  /** Bytes from `offset`, fewer than `size` only at the end; `null` when there is no such log. */
  read(offset: number, size: number): Uint8Array | null {
    if ((this.#fd < 0 || this.#offset !== offset) && !this.#open()) return null
    if (this.#offset !== offset) this.#offset = os.seek(this.#fd, offset, std.SEEK_SET)
    const part = new Uint8Array(size)
    let filled = 0
    while (filled < size) {
      const bytes = this.#next(Math.min(BUFFER_BYTES, size - filled))
      if (bytes.length === 0) break
      part.set(bytes, filled)
      filled += bytes.length
    }
    return part.subarray(0, filled)
  }

  #open(): boolean {
    if (this.#fd >= 0) os.close(this.#fd)
    this.#offset = 0
    try {
      this.#fd = openDescriptor(this.#path, os.O_RDONLY)
    } catch {
      this.#fd = -1
    }
    return this.#fd >= 0
  }

  #next(size: number): Uint8Array {
    const bytes = readSome(this.#fd, size)
    this.#offset += bytes.length
    return bytes
  }
}
