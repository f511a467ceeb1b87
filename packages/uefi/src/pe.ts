import {
  bytes,
  constant,
  MalformedError,
  type Of,
  Reader,
  struct,
  toLatin1,
  u16le,
  u32le,
  within,
} from '@trusted-launch/codec'

const imageBytesMax = 256 << 20
const sectionsMax = 96
const directoriesMax = 16
const stringTableBytesMax = 1 << 20
/** IMAGE_DIRECTORY_ENTRY_SECURITY: the one whose address is an offset in the file. */
const certificateDirectory = 4

/** IMAGE_FILE_HEADER. PE Format, "COFF File Header". */
export const IMAGE_FILE_HEADER = struct('IMAGE_FILE_HEADER', {
  machine: u16le,
  numberOfSections: u16le,
  timeDateStamp: u32le,
  pointerToSymbolTable: u32le,
  numberOfSymbols: u32le,
  sizeOfOptionalHeader: u16le,
  characteristics: u16le,
})

/** IMAGE_SECTION_HEADER. PE Format, "Section Table". */
export const IMAGE_SECTION_HEADER = struct('IMAGE_SECTION_HEADER', {
  name: bytes(8),
  virtualSize: u32le,
  virtualAddress: u32le,
  sizeOfRawData: u32le,
  pointerToRawData: u32le,
  pointerToRelocations: u32le,
  pointerToLinenumbers: u32le,
  numberOfRelocations: u16le,
  numberOfLinenumbers: u16le,
  characteristics: u32le,
})
export type IMAGE_SECTION_HEADER = Of<typeof IMAGE_SECTION_HEADER>

const IMAGE_DATA_DIRECTORY = struct('IMAGE_DATA_DIRECTORY', { virtualAddress: u32le, size: u32le })

/** What stands in the optional header up to its directories, under PE32 (0x10b) and PE32+ (0x20b). */
const optionalMagic = { pe32: 0x010b, pe32plus: 0x020b }
/** Where the fields are that the digest and the certificate table need: the same in both forms. */
const sizeOfHeadersAt = 60
const checkSumAt = 64
const directoriesAt = { [optionalMagic.pe32]: 96, [optionalMagic.pe32plus]: 112 }

/** A section: its whole name and its bytes in the file. */
export interface PeSection {
  /** The name, looked up in the COFF string table when the header only points there (`/14`). */
  readonly name: string
  readonly header: IMAGE_SECTION_HEADER
  /** Its bytes in the file, at most virtualSize of them: what the loader copies (a view). */
  readonly data: Uint8Array
  /** Its bytes in the file with the padding to the file's alignment (a view). */
  readonly rawData: Uint8Array
}

/** A region of the file. */
export interface PeRegion {
  readonly offset: number
  readonly size: number
}

/** A PE image as a file, looked at and not loaded. */
export interface PeImage {
  readonly bytes: Uint8Array
  readonly machine: number
  readonly sections: readonly PeSection[]
  readonly sizeOfHeaders: number
  /** Where the checksum (4 bytes) stands, which no digest covers. */
  readonly checkSumAt: number
  /** Where the certificate table's directory entry (8 bytes) stands; null when there is none. */
  readonly certificateEntryAt: number | null
  /** The certificate table; its size is 0 for an unsigned file. */
  readonly certificateTable: PeRegion
}

/**
 * Reads the headers, sections and certificate table's place of a PE32 or PE32+ file.
 *
 * Everything must lie inside the file, the certificate table must be the last thing in it, and
 * headers must not overlap sections, nor all sections be longer than the file: what is not so is refused, even
 * where a loader would shrug.
 *
 * @param bytes the whole file, at most 256 MiB.
 * @throws {MalformedError}
 * @see Microsoft, PE Format
 */
export function decodePe(bytes: Uint8Array): PeImage {
  if (bytes.length > imageBytesMax) throw new MalformedError('PE', 0, 'more than 256 MiB')
  return within('PE', () => readPe(new Reader(bytes)))
}

/** The section of that name, or null. @throws {MalformedError} more than one has it. */
export function sectionOf(image: PeImage, name: string): PeSection | null {
  const [first, ...more] = image.sections.filter((section) => section.name === name)
  if (more.length > 0)
    throw new MalformedError('PE.sections', 0, `${more.length + 1} sections named ${name}`)
  return first ?? null
}

function readPe(from: Reader): PeImage {
  within('e_magic', () => constant(u16le, 0x5a4d).read(from))
  from.offset = Math.min(60, from.end)
  from.offset = within('e_lfanew', () => offsetIn(from, u32le.read(from)))
  within('signature', () => constant(u32le, 0x00004550).read(from))
  const header = within('IMAGE_FILE_HEADER', () => IMAGE_FILE_HEADER.read(from))
  const optionalAt = from.offset
  const optional = within('IMAGE_OPTIONAL_HEADER', () =>
    readOptional(from.slice(header.sizeOfOptionalHeader), optionalAt, from.end),
  )
  if (header.numberOfSections > sectionsMax)
    throw from.malformed(`${header.numberOfSections} sections, more than ${sectionsMax}`)
  const names = stringTableOf(from, header.pointerToSymbolTable, header.numberOfSymbols)
  const sections: PeSection[] = []
  for (let i = 0; i < header.numberOfSections; i++)
    sections.push(within(`sections[${i}]`, () => readSection(from, names, optional.sizeOfHeaders)))
  // Sections that share their bytes would have a small file hashed again and again.
  const rawBytes = sections.reduce((sum, { rawData }) => sum + rawData.length, 0)
  if (rawBytes > from.end - optional.sizeOfHeaders)
    throw from.malformed(`${rawBytes} bytes of sections in a file of ${from.end}`)
  if (from.offset > optional.sizeOfHeaders)
    throw from.malformed(`headers longer than SizeOfHeaders, ${optional.sizeOfHeaders}`)
  return { bytes: from.bytes, machine: header.machine, sections, ...optional }
}

function readOptional(from: Reader, at: number, fileSize: number) {
  const magic = from.view.getUint16(from.skip(2), true)
  const directoriesStart = directoriesAt[magic]
  if (directoriesStart === undefined) throw from.malformed(`magic 0x${magic.toString(16)}`)
  from.skip(directoriesStart - 2)
  const sizeOfHeaders = from.view.getUint32(sizeOfHeadersAt, true)
  if (sizeOfHeaders > fileSize) throw from.malformed(`SizeOfHeaders ${sizeOfHeaders}`)
  const count = from.view.getUint32(directoriesStart - 4, true)
  if (count > directoriesMax || count * 8 > from.remaining)
    throw from.malformed(`${count} data directories`)
  const certificateEntryAt =
    count > certificateDirectory ? at + directoriesStart + 8 * certificateDirectory : null
  from.skip(Math.min(count, certificateDirectory) * 8)
  const table = certificateEntryAt === null ? noTable : IMAGE_DATA_DIRECTORY.read(from)
  const certificateTable = tableOf(from, table, fileSize)
  return { sizeOfHeaders, checkSumAt: at + checkSumAt, certificateEntryAt, certificateTable }
}

const noTable = { virtualAddress: 0, size: 0 }

function tableOf(from: Reader, entry: Of<typeof IMAGE_DATA_DIRECTORY>, fileSize: number): PeRegion {
  const { virtualAddress: offset, size } = entry
  if (size === 0) return { offset: fileSize, size: 0 }
  if (offset % 8 !== 0 || offset + size !== fileSize)
    throw from.malformed(`a certificate table at ${offset}+${size} in a file of ${fileSize}`)
  return { offset, size }
}

function readSection(from: Reader, names: Uint8Array, sizeOfHeaders: number): PeSection {
  const header = IMAGE_SECTION_HEADER.read(from)
  const { pointerToRawData: at, sizeOfRawData: size, virtualSize } = header
  if (size > 0 && (at < sizeOfHeaders || at + size > from.end))
    throw from.malformed(`bytes ${at}+${size} in a file of ${from.end}`)
  const rawData = size === 0 ? new Uint8Array(0) : from.bytes.subarray(at, at + size)
  const data = rawData.subarray(0, virtualSize === 0 ? size : Math.min(virtualSize, size))
  return { name: within('name', () => nameOf(from, header.name, names)), header, data, rawData }
}

/** Names longer than eight bytes: `/` and the decimal offset in the string table. */
function nameOf(from: Reader, name: Uint8Array, names: Uint8Array): string {
  const short = toLatin1(name).replace(/\0.*$/s, '')
  if (!/^\/\d{1,7}$/.test(short)) return short
  const start = Number(short.slice(1))
  const end = names.indexOf(0, start)
  if (start < 4 || start >= names.length || end < 0)
    throw from.malformed(`${short} is not in the string table`)
  return toLatin1(names.subarray(start, Math.min(end, start + 256)))
}

/** The string table follows the symbols, 18 bytes each; its first four bytes are its size. */
function stringTableOf(from: Reader, symbolsAt: number, symbols: number): Uint8Array {
  const at = symbolsAt + 18 * symbols
  if (symbolsAt === 0 || at + 4 > from.end) return new Uint8Array(0)
  const size = from.view.getUint32(at, true)
  if (size > stringTableBytesMax || at + size > from.end) return new Uint8Array(0)
  return from.bytes.subarray(at, at + size)
}

function offsetIn(from: Reader, offset: number): number {
  if (offset > from.end) throw from.malformed(`offset ${offset} in a file of ${from.end}`)
  return offset
}

/** The machine of an image. PE Format, "Machine Types". */
export const IMAGE_FILE_MACHINE = Object.freeze({
  I386: 0x014c,
  AMD64: 0x8664,
  ARM64: 0xaa64,
})
