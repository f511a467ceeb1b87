import { concat, encode } from '@trusted-launch/codec'
import { encodePcrSelection, MARSHALED_PCRS, TPM_ALG } from '../src/index.ts'

const filled = (size: number, by: number) => new Uint8Array(size).fill(by)

/** Two banks, each PCR's value filled with its number, as `tpm2_quote -F marshaled` would write them. */
export const marshaledPcrs: Uint8Array = encode(MARSHALED_PCRS, {
  pcrSelect: [
    encodePcrSelection(TPM_ALG.SHA1, [0, 7]),
    encodePcrSelection(TPM_ALG.SHA256, [0, 1, 2, 3, 4, 5, 6, 7]),
  ],
  pcrValues: [
    [filled(20, 0), filled(20, 7), ...[0, 1, 2, 3, 4, 5].map((n) => filled(32, n))],
    [filled(32, 6), filled(32, 7)],
  ],
})

const slot = (size: number, ...parts: Uint8Array[]) => {
  const whole = new Uint8Array(size)
  whole.set(concat(...parts))
  return whole
}
const u16 = (value: number) => Uint8Array.of(value & 255, value >> 8)
const u32 = (value: number) => concat(u16(value), u16(0))
const digest = (value: Uint8Array) => slot(66, u16(value.length), value)

/** The same out of C structures, by hand from tpm2-tss's tss2_tpm2_types.h. */
export const serializedPcrs: Uint8Array = concat(
  u32(2),
  slot(8, u16(TPM_ALG.SHA1), Uint8Array.of(3, 0x81, 0, 0)),
  slot(8, u16(TPM_ALG.SHA256), Uint8Array.of(3, 0xff, 0, 0)),
  new Uint8Array(14 * 8),
  u32(2),
  u32(8),
  ...[filled(20, 0), filled(20, 7)].map(digest),
  ...[0, 1, 2, 3, 4, 5].map((n) => digest(filled(32, n))),
  u32(2),
  slot(8 * 66, digest(filled(32, 6)), digest(filled(32, 7))),
)
