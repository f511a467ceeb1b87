import { MalformedError, toHex } from '@trusted-launch/codec'
import type { RandomAccess } from './random-access.ts'

/** Where things are on an ext2, ext3 or ext4 volume. Linux, Documentation/filesystems/ext4/super.rst. */
export interface Ext4Volume {
  /** s_uuid, in five groups of hexadecimal digits. */
  readonly uuid: string
  readonly disk: RandomAccess
  readonly blockBytes: number
  readonly blocks: number
  readonly inodes: number
  readonly inodesPerGroup: number
  readonly inodeBytes: number
  readonly descriptorBytes: number
  /** Offset of the first group descriptor. */
  readonly descriptorsOffset: number
}

/** One file, folder or link. Documentation/filesystems/ext4/inodes.rst. */
export interface Ext4Inode {
  readonly kind: 'file' | 'folder' | 'link' | 'other'
  readonly sizeBytes: number
  readonly flags: number
  /** The sixty bytes `i_block`: a map of blocks, or a short link's target. */
  readonly block: Uint8Array
}

export const INODE_FLAG = { encrypted: 0x800, extents: 0x8_0000, inlineData: 0x1000_0000 } as const

const superblockOffset = 1024
/** What changes where things are and is not read here: group descriptors elsewhere, a journal alone. */
const incompatibleRefused = { JOURNAL_DEV: 0x8, META_BG: 0x10, DIRDATA: 0x1000 } as const
const is64Bit = 0x80
const blocksMax = 2 ** 40

/** Reads the superblock. @throws {MalformedError} */
export function readExt4Volume(disk: RandomAccess): Ext4Volume {
  const view = viewOf(disk.readAt(superblockOffset, 1024))
  const u32 = (at: number) => view.getUint32(at, true)
  const u16 = (at: number) => view.getUint16(at, true)
  if (u16(0x38) !== 0xef53) throw fault('s_magic', 0x38, 'not 0xEF53')
  const logBlock = u32(0x18)
  if (logBlock > 6) throw fault('s_log_block_size', 0x18, `${logBlock}`)
  const blockBytes = 1024 << logBlock
  const incompatible = u32(0x60)
  for (const [name, flag] of Object.entries(incompatibleRefused))
    if ((incompatible & flag) !== 0) throw fault('s_feature_incompat', 0x60, name)
  const wide = (incompatible & is64Bit) !== 0
  const blocks = u32(0x4) + (wide ? u32(0x150) * 2 ** 32 : 0)
  if (blocks === 0 || blocks > blocksMax || blocks * blockBytes > disk.size)
    throw fault('s_blocks_count', 0x4, `${blocks} blocks`)
  const inodesPerGroup = u32(0x28)
  if (inodesPerGroup === 0 || inodesPerGroup > blockBytes * 8)
    throw fault('s_inodes_per_group', 0x28, `${inodesPerGroup}`)
  const inodeBytes = u32(0x4c) === 0 ? 128 : u16(0x58)
  if (inodeBytes < 128 || inodeBytes > blockBytes || (inodeBytes & (inodeBytes - 1)) !== 0)
    throw fault('s_inode_size', 0x58, `${inodeBytes}`)
  const descriptorBytes = wide ? u16(0xfe) : 32
  if (descriptorBytes < (wide ? 64 : 32) || descriptorBytes > 1024)
    throw fault('s_desc_size', 0xfe, `${descriptorBytes}`)
  return {
    uuid: grouped(disk.readAt(superblockOffset + 0x68, 16)),
    ...{ disk, blockBytes, blocks, inodesPerGroup, inodeBytes, descriptorBytes },
    inodes: u32(0x0),
    descriptorsOffset: (u32(0x14) + 1) * blockBytes,
  }
}

function grouped(uuid: Uint8Array): string {
  return toHex(uuid).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** @throws {MalformedError} no such inode. */
export function readInode(volume: Ext4Volume, number: number): Ext4Inode {
  const { disk, blockBytes, inodesPerGroup, inodeBytes, descriptorBytes } = volume
  if (!(number >= 1 && number <= volume.inodes)) throw fault('inode', 0, `${number}`)
  const group = Math.floor((number - 1) / inodesPerGroup)
  const at = volume.descriptorsOffset + group * descriptorBytes
  const descriptor = viewOf(disk.readAt(at, descriptorBytes))
  const high = descriptorBytes >= 64 ? descriptor.getUint32(0x28, true) : 0
  const table = descriptor.getUint32(0x8, true) + high * 2 ** 32
  const offset = table * blockBytes + ((number - 1) % inodesPerGroup) * inodeBytes
  const bytes = new Uint8Array(disk.readAt(offset, 128))
  const view = viewOf(bytes)
  const sizeBytes = view.getUint32(0x4, true) + view.getUint32(0x6c, true) * 2 ** 32
  return {
    kind: kindOf(view.getUint16(0, true)),
    sizeBytes,
    flags: view.getUint32(0x20, true),
    block: bytes.subarray(0x28, 0x28 + 60),
  }
}

function kindOf(mode: number): Ext4Inode['kind'] {
  const kinds: Readonly<Record<number, Ext4Inode['kind']>> = { 4: 'folder', 8: 'file', 10: 'link' }
  return kinds[mode >> 12] ?? 'other'
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

export function fault(field: string, offset: number, reason: string): MalformedError {
  return new MalformedError(field, offset, reason).within('ext4')
}
