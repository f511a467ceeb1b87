import { AgentError } from '@trusted-launch/channel'
import { concat } from '@trusted-launch/codec'
import { responseBytesMax, responseSize, type Transport } from '@trusted-launch/tpm2'
import * as os from 'os'
import { openDescriptor, readSome, sleep, writeSome } from './descriptor.ts'

const APPEARS_WITHIN_MS = 10_000
const RETRY_MS = 200

/**
 * The kernel's TPM device (`/dev/tpmrm0`, with its resource manager): one write is a command, one
 * read its response. Opened when first used, and again after a failure; a device that the kernel
 * has not made yet is waited for.
 */
export class TpmDevice implements Transport {
  readonly #path: string
  #fd = -1

  constructor(path: string) {
    this.#path = path
  }

  /** @throws {AgentError} `tpm-missing`: no device, or it is broken. */
  async send(command: Uint8Array): Promise<Uint8Array> {
    if (this.#fd < 0) this.#fd = await this.#open()
    try {
      return exchange(this.#fd, command)
    } catch (cause) {
      os.close(this.#fd)
      this.#fd = -1
      throw new AgentError('tpm-missing', (cause as Error).message, { cause })
    }
  }

  async #open(): Promise<number> {
    for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
      try {
        return openDescriptor(this.#path, os.O_RDWR)
      } catch (cause) {
        if (waitedMs >= APPEARS_WITHIN_MS)
          throw new AgentError('tpm-missing', (cause as Error).message, { cause })
        await sleep(RETRY_MS)
      }
    }
  }
}

function exchange(fd: number, command: Uint8Array): Uint8Array {
  const taken = writeSome(fd, command)
  if (taken !== command.length) throw new Error(`the TPM took ${taken} of ${command.length} bytes`)
  let response = readSome(fd, responseBytesMax)
  for (let size = wanted(response); response.length < size; size = wanted(response)) {
    const more = readSome(fd, size - response.length)
    if (more.length === 0) throw new Error('the TPM broke off its response')
    response = concat(response, more)
  }
  return response
}

function wanted(response: Uint8Array): number {
  const size = responseSize(response) ?? responseBytesMax
  if (size > responseBytesMax) throw new Error(`a response of ${size} bytes`)
  return size
}
