import { concat } from '@trusted-launch/codec'

/** A file, link, folder or device of an initial RAM file system. Paths have no leading slash. */
export type ArchiveEntry =
  | { path: string; kind: 'directory' }
  | { path: string; kind: 'file'; bytes: Uint8Array; executable?: boolean }
  | { path: string; kind: 'link'; target: string }
  | { path: string; kind: 'device'; major: number; minor: number }

const modes = { directory: 0o040755, file: 0o100644, link: 0o120777, device: 0o020600 }

/**
 * A cpio archive as the Linux kernel reads it ("newc", Documentation/driver-api/early-userspace/
 * buffer-format.rst). Same entries, same bytes: numbered from 1, owned by root, one time for all.
 */
export function encodeNewc(entries: readonly ArchiveEntry[], epochSeconds: number): Uint8Array {
  const parts = entries.flatMap((entry, i) => record(entry, i + 1, epochSeconds))
  return concat(...parts, ...trailer())
}

function record(entry: ArchiveEntry, inode: number, epochSeconds: number): Uint8Array[] {
  const data = contentOf(entry)
  const executable = entry.kind === 'file' && entry.executable === true
  const mode = modes[entry.kind] | (executable ? 0o111 : 0)
  const device = entry.kind === 'device' ? [entry.major, entry.minor] : [0, 0]
  const links = entry.kind === 'directory' ? 2 : 1
  const head = [inode, mode, 0, 0, links, epochSeconds, data.length, 0, 0, ...device]
  return [...header(head, entry.path), data, padding(data.length)]
}

function contentOf(entry: ArchiveEntry): Uint8Array {
  if (entry.kind === 'file') return entry.bytes
  return entry.kind === 'link' ? new TextEncoder().encode(entry.target) : new Uint8Array(0)
}

function trailer(): Uint8Array[] {
  return header([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], 'TRAILER!!!')
}

function header(numbers: readonly number[], path: string): Uint8Array[] {
  const name = new TextEncoder().encode(`${path}\0`)
  const fields = [...numbers, name.length, 0].map((n) => n.toString(16).padStart(8, '0')).join('')
  const head = new TextEncoder().encode(`070701${fields}`)
  return [head, name, padding(head.length + name.length)]
}

/** Zeros up to the next multiple of four. */
function padding(length: number): Uint8Array {
  return new Uint8Array((4 - (length % 4)) % 4)
}
