import { fromUtf16le, MalformedError, toLatin1 } from '@trusted-launch/codec'

/** One file or folder as its folder tells of it. */
export interface FatEntry {
  /** The long name where there is one, else the short name. */
  readonly name: string
  /** The 8.3 name, upper case: `GRUBX64.EFI`. */
  readonly shortName: string
  readonly isDirectory: boolean
  readonly sizeBytes: number
  readonly firstCluster: number
}

const entryBytes = 32
const attributeLongName = 0x0f
const attributeVolumeId = 0x08
const attributeDirectory = 0x10
const charactersPerPart = 13
const partsMax = 20

/**
 * The entries of a folder's bytes, without `.`, `..`, deleted ones and the volume's label. A long
 * name counts only when it is whole and its checksum is that of the short name after it, as in every
 * other reader. Microsoft FAT specification, "Directory Structure" and "Long File Names".
 */
export function readDirectory(bytes: Uint8Array): FatEntry[] {
  const entries: FatEntry[] = []
  let long: LongName | null = null
  for (let at = 0; at + entryBytes <= bytes.length && bytes[at] !== 0; at += entryBytes) {
    const entry = bytes.subarray(at, at + entryBytes)
    const attributes = entry[11]!
    if (entry[0] === 0xe5) long = null
    else if ((attributes & 0x3f) === attributeLongName) long = continued(long, entry)
    else {
      if ((attributes & attributeVolumeId) === 0 && entry[0] !== 0x2e)
        entries.push(read(entry, long))
      long = null
    }
  }
  return entries
}

interface LongName {
  readonly checksum: number
  /** How many parts are still to come before the short entry. */
  readonly left: number
  readonly text: string
}

/** Parts come last first: the highest number has bit 6 set, then down to 1. */
function continued(before: LongName | null, entry: Uint8Array): LongName | null {
  const order = entry[0]! & 0x3f
  const checksum = entry[13]!
  if (order === 0 || order > partsMax) return null
  if ((entry[0]! & 0x40) !== 0) return { checksum, left: order - 1, text: partOf(entry) }
  if (before === null || before.left !== order || before.checksum !== checksum) return null
  return { checksum, left: order - 1, text: partOf(entry) + before.text }
}

function partOf(entry: Uint8Array): string {
  const units = new Uint8Array(charactersPerPart * 2)
  units.set(entry.subarray(1, 11), 0)
  units.set(entry.subarray(14, 26), 10)
  units.set(entry.subarray(28, 32), 22)
  return fromUtf16le(units)
}

function read(entry: Uint8Array, long: LongName | null): FatEntry {
  const view = new DataView(entry.buffer, entry.byteOffset, entryBytes)
  const shortName = shortNameOf(entry)
  const holds = long !== null && long.left === 0 && long.checksum === checksumOf(entry)
  const longName = holds ? long.text.replace(/\0.*$/s, '') : ''
  const sizeBytes = view.getUint32(28, true)
  const isDirectory = (entry[11]! & attributeDirectory) !== 0
  if (isDirectory && sizeBytes !== 0)
    throw new MalformedError('DIR_FileSize', 28, 'a folder with a size')
  const firstCluster = view.getUint16(20, true) * 0x10000 + view.getUint16(26, true)
  return {
    name: longName || caseOf(entry, shortName),
    shortName,
    isDirectory,
    sizeBytes,
    firstCluster,
  }
}

function shortNameOf(entry: Uint8Array): string {
  const base = toLatin1(entry.subarray(0, 8)).replace(/^\x05/, '\xe5').replace(/ +$/, '')
  const extension = toLatin1(entry.subarray(8, 11)).replace(/ +$/, '')
  return extension === '' ? base : `${base}.${extension}`
}

/** Windows and Linux mark an all-lower-case 8.3 name by two bits instead of a long name. */
function caseOf(entry: Uint8Array, shortName: string): string {
  const [base = '', extension] = shortName.split('.')
  const lowered = (text: string, bit: number) => (entry[12]! & bit ? text.toLowerCase() : text)
  return extension === undefined
    ? lowered(base, 0x08)
    : `${lowered(base, 0x08)}.${lowered(extension, 0x10)}`
}

function checksumOf(entry: Uint8Array): number {
  let sum = 0
  for (const byte of entry.subarray(0, 11)) sum = (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff
  return sum
}
