import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { MalformedError } from '@trusted-launch/codec'
import type { RandomAccess } from '@trusted-launch/disk'

/** A file as a disk, for as long as `use` runs; never written, never mounted. */
export function withFileDisk<T>(path: string, use: (disk: RandomAccess) => T): T {
  const file = openSync(path, 'r')
  try {
    const size = fstatSync(file).size
    return use({ size, readAt: (offset, length) => readExactly(file, size, offset, length) })
  } finally {
    closeSync(file)
  }
}

function readExactly(file: number, size: number, offset: number, length: number): Uint8Array {
  if (offset < 0 || length < 0 || offset + length > size)
    throw new MalformedError('', Math.max(0, Math.min(offset, size)), 'beyond the end of the disk')
  const bytes = new Uint8Array(length)
  let at = 0
  while (at < length) {
    const count = readSync(file, bytes, at, length - at, offset + at)
    if (count === 0) throw new MalformedError('', offset + at, 'the file became shorter')
    at += count
  }
  return bytes
}
