import { BootChainError, type BootReport, report } from '@trusted-launch/bootchain'
import { fromUtf16le, toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import {
  EFI_SYSTEM_PARTITION,
  type Fat,
  isOfType,
  openFat,
  openPartition,
  type Partition,
  type RandomAccess,
  readPartitionTable,
} from '@trusted-launch/disk'
import { databaseOf, type SecureBootTemplate } from '@trusted-launch/uefi'

/** A file in the EFI system partition. */
export interface ImageFile {
  readonly path: string
  readonly sizeBytes: number
  readonly sha256: string
}

/** What is on a disk that firmware would look at. */
export interface ImageReport {
  /** Of the disk as a machine sees it. */
  readonly sizeBytes: number
  readonly partitions: readonly {
    readonly name: string
    readonly offset: number
    readonly sizeBytes: number
    readonly efiSystem: boolean
  }[]
  readonly files: readonly ImageFile[]
  /** What boots, who signed it, whether the given keys allow it; null where that cannot be foretold. */
  readonly boot: BootReport | null
  readonly bootUnknown: string | null
}

const foldersMax = 1000
const filesMax = 10_000

/**
 * Reads a disk image without mounting it: its partitions, and each file of its EFI system
 * partitions with its digest, and what would boot under firmware with these keys.
 * @throws {MalformedError} no partition table, or a file system that contradicts itself.
 */
export function inspectImage(disk: RandomAccess, template: SecureBootTemplate): ImageReport {
  const { partitions } = readPartitionTable(disk)
  const files = partitions
    .filter((partition) => isOfType(partition, EFI_SYSTEM_PARTITION))
    .flatMap((partition) => filesOf(openFat(openPartition(disk, partition))))
  return {
    sizeBytes: disk.size,
    partitions: partitions.map(viewOf),
    files,
    ...bootOf(disk, template),
  }
}

function bootOf(disk: RandomAccess, { db, dbx }: SecureBootTemplate) {
  try {
    const policy = { db: databaseOf(db), dbx: databaseOf(dbx) }
    return { boot: report(disk, policy), bootUnknown: null }
  } catch (e) {
    if (!(e instanceof BootChainError)) throw e
    return { boot: null, bootUnknown: e.message }
  }
}

function viewOf(partition: Partition) {
  const { offset, size, entry } = partition
  const name = fromUtf16le(entry.partitionName).replace(/\0.*$/s, '')
  const efiSystem = isOfType(partition, EFI_SYSTEM_PARTITION)
  return { name, offset, sizeBytes: size, efiSystem }
}

function filesOf(fat: Fat): ImageFile[] {
  const files: ImageFile[] = []
  const folders = ['']
  for (let i = 0; i < folders.length; i++) {
    if (folders.length > foldersMax) throw new Error(`more than ${foldersMax} folders`)
    for (const { name, isDirectory } of fat.list(folders[i]!)) {
      const path = `${folders[i]}/${name}`
      if (isDirectory) folders.push(path)
      else files.push(fileOf(fat, path))
      if (files.length > filesMax) throw new Error(`more than ${filesMax} files`)
    }
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1))
}

function fileOf(fat: Fat, path: string): ImageFile {
  const bytes = fat.readFile(path) ?? new Uint8Array(0)
  return { path, sizeBytes: bytes.length, sha256: toHex(digest('sha256', bytes)) }
}
