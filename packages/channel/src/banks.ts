import { type Codec, checked, list, u8, u16be } from '@trusted-launch/codec'
import { BANKS_MAX, PCR_COUNT } from './limits.ts'

/** TPM_ALG_ID of the hash of each PCR bank. TCG Algorithm Registry, table 3. */
const BANK_ALGORITHM = { sha1: 0x0004, sha256: 0x000b, sha384: 0x000c, sha512: 0x000d } as const

/** A PCR bank, by the name of its hash. */
export type BankName = keyof typeof BANK_ALGORITHM

const BANK_NAMES = Object.keys(BANK_ALGORITHM) as BankName[]

/** A bank's name, on the wire its TPM_ALG_ID. */
export const BANK: Codec<BankName> = {
  name: 'BANK',
  read(from) {
    const algorithm = u16be.read(from)
    const name = BANK_NAMES.find((candidate) => BANK_ALGORITHM[candidate] === algorithm)
    if (name !== undefined) return name
    from.offset -= 2
    throw from.malformed(`no bank 0x${algorithm.toString(16)}`)
  },
  write: (to, value) => u16be.write(to, BANK_ALGORITHM[value]),
}

/** One to four different banks. */
export const BANKS: Codec<BankName[]> = checked(list(u8, BANK, { max: BANKS_MAX }), (banks) =>
  banks.length > 0 && new Set(banks).size === banks.length ? null : 'no bank, or one twice',
)

/** PCR indices below 24, each greater than the one before. */
export const PCR_INDICES: Codec<number[]> = checked(list(u8, u8, { max: PCR_COUNT }), (pcrs) =>
  areIndices(pcrs) ? null : 'not ascending PCR indices',
)

export function areIndices(pcrs: readonly number[]): boolean {
  return pcrs.every((pcr, i) => pcr < PCR_COUNT && (i === 0 || pcr > pcrs[i - 1]!))
}
