import type { ReferenceModule } from '@trusted-launch/attestation'
import { MalformedError, Reader, toHex, toLatin1 } from '@trusted-launch/codec'
import { decodeAppendedSignature, digest } from '@trusted-launch/crypto'

const magic = '070701'
const headerBytes = 110
const entriesMax = 65536
const nameBytesMax = 4096

/** A file of an initial RAM file system. */
export interface ArchivedFile {
  /** Without a slash in front. */
  readonly path: string
  readonly bytes: Uint8Array
}

/**
 * The regular files of an uncompressed "newc" archive, up to its trailer; then zeros only.
 * @throws {MalformedError} a compressed archive, another format, sizes beyond its end, or more after the
 *   trailer: a kernel unpacks one archive after the other.
 * @see Linux, Documentation/driver-api/early-userspace/buffer-format.rst
 */
export function readNewc(archive: Uint8Array): ArchivedFile[] {
  const from = new Reader(archive)
  const files: ArchivedFile[] = []
  for (let count = 0; count < entriesMax; count++) {
    const header = toLatin1(from.take(headerBytes))
    if (!header.startsWith(magic)) throw new MalformedError('newc', from.offset - 110, 'no header')
    const mode = field(header, 1, from)
    const size = field(header, 6, from)
    const nameSize = field(header, 11, from)
    if (nameSize < 1 || nameSize > nameBytesMax) throw from.malformed(`a name of ${nameSize} bytes`)
    const path = toLatin1(from.take(nameSize)).replace(/\0.*$/s, '')
    align(from)
    const bytes = from.take(size)
    align(from)
    if (path === 'TRAILER!!!') {
      refuseMore(from)
      return files
    }
    if ((mode & 0o170000) === 0o100000) files.push({ path, bytes })
  }
  throw from.malformed(`more than ${entriesMax} entries`)
}

/**
 * The signed kernel modules of an initial RAM file system with the SHA-256 that IMA writes down for each:
 * those of the pristine image, which a verifier believes. Whose the signatures are is not checked; one that has
 * none is no module that a kernel under lockdown takes, and is not among them.
 * Null when the archive cannot be read (compressed, or one of several): then no module can be called untrusted.
 */
export function modulesOfInitrd(archive: Uint8Array): ReferenceModule[] | null {
  try {
    return readNewc(archive)
      .filter(({ path, bytes }) => path.endsWith('.ko') && isSigned(bytes))
      .map(({ path, bytes }) => ({ path: `/${path}`, sha256: toHex(digest('sha256', bytes)) }))
  } catch (e) {
    if (e instanceof MalformedError) return null
    throw e
  }
}

function isSigned(module: Uint8Array): boolean {
  try {
    return decodeAppendedSignature(module) !== null
  } catch (e) {
    if (e instanceof MalformedError) return false
    throw e
  }
}

function refuseMore(from: Reader): void {
  const more = from.take(from.remaining)
  if (!more.every((byte) => byte === 0)) throw from.malformed('more than zeros after the trailer')
}

/** The n-th of thirteen fields of eight hexadecimal digits. */
function field(header: string, n: number, from: Reader): number {
  const text = header.slice(6 + 8 * n, 14 + 8 * n)
  if (!/^[0-9A-Fa-f]{8}$/.test(text)) throw from.malformed('not hexadecimal')
  return Number.parseInt(text, 16)
}

function align(from: Reader): void {
  from.skip(Math.min((4 - (from.offset % 4)) % 4, from.remaining))
}
