/** What makes a fixed VHD of a disk: these bytes after it. Virtual Hard Disk Image Format Specification, "Hard Disk Footer Format". */
export const VHD_FOOTER_BYTES = 512

const COOKIE = 'conectix'
const AT = {
  ...{ features: 8, version: 12, dataOffset: 16, time: 24, creator: 28, creatorVersion: 32 },
  ...{ host: 36, originalSize: 40, currentSize: 48, geometry: 56, type: 60, checksum: 64, id: 68 },
} as const
const FIXED = 2
/** 2000-01-01, from which VHDs count seconds. */
const EPOCH_MS = 946_684_800_000
const SECTOR_BYTES = 512
/** Of what cylinders, heads and sectors can tell. */
const SECTORS_MAX = 65_535 * 16 * 255

/** Whether these last 512 bytes of a file say that it is a fixed VHD. */
export function isFixedVhd(footer: Buffer): boolean {
  const cookie = footer.subarray(0, COOKIE.length).toString('latin1')
  return cookie === COOKIE && footer.readUInt32BE(AT.type) === FIXED
}

/**
 * The footer of a disk; the same for the same disk, so that who was cut off goes on.
 * @param id a GUID. @param at when it was made, in milliseconds since 1970.
 */
export function vhdFooter(sizeBytes: number, id: string, at: number): Buffer {
  const footer = Buffer.alloc(VHD_FOOTER_BYTES)
  footer.write(COOKIE, 0, 'latin1')
  // Reserved, and always set.
  footer.writeUInt32BE(2, AT.features)
  footer.writeUInt32BE(0x0001_0000, AT.version)
  footer.fill(0xff, AT.dataOffset, AT.time)
  footer.writeUInt32BE(Math.max(0, Math.floor((at - EPOCH_MS) / 1000)), AT.time)
  // Of this creator the size is told by its member, not by the geometry, which ends at 127 GiB.
  footer.write('win ', AT.creator, 'latin1')
  footer.writeUInt32BE(0x000a_0000, AT.creatorVersion)
  footer.write('Wi2k', AT.host, 'latin1')
  footer.writeBigUInt64BE(BigInt(sizeBytes), AT.originalSize)
  footer.writeBigUInt64BE(BigInt(sizeBytes), AT.currentSize)
  const { cylinders, heads, sectors } = geometryOf(sizeBytes)
  footer.writeUInt16BE(cylinders, AT.geometry)
  footer.writeUInt8(heads, AT.geometry + 2)
  footer.writeUInt8(sectors, AT.geometry + 3)
  footer.writeUInt32BE(FIXED, AT.type)
  footer.write(id.replaceAll('-', ''), AT.id, 'hex')
  const sum = footer.reduce((total, byte) => total + byte, 0)
  footer.writeUInt32BE(~sum >>> 0, AT.checksum)
  return footer
}

/** "CHS Calculation" of the specification. */
function geometryOf(sizeBytes: number) {
  const total = Math.min(Math.floor(sizeBytes / SECTOR_BYTES), SECTORS_MAX)
  const of = (sectors: number, heads: number) => {
    const tracks = Math.floor(total / sectors)
    return { cylinders: Math.floor(tracks / heads), heads, sectors, tracks }
  }
  if (total >= 65_535 * 16 * 63) return of(255, 16)
  const heads = Math.max(4, Math.floor((Math.floor(total / 17) + 1023) / 1024))
  const small = of(17, heads)
  if (small.tracks < heads * 1024 && heads <= 16) return small
  const middle = of(31, 16)
  return middle.tracks < 16 * 1024 ? middle : of(63, 16)
}
