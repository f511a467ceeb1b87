import { closeSync, openSync, readSync } from 'node:fs'
import { MalformedError } from '@trusted-launch/codec'

/**
 * A file's bytes, `-` being standard input; never more than `max` are read.
 * @throws {MalformedError} a file that is larger. @throws {Error} one that cannot be read.
 */
export function readInput(path: string, max: number): Uint8Array {
  return readable(path, () => {
    const file = path === '-' ? 0 : openSync(path, 'r')
    try {
      return readAll(file, max, path)
    } finally {
      if (file !== 0) closeSync(file)
    }
  })
}

/**
 * What `decode` makes of a file's bytes. @throws {MalformedError} with the file's name, and what it was to be.
 * @throws {Error} one that cannot be read.
 */
export function decodedFrom<T>(
  path: string,
  what: string,
  max: number,
  decode: (bytes: Uint8Array) => T,
): T {
  const bytes = readInput(path, max)
  try {
    return decode(bytes)
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause
    const at = cause.path === '' ? '' : `${cause.path}: `
    const file = path === '-' ? 'standard input' : path
    throw new MalformedError(file, cause.offset, `not ${what}: ${at}${cause.reason}`, { cause })
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'it may not be read',
}

/** What `read` gives. @throws {Error} in words of ours when the system refuses the file. */
export function readable<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? `${cause.code}` : ''
    if (!Object.hasOwn(reasons, code)) throw cause
    throw new Error(`cannot read ${path}: ${reasons[code]}`, { cause })
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
