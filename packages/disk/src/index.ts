export { type Ext4, type Ext4Entry, openExt4 } from './ext4.ts'
export { type Extent, type Fat, FILE_BYTES_MAX, openFat } from './fat.ts'
export type { FatEntry } from './fat-directory.ts'
export {
  EFI_PARTITION_ENTRY,
  EFI_PARTITION_TABLE_HEADER,
  EFI_SYSTEM_PARTITION,
  isOfType,
  openPartition,
  type Partition,
  type PartitionTable,
  readPartitionTable,
  SECTOR_BYTES,
} from './gpt.ts'
export { type DiskLayout, encodePartitionTable, type PartitionTableBytes } from './gpt-layout.ts'
export { openQcow2, QCowHeader, type Qcow2Options } from './qcow2.ts'
export { fromBytes, partOf, type RandomAccess, withinSize } from './random-access.ts'
