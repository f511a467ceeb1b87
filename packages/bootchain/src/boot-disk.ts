import {
  EFI_SYSTEM_PARTITION,
  type Fat,
  isOfType,
  openFat,
  openPartition,
  type PartitionTable,
  type RandomAccess,
  readPartitionTable,
} from '@trusted-launch/disk'
import { BootChainError } from './errors.ts'

/** A file that takes part in the boot. */
export interface BootFile {
  /** Its path on the EFI system partition, without a slash in front. */
  readonly path: string
  readonly bytes: Uint8Array
}

/** The boot disk as the firmware meets it: its table and its EFI system partition. */
export interface BootDisk {
  readonly table: PartitionTable
  /** GRUB's name of the EFI system partition, e.g. `hd0,gpt1`. */
  readonly grubDevice: string
  readonly esp: Fat
  /** The file, or null when there is none. */
  find(path: string): BootFile | null
}

const fileBytesMax = 256 << 20

/**
 * Looks for the EFI system partition: the first of its type.
 * @throws {BootChainError} NO_EFI_SYSTEM_PARTITION. @throws {MalformedError} no readable table or FAT.
 */
export function openBootDisk(disk: RandomAccess): BootDisk {
  const table = readPartitionTable(disk)
  const partition = table.partitions.find((each) => isOfType(each, EFI_SYSTEM_PARTITION))
  if (partition === undefined)
    throw new BootChainError('NO_EFI_SYSTEM_PARTITION', 'disk', 'no EFI system partition')
  const esp = openFat(openPartition(disk, partition))
  return {
    table,
    grubDevice: `hd0,gpt${partition.number}`,
    esp,
    find(path) {
      const bytes = esp.readFile(path, fileBytesMax)
      return bytes === null ? null : { path: path.replace(/^\/+/, ''), bytes }
    },
  }
}

/** The file. @throws {BootChainError} FILE_NOT_FOUND */
export function requireFile(disk: BootDisk, path: string): BootFile {
  const file = disk.find(path)
  if (file === null) throw new BootChainError('FILE_NOT_FOUND', path, 'not on the boot disk')
  return file
}
