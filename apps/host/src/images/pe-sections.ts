import { concat } from '@trusted-launch/codec'

/** A section to add to a PE file. Names have at most 8 characters. */
export interface NewSection {
  readonly name: string
  readonly bytes: Uint8Array
}

const headerBytes = 40
/** IMAGE_SCN_CNT_INITIALIZED_DATA | IMAGE_SCN_MEM_READ */
const characteristics = 0x4000_0040

/**
 * A PE file with more sections behind its own, in memory and in the file: how a kernel becomes a
 * unified kernel image. PE Format, "Section Table"; UAPI group specification "UKI".
 * @throws {RangeError} no room for the headers, or a file that is signed already.
 */
export function withSections(file: Uint8Array, sections: readonly NewSection[]): Uint8Array {
  const head = withoutSymbols(file)
  const view = new DataView(head.buffer)
  const coff = view.getUint32(0x3c, true) + 4
  const optional = coff + 20
  const count = view.getUint16(coff + 2, true)
  const table = optional + view.getUint16(coff + 16, true)
  const [inMemory, inFile] = [
    view.getUint32(optional + 32, true),
    view.getUint32(optional + 36, true),
  ]
  const tableEnd = table + (count + sections.length) * headerBytes
  if (tableEnd > view.getUint32(optional + 60, true))
    throw new RangeError('no room for more section headers')
  if (view.getUint32(optional + 112 + 4 * 8 + 4, true) !== 0)
    throw new RangeError('the file is signed already')
  let address = view.getUint32(optional + 56, true)
  const parts = [head, padding(head.length, inFile)]
  let offset = aligned(head.length, inFile)
  for (const [i, { name, bytes }] of sections.entries()) {
    address = aligned(address, Math.max(inMemory, 4096))
    const size = aligned(bytes.length, inFile)
    const at = table + (count + i) * headerBytes
    head.fill(0, at, at + headerBytes)
    head.set(new TextEncoder().encode(name).subarray(0, 8), at)
    const fields = [bytes.length, address, size, offset]
    for (const [k, value] of fields.entries()) view.setUint32(at + 8 + 4 * k, value, true)
    view.setUint32(at + 36, characteristics, true)
    parts.push(bytes, padding(bytes.length, inFile))
    address += bytes.length
    offset += size
  }
  view.setUint16(coff + 2, count + sections.length, true)
  view.setUint32(optional + 56, aligned(address, Math.max(inMemory, 4096)), true)
  return concat(...parts)
}

/** The headers and sections alone: nothing between the last section and the first new one. */
function withoutSymbols(file: Uint8Array): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.length)
  const coff = view.getUint32(0x3c, true) + 4
  const table = coff + 20 + view.getUint16(coff + 16, true)
  let end = 0
  for (let i = 0; i < view.getUint16(coff + 2, true); i++) {
    const at = table + i * headerBytes
    if (file[at] === 0x2f) throw new RangeError('a section is named in the symbols')
    end = Math.max(end, view.getUint32(at + 16, true) + view.getUint32(at + 20, true))
  }
  const head = new Uint8Array(file.subarray(0, end))
  new DataView(head.buffer).setBigUint64(coff + 8, 0n, true)
  return head
}

function aligned(value: number, to: number): number {
  return Math.ceil(value / to) * to
}

function padding(length: number, to: number): Uint8Array {
  return new Uint8Array(aligned(length, to) - length)
}
