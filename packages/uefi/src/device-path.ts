import {
  type Codec,
  fromUtf16le,
  MalformedError,
  Reader,
  toHex,
  toLatin1,
  u8,
  u16le,
  within,
} from '@trusted-launch/codec'
import { formatGuid } from './guid.ts'

const headerBytes = 4
const nodesMax = 64
const nodeBytesMax = 4096

/** One node of a device path, its data as it came: an unknown one survives. */
export interface EFI_DEVICE_PATH_PROTOCOL {
  type: number
  subType: number
  data: Uint8Array
}

/** Types of nodes. UEFI 2.10, 10.3.1. */
export const DEVICE_PATH_TYPE = Object.freeze({
  HARDWARE: 0x01,
  ACPI: 0x02,
  MESSAGING: 0x03,
  MEDIA: 0x04,
  BIOS: 0x05,
  END: 0x7f,
})

/**
 * A device path: nodes up to and with the one that ends it, at most 64. Instances are separated by
 * end nodes of their own (sub-type 1), which stay in the list. UEFI 2.10, 10.3.1.
 */
export const DevicePath: Codec<EFI_DEVICE_PATH_PROTOCOL[]> = {
  name: 'DevicePath',
  read(from) {
    const nodes: EFI_DEVICE_PATH_PROTOCOL[] = []
    while (nodes.length < nodesMax) {
      const node = within(`[${nodes.length}]`, () => readNode(from))
      nodes.push(node)
      if (isEnd(node)) return nodes
    }
    throw from.malformed(`more than ${nodesMax} nodes`)
  },
  write(to, nodes) {
    if (nodes.length === 0 || !isEnd(nodes.at(-1)!)) throw new RangeError('a path without an end')
    for (const { type, subType, data } of nodes) {
      u8.write(to, type)
      u8.write(to, subType)
      u16le.write(to, headerBytes + data.length)
      to.put(data)
    }
  },
}

/**
 * The text of a device path as the specification writes it: `PciRoot(0x0)/Pci(0x2,0x0)/HD(1,GPT,…)`.
 * An unknown node is `Path(type,subType,hex)`, and so is a known one of the wrong size.
 * @see UEFI 2.10, 10.6.1.6
 */
export function formatDevicePath(nodes: readonly EFI_DEVICE_PATH_PROTOCOL[]): string {
  let text = ''
  for (const [i, node] of nodes.entries()) {
    if (isEnd(node)) break
    const separator = i === 0 || text.endsWith(',') ? '' : '/'
    text += node.type === DEVICE_PATH_TYPE.END ? ',' : separator + formatNode(node)
  }
  return text
}

function readNode(from: Reader): EFI_DEVICE_PATH_PROTOCOL {
  const type = u8.read(from)
  const subType = u8.read(from)
  const length = u16le.read(from)
  if (length < headerBytes || length > nodeBytesMax)
    throw new MalformedError('length', from.position - 2, `${length} bytes`)
  if (type === DEVICE_PATH_TYPE.END && length !== headerBytes)
    throw new MalformedError('length', from.position - 2, `an end of ${length} bytes`)
  return { type, subType, data: from.take(length - headerBytes) }
}

function isEnd({ type, subType }: EFI_DEVICE_PATH_PROTOCOL): boolean {
  return type === DEVICE_PATH_TYPE.END && subType !== 0x01
}

type Format = (data: DataView, bytes: Uint8Array) => string

const hex = (value: number | bigint) => `0x${value.toString(16).toUpperCase()}`
const guid = (bytes: Uint8Array, at = 0) => formatGuid(bytes.subarray(at, at + 16)).toUpperCase()
const vendor =
  (name: string): Format =>
  (_, bytes) => {
    const more = bytes.length > 16 ? `,${toHex(bytes.subarray(16))}` : ''
    return `${name}(${guid(bytes)}${more})`
  }

/** By type and sub-type: the least bytes of data, and the text. */
const formats: Readonly<Record<number, readonly [number, Format]>> = Object.freeze({
  257: [2, (d) => `Pci(${hex(d.getUint8(1))},${hex(d.getUint8(0))})`],
  259: [
    20,
    (d) =>
      `MemoryMapped(${hex(d.getUint32(0, true))},${hex(d.getBigUint64(4, true))},${hex(d.getBigUint64(12, true))})`,
  ],
  260: [16, vendor('VenHw')],
  261: [4, (d) => `Ctrl(${hex(d.getUint32(0, true))})`],
  513: [8, (d) => formatAcpi(d.getUint32(0, true), d.getUint32(4, true))],
  770: [4, (d) => `Scsi(${hex(d.getUint16(0, true))},${hex(d.getUint16(2, true))})`],
  773: [2, (d) => `USB(${hex(d.getUint8(0))},${hex(d.getUint8(1))})`],
  778: [16, vendor('VenMsg')],
  779: [33, (d, b) => `MAC(${toHex(b.subarray(0, 6)).toUpperCase()},${hex(d.getUint8(32))})`],
  786: [
    6,
    (d) =>
      `Sata(${hex(d.getUint16(0, true))},${hex(d.getUint16(2, true))},${hex(d.getUint16(4, true))})`,
  ],
  791: [12, (d, b) => `NVMe(${hex(d.getUint32(0, true))},${dashed(b.subarray(4, 12))})`],
  792: [0, (_, b) => `Uri(${toLatin1(b)})`],
  1025: [38, (d, b) => formatHardDrive(d, b)],
  1026: [
    20,
    (d) =>
      `CDROM(${hex(d.getUint32(0, true))},${hex(d.getBigUint64(4, true))},${hex(d.getBigUint64(12, true))})`,
  ],
  1027: [16, vendor('VenMedia')],
  1028: [2, (_, b) => fromUtf16le(b).replace(/\0.*$/s, '')],
  1030: [16, (_, b) => `FvFile(${guid(b)})`],
  1031: [16, (_, b) => `Fv(${guid(b)})`],
})

function formatNode(node: EFI_DEVICE_PATH_PROTOCOL): string {
  const { type, subType, data } = node
  const known = formats[(type << 8) | subType]
  if (known === undefined || data.length < known[0]) return formatUnknown(node)
  try {
    return known[1](new Reader(data).view, data)
  } catch (e) {
    if (e instanceof MalformedError) return formatUnknown(node)
    throw e
  }
}

function formatUnknown({ type, subType, data }: EFI_DEVICE_PATH_PROTOCOL): string {
  return `Path(${type},${subType},${toHex(data).toUpperCase()})`
}

/** A compressed EISA identifier: `PNP0A03` is a PCI root. */
function formatAcpi(identifier: number, uid: number): string {
  if (identifier === 0x0a0341d0) return `PciRoot(${hex(uid)})`
  if (identifier === 0x0a0841d0) return `PcieRoot(${hex(uid)})`
  if ((identifier & 0xffff) !== 0x41d0) return `Acpi(${hex(identifier)},${hex(uid)})`
  const product = (identifier >>> 16).toString(16).toUpperCase().padStart(4, '0')
  return `Acpi(PNP${product},${hex(uid)})`
}

function formatHardDrive(data: DataView, bytes: Uint8Array): string {
  const place = `${hex(data.getBigUint64(4, true))},${hex(data.getBigUint64(12, true))}`
  const number = data.getUint32(0, true)
  const kind = data.getUint8(37)
  if (kind === 2) return `HD(${number},GPT,${guid(bytes, 20)},${place})`
  if (kind === 1) return `HD(${number},MBR,${hex(data.getUint32(20, true))},${place})`
  return `HD(${number},${kind},0,${place})`
}

function dashed(bytes: Uint8Array): string {
  return [...bytes].map((byte) => toHex(Uint8Array.of(byte)).toUpperCase()).join('-')
}
