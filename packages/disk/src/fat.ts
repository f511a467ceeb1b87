import { MalformedError, within } from '@trusted-launch/codec'
import { type FatEntry, readDirectory } from './fat-directory.ts'
import { chainOf, type FatVolume, offsetOf, readFatVolume } from './fat-volume.ts'
import type { RandomAccess } from './random-access.ts'

const directoryBytesMax = 2 << 20
const pathPartsMax = 32
/** No file that firmware or a boot loader reads is larger. */
export const FILE_BYTES_MAX = 512 << 20

/** A run of bytes on the volume. */
export interface Extent {
  readonly offset: number
  readonly length: number
}

/** A FAT12, FAT16 or FAT32 volume. Paths are separated by `/` or `\`; letters' case does not matter. */
export interface Fat {
  readonly bits: 12 | 16 | 32
  /** The volume's serial number, as in /etc/fstab: `74F1-A001`. */
  readonly serial: string
  /** The entry at `path`, or null when there is none. @throws {MalformedError} two bear the name. */
  find(path: string): FatEntry | null
  /** What is in a folder ('' or '/': the root). @throws {MalformedError} there is no such folder. */
  list(path: string): FatEntry[]
  /** A file's bytes, at most `max`, or null when there is none. @throws {MalformedError} */
  readFile(path: string, max?: number): Uint8Array | null
  /** Where a file's bytes are on the volume, in order; null when there is none. */
  extentsOf(path: string): Extent[] | null
}

/**
 * Opens a FAT volume that nobody vouches for: every chain is bounded and met once, every place is
 * within the volume. Microsoft FAT specification (fatgen103), UEFI 2.10 section 13.3.
 * @throws {MalformedError}
 */
export function openFat(disk: RandomAccess): Fat {
  const volume = readFatVolume(disk)
  const find = (path: string) => findIn(volume, path)
  return {
    bits: volume.bits,
    serial: volume.serial,
    find,
    list: (path) => readDirectory(folderAt(volume, path)),
    readFile(path, max = FILE_BYTES_MAX) {
      const entry = find(path)
      if (entry === null || entry.isDirectory) return null
      return within(path, () => readWhole(volume, entry, Math.min(max, FILE_BYTES_MAX)))
    },
    extentsOf(path) {
      const entry = find(path)
      if (entry === null || entry.isDirectory) return null
      return within(path, () => extentsOf(volume, entry))
    },
  }
}

function partsOf(path: string): string[] {
  const parts = path.split(/[/\\]+/).filter((part) => part !== '')
  if (parts.length > pathPartsMax) throw new MalformedError('path', 0, 'too many folders')
  return parts
}

function findIn(volume: FatVolume, path: string): FatEntry | null {
  const parts = partsOf(path)
  const name = parts.pop()
  if (name === undefined) return null
  let folder: Uint8Array | null = rootOf(volume)
  for (const part of parts) {
    const entry: FatEntry | null = folder && named(folder, part)
    folder = entry?.isDirectory === true ? contentOf(volume, entry) : null
  }
  return folder && named(folder, name)
}

function named(folder: Uint8Array, name: string): FatEntry | null {
  const wanted = name.toUpperCase()
  const found = readDirectory(folder).filter(
    (entry) => entry.name.toUpperCase() === wanted || entry.shortName.toUpperCase() === wanted,
  )
  if (found.length > 1) throw new MalformedError(name, 0, 'two entries bear this name')
  return found[0] ?? null
}

function folderAt(volume: FatVolume, path: string): Uint8Array {
  if (partsOf(path).length === 0) return rootOf(volume)
  const entry = findIn(volume, path)
  if (entry?.isDirectory !== true) throw new MalformedError(path, 0, 'no such folder')
  return contentOf(volume, entry)
}

function rootOf(volume: FatVolume): Uint8Array {
  return volume.bits === 32
    ? clustersOf(volume, volume.rootCluster, directoryBytesMax)
    : volume.disk.readAt(volume.rootOffset, volume.rootBytes)
}

/** A folder's bytes. One whose first cluster is 0 stands for the root ("..") and is no sub-folder. */
function contentOf(volume: FatVolume, entry: FatEntry): Uint8Array {
  return within(entry.name, () => clustersOf(volume, entry.firstCluster, directoryBytesMax))
}

function clustersOf(volume: FatVolume, first: number, bytesMax: number): Uint8Array {
  const { clusterBytes, disk } = volume
  const chain = chainOf(volume, first, Math.max(1, Math.floor(bytesMax / clusterBytes)))
  const bytes = new Uint8Array(chain.length * clusterBytes)
  for (const [i, cluster] of chain.entries())
    bytes.set(disk.readAt(offsetOf(volume, cluster), clusterBytes), i * clusterBytes)
  return bytes
}

function readWhole(volume: FatVolume, entry: FatEntry, max: number): Uint8Array {
  if (entry.sizeBytes > max)
    throw new MalformedError('DIR_FileSize', 28, `${entry.sizeBytes} bytes, more than ${max}`)
  const extents = extentsOf(volume, entry)
  const bytes = new Uint8Array(entry.sizeBytes)
  let at = 0
  for (const { offset, length } of extents) {
    bytes.set(volume.disk.readAt(offset, length), at)
    at += length
  }
  return bytes
}

/** Exactly as many bytes as the entry says: a chain that is shorter or longer is a fault. */
function extentsOf(volume: FatVolume, { sizeBytes, firstCluster }: FatEntry): Extent[] {
  if (sizeBytes === 0 && firstCluster === 0) return []
  const needed = Math.ceil(sizeBytes / volume.clusterBytes)
  const chain = chainOf(volume, firstCluster, Math.max(1, needed))
  if (chain.length < needed) throw new MalformedError('DIR_FileSize', 28, 'the chain is shorter')
  const extents: { offset: number; length: number }[] = []
  let left = sizeBytes
  for (const cluster of chain) {
    const length = Math.min(left, volume.clusterBytes)
    const offset = offsetOf(volume, cluster)
    const last = extents.at(-1)
    if (last !== undefined && last.offset + last.length === offset) last.length += length
    else if (length > 0) extents.push({ offset, length })
    left -= length
  }
  return extents
}
