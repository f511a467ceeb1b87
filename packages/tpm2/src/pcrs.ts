import type { TPML_PCR_SELECTION, TPMS_PCR_SELECTION } from './buffers.ts'
import { PCR_Read } from './commands.ts'
import { PcrError } from './errors.ts'
import { execute } from './execute.ts'
import type { Transport } from './transport.ts'

/** PCRs of a PC Client platform: 0 to 23, three bytes of bits. */
const pcrs = 24

/** A whole reading of PCRs, all of the same moment. */
export interface PcrReading {
  /**
   * The TPM's count of PCR updates: equal before and after a quote, it is of that moment too. It does
   * not count PCR 16 and 21 to 23 (TPM_PT_PCR_NO_INCREMENT): of those, only the quote's digest tells.
   */
  readonly pcrUpdateCounter: number
  readonly values: readonly { readonly index: number; readonly digest: Uint8Array }[]
}

/** PCRs to a selection of one bank. @throws {RangeError} a PCR that is not 0 to 23. */
export function encodePcrSelection(hash: number, indexes: readonly number[]): TPMS_PCR_SELECTION {
  const pcrSelect = new Uint8Array(pcrs / 8)
  for (const index of indexes) {
    if (!(Number.isInteger(index) && index >= 0 && index < pcrs))
      throw new RangeError(`PCR ${index}`)
    pcrSelect[index >> 3]! |= 1 << (index & 7)
  }
  return { hash, pcrSelect }
}

/** The PCRs of a selection, ascending. */
export function decodePcrSelection(selection: TPMS_PCR_SELECTION): number[] {
  const indexes: number[] = []
  const { pcrSelect } = selection
  for (let pcr = 0; pcr < 8 * pcrSelect.length; pcr++)
    if ((pcrSelect[pcr >> 3]! & (1 << (pcr & 7))) !== 0) indexes.push(pcr)
  return indexes
}

const attemptsMax = 16

/**
 * Reads PCRs of one bank, however many, in as many commands as it takes: all at the same count of
 * updates, begun again when a PCR changed in between.
 *
 * @param hash the bank: `TPM_ALG`.
 * @throws {PcrError} `PCR_ABSENT` the bank or a PCR is not there; `PCR_UNSTEADY` they changed under
 *   16 attempts.
 * @throws {TpmError} TPM_RC_HASH where the TPM does not know the bank's algorithm.
 */
export async function readPcrs(
  tpm: Transport,
  hash: number,
  indexes: readonly number[],
): Promise<PcrReading> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const reading = await readOnce(tpm, hash, indexes)
    if (reading !== null) return reading
  }
  throw new PcrError('PCR_UNSTEADY', `PCRs changed under ${attemptsMax} attempts to read them`)
}

/** Null when a PCR changed between two commands. */
async function readOnce(
  tpm: Transport,
  hash: number,
  indexes: readonly number[],
): Promise<PcrReading | null> {
  const values: { index: number; digest: Uint8Array }[] = []
  let left = decodePcrSelection(encodePcrSelection(hash, indexes))
  let counter: number | null = null
  do {
    const read = await readSome(tpm, hash, left)
    if (counter !== null && counter !== read.pcrUpdateCounter) return null
    counter = read.pcrUpdateCounter
    values.push(...read.values)
    left = left.slice(read.values.length)
  } while (left.length > 0)
  return { pcrUpdateCounter: counter, values }
}

async function readSome(
  tpm: Transport,
  hash: number,
  left: readonly number[],
): Promise<PcrReading> {
  const pcrSelectionIn: TPML_PCR_SELECTION = [encodePcrSelection(hash, left)]
  const answer = await execute(tpm, PCR_Read, { pcrSelectionIn })
  const selected = answer.pcrSelectionOut.flatMap((selection) =>
    selection.hash === hash ? decodePcrSelection(selection) : [],
  )
  const values = answer.pcrValues.map((digest, i) => ({ index: selected[i] ?? -1, digest }))
  const asked = values.every(({ index }, i) => index === left[i])
  if (!asked || selected.length !== values.length || (values.length === 0 && left.length > 0))
    throw new PcrError('PCR_ABSENT', `the TPM does not hold PCR ${left[0]} of this bank`)
  return { pcrUpdateCounter: answer.pcrUpdateCounter, values }
}
