import { MalformedError } from '@trusted-launch/codec'
import { type RandomAccess, withinSize } from './random-access.ts'

/** Where things are on a FAT volume. Microsoft FAT specification, "Boot Sector and BPB". */
export interface FatVolume {
  readonly bits: 12 | 16 | 32
  /** BS_VolID, as `74F1-A001`. */
  readonly serial: string
  readonly disk: RandomAccess
  readonly clusterBytes: number
  readonly clusters: number
  /** Offset of the first cluster (number 2). */
  readonly dataOffset: number
  /** FAT12 and FAT16 keep the root folder apart; on FAT32 it is a chain from `rootCluster`. */
  readonly rootOffset: number
  readonly rootBytes: number
  readonly rootCluster: number
  readonly fat: Uint8Array
}

/** FAT32's largest table is 1 GiB; a volume that firmware starts from needs a hundredth of this. */
export const fatBytesMax = 64 << 20

/** Reads the first sector and the first file allocation table. @throws {MalformedError} */
export function readFatVolume(disk: RandomAccess): FatVolume {
  const sector = disk.readAt(0, 512)
  const view = new DataView(sector.buffer, sector.byteOffset, 512)
  const u16 = (at: number) => view.getUint16(at, true)
  const u32 = (at: number) => view.getUint32(at, true)
  if (u16(510) !== 0xaa55) throw fault('Signature_word', 510, 'not 0xAA55')
  const sectorBytes = powerOfTwo('BPB_BytsPerSec', 11, u16(11), 512, 4096)
  const clusterSectors = powerOfTwo('BPB_SecPerClus', 13, view.getUint8(13), 1, 128)
  const reserved = u16(14)
  const fats = view.getUint8(16)
  if (reserved === 0) throw fault('BPB_RsvdSecCnt', 14, '0')
  if (fats === 0 || fats > 2) throw fault('BPB_NumFATs', 16, `${fats}`)
  const rootEntries = u16(17)
  const total = u16(19) || u32(32)
  const fatSectors = u16(22) || u32(36)
  const wide = u16(22) === 0
  const rootSectors = Math.ceil((rootEntries * 32) / sectorBytes)
  const dataSector = reserved + fats * fatSectors + rootSectors
  if (fatSectors === 0 || fatSectors * sectorBytes > fatBytesMax)
    throw fault('BPB_FATSz', 22, `${fatSectors} sectors`)
  if (total <= dataSector) throw fault('BPB_TotSec', 19, `${total} sectors, no room for data`)
  withinSize(disk.size, 0, total * sectorBytes)
  const clusters = Math.floor((total - dataSector) / clusterSectors)
  const bits = clusters < 4085 ? 12 : clusters < 65525 ? 16 : 32
  if ((bits === 32) !== wide || (bits === 32) !== (rootEntries === 0))
    throw fault('BPB_FATSz16', 22, `does not fit ${clusters} clusters`)
  if (Math.ceil(((clusters + 2) * bits) / 8) > fatSectors * sectorBytes)
    throw fault('BPB_FATSz', 22, 'the table is too short for the clusters')
  const rootSector = reserved + fats * fatSectors
  return {
    bits,
    serial: serialOf(u32(wide ? 67 : 39)),
    disk,
    clusterBytes: clusterSectors * sectorBytes,
    clusters,
    dataOffset: dataSector * sectorBytes,
    rootOffset: rootSector * sectorBytes,
    rootBytes: rootEntries * 32,
    rootCluster: wide ? u32(44) : 0,
    fat: new Uint8Array(disk.readAt(reserved * sectorBytes, fatSectors * sectorBytes)),
  }
}

function serialOf(number: number): string {
  return number
    .toString(16)
    .toUpperCase()
    .padStart(8, '0')
    .replace(/^(.{4})/, '$1-')
}

/**
 * The clusters of a chain, from its first, at most `max`. A cluster met twice, one that is free, bad
 * or beyond the volume is a fault, so every chain ends.
 */
export function chainOf(volume: FatVolume, first: number, max: number): number[] {
  const chain: number[] = []
  const met = new Uint8Array(Math.ceil((volume.clusters + 2) / 8))
  const endOfChain = { 12: 0xff8, 16: 0xfff8, 32: 0x0fff_fff8 }[volume.bits]
  for (let cluster = first; cluster < endOfChain; cluster = nextOf(volume, cluster)) {
    if (cluster < 2 || cluster >= volume.clusters + 2)
      throw fault('FAT', 0, `cluster ${cluster} is no cluster of a file`)
    if ((met[cluster >> 3]! >> (cluster & 7)) & 1) throw fault('FAT', 0, `cluster ${cluster} twice`)
    met[cluster >> 3]! |= 1 << (cluster & 7)
    if (chain.length >= max) throw fault('FAT', 0, `a chain of more than ${max} clusters`)
    chain.push(cluster)
  }
  return chain
}

/** Where a cluster begins on the volume. */
export function offsetOf(volume: FatVolume, cluster: number): number {
  return volume.dataOffset + (cluster - 2) * volume.clusterBytes
}

function nextOf({ bits, fat }: FatVolume, cluster: number): number {
  const view = new DataView(fat.buffer, fat.byteOffset, fat.length)
  if (bits === 32) return view.getUint32(cluster * 4, true) & 0x0fff_ffff
  if (bits === 16) return view.getUint16(cluster * 2, true)
  const pair = view.getUint16(cluster + (cluster >> 1), true)
  return cluster & 1 ? pair >> 4 : pair & 0xfff
}

function powerOfTwo(field: string, at: number, value: number, min: number, max: number): number {
  if (value < min || value > max || (value & (value - 1)) !== 0) throw fault(field, at, `${value}`)
  return value
}

function fault(field: string, offset: number, reason: string): MalformedError {
  return new MalformedError(field, offset, reason).within('FAT')
}
