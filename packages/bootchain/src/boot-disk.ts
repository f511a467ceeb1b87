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
import { type GrubVolumes, grubDeviceOf, openGrubVolumes } from './grub-volumes.ts'

/** A file that takes part in the boot. */
export interface BootFile {
  /**
   * Its path on the EFI system partition, without a slash in front; on another partition, with GRUB's name of that
   * before it: `(hd0,gpt2)/boot/vmlinuz`.
   */
  readonly path: string
  readonly bytes: Uint8Array
}

/** The boot disk as the firmware meets it: its table and its EFI system partition. */
export interface BootDisk {
  readonly table: PartitionTable
  /** GRUB's name of the EFI system partition, e.g. `hd0,gpt1`. */
  readonly grubDevice: string
  readonly esp: Fat
  /** All partitions; opened when first asked for. */
  readonly volumes: GrubVolumes
  /** The file, or null when there is none. */
  find(path: string): BootFile | null
}

/** No file that a loader reads is larger. */
export const BOOT_FILE_BYTES_MAX = 256 << 20

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
  let volumes: GrubVolumes | null = null
  return {
    table,
    grubDevice: grubDeviceOf(partition),
    esp,
    get volumes() {
      volumes ??= openGrubVolumes(disk, table)
      return volumes
    },
    find(path) {
      const bytes = esp.readFile(path, BOOT_FILE_BYTES_MAX)
      return bytes === null ? null : { path: path.replace(/^\/+/, ''), bytes }
    },
  }
}
