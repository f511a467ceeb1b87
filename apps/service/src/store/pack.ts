import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** No record is larger; what claims to be is not unpacked. */
const UNPACKED_BYTES_MAX = 32 << 20
/** Matches are looked for in all of the longest record. */
const WINDOW_LOG = 25

/** Bytes by the difference to others: what stands in `base` takes next to nothing. RFC 8878. */
export function packed(bytes: Uint8Array, base?: Uint8Array): Uint8Array {
  const windowLog = base === undefined ? {} : { [constants.ZSTD_c_windowLog]: WINDOW_LOG }
  const params = { [constants.ZSTD_c_compressionLevel]: 3, ...windowLog }
  return zstdCompressSync(bytes, { params, ...(base !== undefined && { dictionary: base }) })
}

/** What was packed, with the same `base`. @throws {Error} something else. */
export function unpacked(bytes: Uint8Array, base?: Uint8Array): Uint8Array {
  return zstdDecompressSync(bytes, {
    maxOutputLength: UNPACKED_BYTES_MAX,
    params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG },
    ...(base !== undefined && { dictionary: base }),
  })
}
