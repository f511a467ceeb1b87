import { MalformedError } from '@trusted-launch/codec'

/** Somebody's disk, or a part of one: read by place, never mounted, never trusted. Synchronous. */
export interface RandomAccess {
  /** Size in bytes. */
  readonly size: number
  /**
   * Exactly `length` bytes from `offset`; may be a view of a cache, so it is not to be written to.
   * @throws {MalformedError} when they are not all there.
   */
  readAt(offset: number, length: number): Uint8Array
}

/** Bytes in memory as a disk. */
export function fromBytes(bytes: Uint8Array): RandomAccess {
  return {
    size: bytes.length,
    readAt(offset, length) {
      withinSize(bytes.length, offset, length)
      return bytes.subarray(offset, offset + length)
    },
  }
}

/** A part of a disk, seen as a disk of its own. @throws {MalformedError} when it does not fit. */
export function partOf(disk: RandomAccess, offset: number, size: number): RandomAccess {
  withinSize(disk.size, offset, size)
  return {
    size,
    readAt(at, length) {
      withinSize(size, at, length)
      return disk.readAt(offset + at, length)
    },
  }
}

/** @throws {MalformedError} unless `length` bytes from `offset` lie within `size`. */
export function withinSize(size: number, offset: number, length: number): void {
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length)
  if (!whole || offset < 0 || length < 0 || offset + length > size)
    throw new MalformedError('', Math.max(0, Math.min(offset, size)), 'beyond the end of the disk')
}
