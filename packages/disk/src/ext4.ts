import { fromUtf8, MalformedError, toLatin1, within } from '@trusted-launch/codec'
import { contentOf } from './ext4-blocks.ts'
import {
  type Ext4Inode,
  type Ext4Volume,
  fault,
  INODE_FLAG,
  readExt4Volume,
  readInode,
  viewOf,
} from './ext4-volume.ts'
import { FILE_BYTES_MAX } from './fat.ts'
import type { RandomAccess } from './random-access.ts'

/** What a folder tells of one of its entries. */
export interface Ext4Entry {
  readonly name: string
  readonly inode: number
}

/** An ext2, ext3 or ext4 volume. Paths are separated by `/`; links are followed, within the volume. */
export interface Ext4 {
  /** Of the file system, as in /etc/fstab. */
  readonly uuid: string
  /** What is at `path`, or null when there is nothing. @throws {MalformedError} */
  find(path: string): Pick<Ext4Inode, 'kind' | 'sizeBytes'> | null
  /** As `find`, but a link at the path's end is not followed. @throws {MalformedError} */
  look(path: string): Pick<Ext4Inode, 'kind' | 'sizeBytes'> | null
  /** A folder's entries without `.` and `..`; none when there is no such folder. @throws {MalformedError} */
  list(path: string): Ext4Entry[]
  /** A file's bytes, at most `max`, or null when there is none. @throws {MalformedError} */
  readFile(path: string, max?: number): Uint8Array | null
}

const rootInode = 2
const linksMax = 16
const partsMax = 64
const linkBytesMax = 4096
const folderBytesMax = 4 << 20
const entriesMax = 1 << 16

/**
 * Opens an ext4 volume that nobody vouches for, to read from it. The journal is not replayed: of a volume that was
 * not unmounted what is read may be older than what the guest wrote. Checksums are not looked at.
 * @throws {MalformedError}
 * @see Linux, Documentation/filesystems/ext4
 */
export function openExt4(disk: RandomAccess): Ext4 {
  const volume = readExt4Volume(disk)
  const at = (path: string) => within(path, () => resolve(volume, path))
  return {
    uuid: volume.uuid,
    find: at,
    look: (path) => within(path, () => resolve(volume, path, false)),
    list(path) {
      const inode = at(path)
      return inode?.kind === 'folder' ? within(path, () => entriesOf(volume, inode)) : []
    },
    readFile(path, max = FILE_BYTES_MAX) {
      const inode = at(path)
      if (inode?.kind !== 'file') return null
      return within(path, () => contentOf(volume, inode, Math.min(max, FILE_BYTES_MAX)))
    },
  }
}

function resolve(volume: Ext4Volume, path: string, toTheEnd = true): Ext4Inode | null {
  const way = [readInode(volume, rootInode)]
  const parts = partsOf(path)
  for (let links = 0; parts.length > 0; ) {
    const part = parts.shift()!
    if (part === '..') {
      if (way.length > 1) way.pop()
      continue
    }
    const found = childOf(volume, way.at(-1)!, part)
    if (found === null) return null
    const isEnd = parts.length === 0 && !toTheEnd
    if (found.kind !== 'link' || isEnd) way.push(found)
    else {
      if (++links > linksMax) throw fault('link', 0, `more than ${linksMax} links`)
      const target = targetOf(volume, found)
      if (target.startsWith('/')) way.splice(1)
      parts.unshift(...partsOf(target))
      if (parts.length > partsMax) throw new MalformedError('path', 0, 'too many folders')
    }
  }
  return way.at(-1)!
}

function partsOf(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.length > partsMax) throw new MalformedError('path', 0, 'too many folders')
  return parts
}

function childOf(volume: Ext4Volume, folder: Ext4Inode, name: string): Ext4Inode | null {
  if (folder.kind !== 'folder') return null
  const entry = entriesOf(volume, folder).find((each) => each.name === name)
  return entry === undefined ? null : readInode(volume, entry.inode)
}

function targetOf(volume: Ext4Volume, link: Ext4Inode): string {
  const isShort = link.sizeBytes < 60 && (link.flags & INODE_FLAG.extents) === 0
  const bytes = isShort
    ? link.block.subarray(0, link.sizeBytes)
    : contentOf(volume, link, linkBytesMax)
  return fromUtf8(bytes)
}

/** Entries block by block; an index of a large folder looks like entries of nothing. "Linear Directories". */
function entriesOf(volume: Ext4Volume, folder: Ext4Inode): Ext4Entry[] {
  const bytes = contentOf(volume, folder, folderBytesMax)
  const view = viewOf(bytes)
  const entries: Ext4Entry[] = []
  for (let at = 0; at + 8 <= bytes.length; ) {
    const inode = view.getUint32(at, true)
    const length = view.getUint16(at + 4, true)
    const nameLength = bytes[at + 6]!
    if (length < 8 || length % 4 !== 0 || at + Math.max(length, 8 + nameLength) > bytes.length)
      throw fault('rec_len', at, `${length}`)
    const name = toLatin1(bytes.subarray(at + 8, at + 8 + nameLength))
    if (inode !== 0 && name !== '.' && name !== '..') entries.push({ name, inode })
    if (entries.length > entriesMax) throw fault('folder', at, `more than ${entriesMax} entries`)
    at += length
  }
  return entries
}
