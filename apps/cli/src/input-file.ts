import { closeSync, openSync, readSync } from 'node:fs'
import { MalformedError } from '@trusted-launch/codec'
import { otherKind } from './file-kind.ts'

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
    const other = bytes.length === 0 ? emptyOf(what) : otherKind(bytes, what)
    const at = cause.path === '' ? '' : `${cause.path}: `
    const reason = `not ${what}: ${other ?? at + cause.reason}`
    if (other !== null || cause.offset === 0) throw new FileFault(nameOf(path), reason, { cause })
    throw new MalformedError(nameOf(path), cause.offset, reason, { cause })
  }
}

/** What the kernel shows has no size that a copy by size would see. */
const emptyOf = (what: string) =>
  /event log|IMA/.test(what) ? 'the file is empty: read it with cat, as root' : 'the file is empty'

/** A file that is wrong as a whole: no byte of it is to be named. */
export class FileFault extends MalformedError {
  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(file, 0, reason, options)
    this.message = `${file}: ${reason}`
  }
}

const nameOf = (path: string) => (path === '-' ? 'standard input' : path)

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
  ENOSPC: 'no space is left',
  EROFS: 'the file system is read-only',
}

/** What `read` gives. @throws {Error} in words of ours when the system refuses the file. */
export function readable<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!Object.hasOwn(reasons, codeOf(cause))) throw cause
    throw new Error(`cannot read ${path}: ${reasonOf(cause)}`, { cause })
  }
}

/** @throws {Error} a file that cannot be read: before long work with it. */
export function requireReadable(path: string): void {
  readable(path, () => closeSync(openSync(path, 'r')))
}

const codeOf = (cause: unknown) =>
  cause instanceof Error && 'code' in cause ? `${cause.code}` : ''

/** Why the system refused a file, in words. */
export function reasonOf(cause: unknown): string {
  return reasons[codeOf(cause)] ?? (cause instanceof Error ? cause.message : String(cause))
}

function readAll(file: number, max: number, path: string): Uint8Array {
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const chunk = new Uint8Array(64 << 10)
    const length = readSync(file, chunk)
    if (length === 0) break
    size += length
    if (size > max) throw new FileFault(nameOf(path), `more than ${max} bytes`)
    chunks.push(chunk.subarray(0, length))
  }
  return Uint8Array.from(Buffer.concat(chunks))
}
