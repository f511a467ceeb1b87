import * as os from 'os'
import * as std from 'std'

/** Linux, x86 and arm64: QuickJS has no name for it. */
export const O_NONBLOCK = 0o4000
export const EINTR = 4
export const EAGAIN = 11

/** A system call that failed, with the error number's text. */
export class DescriptorError extends Error {
  readonly errorNumber: number

  constructor(deed: string, errorNumber: number) {
    super(`${deed}: ${std.strerror(errorNumber)}`)
    this.name = 'DescriptorError'
    this.errorNumber = errorNumber
  }
}

/** Opens `path`; `fd:N` is a descriptor that was inherited. @throws {DescriptorError} */
export function openDescriptor(path: string, flags: number): number {
  const inherited = /^fd:(\d+)$/.exec(path)
  const fd = inherited === null ? os.open(path, flags) : Number(inherited[1])
  if (fd < 0) throw new DescriptorError(`opening ${path}`, -fd)
  return fd
}

/** At most `size` bytes; none at the end. @throws {DescriptorError} */
export function readSome(fd: number, size: number): Uint8Array {
  const buffer = new ArrayBuffer(size)
  for (;;) {
    const count = os.read(fd, buffer, 0, size)
    if (count >= 0) return new Uint8Array(buffer, 0, count)
    if (count !== -EINTR) throw new DescriptorError('reading', -count)
  }
}

/** How many bytes of `bytes` were taken, from the first. @throws {DescriptorError} */
export function writeSome(fd: number, bytes: Uint8Array): number {
  for (;;) {
    const count = os.write(fd, bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength)
    if (count >= 0) return count
    if (count !== -EINTR) throw new DescriptorError('writing', -count)
  }
}

/** Resolves after `delayMs`. */
export function sleep(delayMs: number): Promise<void> {
  return new Promise((wake) => {
    os.setTimeout(wake, delayMs)
  })
}
