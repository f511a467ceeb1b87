import { equalBytes, fromHex, MalformedError } from '@trusted-launch/codec'
import {
  EFI_SYSTEM_PARTITION,
  type Ext4,
  type Fat,
  isOfType,
  openExt4,
  openFat,
  openPartition,
  type Partition,
  type RandomAccess,
  readPartitionTable,
  SECTOR_BYTES,
} from '@trusted-launch/disk'
import { doesNot, type Examined, type ExaminedRow, rowOr, works } from './examination.ts'

/** The parts of a disk that a report looks into. */
export interface ExaminedDisk {
  readonly rows: readonly [table: ExaminedRow, esp: ExaminedRow]
  readonly isGpt: boolean
  /** Whether a BIOS finds partitions: in an MBR, or a partition for its loader in a GPT. */
  readonly hasBiosTable: boolean
  /** Null: there is none that can be read. */
  readonly esp: Fat | null
  readonly volumes: readonly Ext4[]
  /** What the other partitions hold: `xfs`, `LUKS`, `unknown` …, each once. */
  readonly unread: readonly string[]
}

const partitionsTried = 16
const TABLE = 'partition table'
const ESP = 'EFI system partition'
const protectiveType = 0xee
/** 21686148-6449-6E6F-744E-656564454649, as on disk: where GRUB for a BIOS lies in a GPT. */
const BIOS_BOOT = fromHex('4861682149646f6e744e656564454649')

/** What tells a file system or volume manager that is not read here: its name, where, and what stands there. */
const magics: readonly (readonly [name: string, offset: number, text: string])[] = [
  ['xfs', 0, 'XFSB'],
  ['LUKS', 0, 'LUKS\xba\xbe'],
  ['btrfs', 0x10040, '_BHRfS_M'],
  ['LVM', 512, 'LABELONE'],
  ['swap', 4086, 'SWAPSPACE2'],
  ['NTFS', 3, 'NTFS    '],
  ['squashfs', 0, 'hsqs'],
]

export function openExamined(disk: RandomAccess): ExaminedDisk {
  let partitions: readonly Partition[] | null = null
  const table = rowOr(
    (what, reason) => withoutGpt(what, disk, reason),
    TABLE,
    () => {
      partitions = readPartitionTable(disk).partitions
      const isHybrid = mbrTypes(disk).some((type) => type !== protectiveType)
      const told = `a GUID partition table of ${partitions.length} partition(s)`
      return isHybrid ? works(TABLE, `${told}, with an MBR beside it`) : works(TABLE, told)
    },
  )
  const found: readonly Partition[] = partitions ?? []
  const [espRow, esp] = openEsp(disk, found, partitions !== null)
  const others = found
    .filter((one) => !isOfType(one, EFI_SYSTEM_PARTITION))
    .slice(0, partitionsTried)
  const opened = others.map((one) => openVolume(openPartition(disk, one)))
  return {
    rows: [table, espRow],
    isGpt: partitions !== null,
    hasBiosTable:
      mbrTypes(disk).some((type) => type !== protectiveType) ||
      found.some((one) => isOfType(one, BIOS_BOOT)),
    esp,
    volumes: opened.filter((one) => typeof one !== 'string'),
    unread: [...new Set(opened.filter((one) => typeof one === 'string'))],
  }
}

function withoutGpt(what: Examined, disk: RandomAccess, reason: string): ExaminedRow {
  const types = mbrTypes(disk)
  if (types.includes(protectiveType))
    return doesNot(
      what,
      `a GUID partition table that is damaged: ${reason}`,
      'sgdisk --verify tells more',
    )
  if (types.length > 0)
    return doesNot(
      what,
      'a partition table of the MBR kind: an image of generation 1, which starts by BIOS',
      'take the vendor’s image for UEFI or Gen2, or convert it: mbr2gpt in Windows; sgdisk --mbrtogpt and an EFI system partition in Linux',
    )
  return doesNot(
    what,
    `no partition table: ${reason}`,
    'a disk image is wanted, not a file system or an installer',
  )
}

/** The types of the MBR's partitions; none: there is no MBR. */
function mbrTypes(disk: RandomAccess): number[] {
  if (disk.size < SECTOR_BYTES) return []
  const sector = disk.readAt(0, SECTOR_BYTES)
  if (sector[510] !== 0x55 || sector[511] !== 0xaa) return []
  return [0, 1, 2, 3].map((i) => sector[446 + 16 * i + 4]!).filter((type) => type !== 0)
}

function openEsp(
  disk: RandomAccess,
  partitions: readonly Partition[],
  isGpt: boolean,
): [ExaminedRow, Fat | null] {
  const partition = partitions.find((each) => isOfType(each, EFI_SYSTEM_PARTITION))
  if (partition === undefined) {
    const why = isGpt ? 'no partition has its type' : 'there is no GUID partition table'
    return [
      doesNot(
        ESP,
        why,
        'make one (FAT32, type C12A7328-…) and install a boot loader for UEFI into it',
      ),
      null,
    ]
  }
  let esp: Fat | null = null
  const row = rowOr(
    (what, reason) => doesNot(what, `its file system cannot be read: ${reason}`),
    ESP,
    () => {
      esp = openFat(openPartition(disk, partition))
      return works(
        ESP,
        `partition ${partition.number}, FAT${esp.bits}, ${Math.floor(partition.size / (1 << 20))} MiB`,
      )
    },
  )
  return [row, esp]
}

/** The volume, or what else is there. */
function openVolume(disk: RandomAccess): Ext4 | string {
  try {
    const volume = openExt4(disk)
    volume.list('/')
    return volume
  } catch (e) {
    if (!(e instanceof MalformedError)) throw e
    return magics.find((magic) => has(disk, magic))?.[0] ?? 'an unknown file system'
  }
}

function has(disk: RandomAccess, [, offset, text]: (typeof magics)[number]): boolean {
  const wanted = Uint8Array.from([...text].map((character) => character.charCodeAt(0)))
  return (
    offset + wanted.length <= disk.size && equalBytes(disk.readAt(offset, wanted.length), wanted)
  )
}
