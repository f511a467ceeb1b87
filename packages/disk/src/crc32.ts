const table = new Uint32Array(256).map((_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c
})

/** CRC-32 as GPT has it: polynomial 0x04C11DB7, reflected, all ones before and after (UEFI 5.3.1). */
export function crc32(bytes: Uint8Array): number {
  let c = 0xffff_ffff
  for (const byte of bytes) c = table[(c ^ byte) & 0xff]! ^ (c >>> 8)
  return (c ^ 0xffff_ffff) >>> 0
}
