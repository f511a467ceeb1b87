import { MalformedError } from '@trusted-launch/codec'
import type { RandomAccess } from '@trusted-launch/disk'

/** A disk of which at most `max` bytes in all are read. @throws {MalformedError} on reading more. */
export function boundedDisk(disk: RandomAccess, max: number): RandomAccess {
  let left = max
  return {
    size: disk.size,
    readAt(offset, length) {
      if (length > left) throw new MalformedError('', offset, `more than ${max} bytes to read`)
      left -= length
      return disk.readAt(offset, length)
    },
  }
}
