import { MalformedError } from '@trusted-launch/codec'
import {
  type Fat,
  openExt4,
  openFat,
  openPartition,
  type PartitionTable,
  type RandomAccess,
} from '@trusted-launch/disk'

/** A file system of the boot disk as GRUB reads it. */
export interface GrubVolume {
  /** The file system's own, as `search --fs-uuid` asks for it: an ext4 UUID, or FAT's serial number. */
  readonly uuid: string
  /** What a folder tells of a path; a link at its end is not followed, and is no folder. */
  look(path: string): { readonly isDirectory: boolean } | null
  /** The names in a folder; none: there is no such folder. */
  list(path: string): readonly string[]
  readFile(path: string, max: number): Uint8Array | null
}

/** By GRUB's name, e.g. `hd0,gpt1`; null: a file system that is not read here. */
export type GrubVolumes = ReadonlyMap<string, GrubVolume | null>

const partitionsMax = 16

/** GRUB's name of a partition of the boot disk. */
export function grubDeviceOf({ number }: { readonly number: number }): string {
  return `hd0,gpt${number}`
}

/** The partitions of a disk, FAT, ext2, ext3 and ext4 opened; at most the first sixteen. */
export function openGrubVolumes(disk: RandomAccess, { partitions }: PartitionTable): GrubVolumes {
  return new Map(
    partitions.map((partition, i) => {
      const volume = i < partitionsMax ? openVolume(openPartition(disk, partition)) : null
      return [grubDeviceOf(partition), volume]
    }),
  )
}

function openVolume(disk: RandomAccess): GrubVolume | null {
  return orNull(() => fatVolume(openFat(disk))) ?? orNull(() => ext4Volume(disk))
}

export function fatVolume(fat: Fat): GrubVolume {
  return {
    uuid: fat.serial,
    look: (path) => (isRoot(path) ? { isDirectory: true } : fat.find(path)),
    list(path) {
      const isFolder = isRoot(path) || fat.find(path)?.isDirectory === true
      return isFolder ? fat.list(path).map(({ name }) => name) : []
    },
    readFile: (path, max) => fat.readFile(path, max),
  }
}

function ext4Volume(disk: RandomAccess): GrubVolume {
  const volume = openExt4(disk)
  return {
    uuid: volume.uuid,
    look(path) {
      const found = volume.look(path)
      return found === null ? null : { isDirectory: found.kind === 'folder' }
    },
    list: (path) => volume.list(path).map(({ name }) => name),
    readFile: (path, max) => volume.readFile(path, max),
  }
}

function isRoot(path: string): boolean {
  return /^\/*$/.test(path)
}

function orNull<T>(open: () => T): T | null {
  try {
    return open()
  } catch (e) {
    if (e instanceof MalformedError) return null
    throw e
  }
}
