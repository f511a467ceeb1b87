import {
  bytes,
  type Codec,
  checked,
  decode,
  list,
  MalformedError,
  type Of,
  struct,
  u8,
  u16le,
  u32be,
  u32le,
  within,
} from '@trusted-launch/codec'
import { DIGEST_SIZE } from '@trusted-launch/crypto'
import { TPML_DIGEST, TPML_PCR_SELECTION } from './buffers.ts'
import { hashNameOf } from './names.ts'
import { decodePcrSelection } from './pcrs.ts'

const banksMax = 16
const digestsMax = 8
const listsMax = 32

// The structures of tpm2-tss as a C compiler lays them out, little endian: a count, then every slot
// there is, used or not. So the counts stand in the value, and the slots behind them are whatever
// was there before.
const upTo = (max: number) =>
  checked(u32le, (count) => (count > max ? `${count}, more than ${max}` : null))

const slots = <T>(slot: Codec<T>, count: number) =>
  list({ read: () => count, write() {} }, slot, { max: count })

const SELECTION_SLOT = struct('TPMS_PCR_SELECTION', {
  hash: u16le,
  sizeofSelect: u8,
  pcrSelect: bytes(4),
  padding: u8,
})
const SELECTION_SLOTS = struct('TPML_PCR_SELECTION', {
  count: upTo(banksMax),
  pcrSelections: slots(SELECTION_SLOT, banksMax),
})
const DIGEST_SLOT = struct('TPM2B_DIGEST', { size: u16le, buffer: bytes(64) })
const DIGEST_SLOTS = struct('TPML_DIGEST', {
  count: upTo(digestsMax),
  digests: slots(DIGEST_SLOT, digestsMax),
})

/**
 * The file of PCR values that `tpm2_quote -o` writes in its own format, `serialized`: what was
 * selected, then the digests in lists of at most eight. Only little-endian machines' is read.
 * @see tpm2-tools, lib/pcr.c, pcr_fwrite_serialized
 */
export const SERIALIZED_PCRS = struct('serialized PCRs', {
  pcrSelect: SELECTION_SLOTS,
  pcrValues: list(u32le, DIGEST_SLOTS, { max: listsMax }),
})

/**
 * The same in the format `marshaled` (`tpm2_quote -F marshaled`): the TPM's own structures.
 * @see tpm2-tools, lib/pcr.c, pcr_fwrite_marshaled
 */
export const MARSHALED_PCRS = struct('marshaled PCRs', {
  pcrSelect: TPML_PCR_SELECTION,
  pcrValues: list(u32be, TPML_DIGEST, { max: listsMax }),
})

/** The values of one bank, by number, ascending. */
export interface BankOfPcrs {
  /** `TPM_ALG`. */
  readonly hash: number
  readonly pcrs: readonly { readonly index: number; readonly digest: Uint8Array }[]
}

interface Selected {
  readonly selections: readonly { hash: number; pcrSelect: Uint8Array }[]
  readonly digests: readonly Uint8Array[]
}

/**
 * Reads the PCR values that `tpm2_quote -o` wrote, `serialized` or `marshaled`, each under the
 * number it was selected by. The format `values` has no numbers and is refused.
 *
 * Nothing vouches for them until they hash to a quote's pcrDigest, under the selection it signed.
 *
 * @throws {MalformedError} neither format; a bank twice or unknown; not a value for each PCR selected;
 *   a value of another size than its bank's.
 */
export function decodePcrFile(file: Uint8Array): BankOfPcrs[] {
  // Both begin with how many banks were selected, 32 bits: at most 16.
  const { selections, digests } = file[0] === 0 ? marshaled(file) : serialized(file)
  return within('PCRs', () => labelled({ selections, digests }))
}

function marshaled(file: Uint8Array): Selected {
  const { pcrSelect, pcrValues } = decode(MARSHALED_PCRS, file)
  return { selections: pcrSelect, digests: pcrValues.flat() }
}

function serialized(file: Uint8Array): Selected {
  const { pcrSelect, pcrValues } = decode(SERIALIZED_PCRS, file)
  const selections = pcrSelect.pcrSelections.slice(0, pcrSelect.count).map((slot) => {
    if (slot.sizeofSelect < 3 || slot.sizeofSelect > slot.pcrSelect.length)
      throw malformed(`a selection of ${slot.sizeofSelect} bytes`)
    return { hash: slot.hash, pcrSelect: slot.pcrSelect.subarray(0, slot.sizeofSelect) }
  })
  return { selections, digests: pcrValues.flatMap(digestsOf) }
}

function digestsOf({ count, digests }: Of<typeof DIGEST_SLOTS>): Uint8Array[] {
  return digests.slice(0, count).map(({ size, buffer }) => {
    if (size > buffer.length) throw malformed(`a digest of ${size} bytes`)
    return buffer.subarray(0, size)
  })
}

/** Digests follow each other as they were selected, bank by bank, ascending in each. */
function labelled({ selections, digests }: Selected): BankOfPcrs[] {
  let taken = 0
  const banks = selections.map((selection, i) => {
    const name = hashNameOf(selection.hash)
    if (name === null) throw malformed(`no bank of hash 0x${selection.hash.toString(16)}`)
    if (selections.findIndex(({ hash }) => hash === selection.hash) !== i)
      throw malformed(`the ${name} bank twice`)
    const pcrs = decodePcrSelection(selection).map((index) => {
      const digest = digests[taken++]
      if (digest?.length !== DIGEST_SIZE[name])
        throw malformed(`${digest?.length ?? 'no'} bytes for PCR ${index} of ${name}`)
      return { index, digest }
    })
    return { hash: selection.hash, pcrs }
  })
  if (taken !== digests.length) throw malformed(`${digests.length - taken} values too many`)
  return banks
}

function malformed(reason: string): MalformedError {
  return new MalformedError('', 0, reason)
}
