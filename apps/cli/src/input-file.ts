import { closeSync, openSync, readSync } from 'node:fs'
import { MalformedError } from '@trusted-launch/codec'

/**
 * A file's bytes, `-` being standard input; never more than `max` are read.
 * @throws {MalformedError} a file that is larger. @throws {Error} one that cannot be read.
 */
export function readInput(path: string, max: number): Uint8Array {
  const file = path === '-' ? 0 : openSync(path, 'r')
  try {
    return readAll(file, max, path)
  } finally {
    if (file !== 0) closeSync(file)
  }
}

function readAll(file: number, max: number, path: string): Uint8Array {
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const chunk = new Uint8Array(64 << 10)
    const length = readSync(file, chunk)
    if (length === 0) break
    size += length
    if (size > max) throw new MalformedError(path, max, `more than ${max} bytes`)
    chunks.push(chunk.subarray(0, length))
  }
  return Uint8Array.from(Buffer.concat(chunks))
}
