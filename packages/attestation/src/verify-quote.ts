import type { Quote } from '@trusted-launch/channel'
import { decode, equalBytes, MalformedError, toHex } from '@trusted-launch/codec'
import { DIGEST_SIZE, digest, type HashName, sameSecret } from '@trusted-launch/crypto'
import {
  decodePcrSelection,
  hashNameOf,
  TPM_ST,
  type TPML_PCR_SELECTION,
  TPMS_ATTEST,
  type TPMS_CLOCK_INFO,
  type TPMS_PCR_SELECTION,
} from '@trusted-launch/tpm2'
import type { Expectation } from './expectation.ts'
import { findingOf } from './finding-table.ts'
import type { Finding } from './result.ts'
import type { VerifiedAttestationKey } from './verify-attestation-key.ts'
import { verifyTpmSignature } from './verify-signature.ts'

type QuoteAttest = Extract<TPMS_ATTEST, { type: typeof TPM_ST.ATTEST_QUOTE }>

/** A quote whose signature, kind, nonce and selection hold, with the PCR values it vouches for. Only `verify` makes one. */
export class VerifiedQuote {
  readonly #proof = true
  readonly bank: HashName
  /** All PCRs that were asked for, by number. */
  readonly pcrs: ReadonlyMap<number, Uint8Array>
  readonly clockInfo: TPMS_CLOCK_INFO
  readonly firmwareVersion: bigint
  /** SHA-1 only where the expectation takes it. */
  readonly signedWith: HashName

  private constructor(
    bank: HashName,
    pcrs: ReadonlyMap<number, Uint8Array>,
    attest: QuoteAttest,
    signedWith: HashName,
  ) {
    this.signedWith = signedWith
    this.bank = bank
    this.pcrs = pcrs
    this.clockInfo = attest.clockInfo
    this.firmwareVersion = attest.firmwareVersion
  }

  /** Always true: what makes the type nominal. */
  get isVerified(): boolean {
    return this.#proof
  }

  /**
   * This verifies that: the AK signed the bytes as they came; they are a quote (magic and type), of
   * this nonce; the signed selection is exactly the PCRs asked for, of this bank and of those that came
   * in the same quote; the values sent along are exactly those PCRs and hash to the signed digest.
   *
   * It does not prove that the values mean anything: PCR 16 and 23 can be reset by the guest.
   * @param beside the quotes that came in the same signed bytes, this one among them: a TPM can
   *   quote several banks at once.
   * @see TPM 2.0 Part 3, 18.4
   */
  static verify(
    quote: Quote,
    key: VerifiedAttestationKey,
    expected: Expectation,
    beside: readonly Quote[] = [quote],
  ): VerifiedQuote | Finding {
    const allowed = { sha1: expected.sha1Signatures === true }
    const signed = verifyTpmSignature(key.publicKey, quote.attest, quote.signature, allowed)
    // check 5
    if (typeof signed === 'string') {
      const id = `quote.${signed}` as const
      return findingOf({ id, summary: `The ${quote.bank} quote's signature does not hold.` })
    }
    const attest = decodeAttest(quote.attest)
    if ('severity' in attest) return attest
    const fault = faultOf(beside, attest, expected, signed.hash)
    if (fault !== null) return fault
    const pcrs = new Map(quote.pcrs.map(({ index, digest }) => [index, digest]))
    return new VerifiedQuote(quote.bank, pcrs, attest, signed.hash)
  }
}

function decodeAttest(bytes: Uint8Array): QuoteAttest | Finding {
  try {
    const attest = decode(TPMS_ATTEST, bytes)
    // check 6
    if (attest.type !== TPM_ST.ATTEST_QUOTE)
      return findingOf({
        id: 'quote.type',
        summary: 'What was signed is no quote.',
        actual: `0x${(attest.type as number).toString(16)}`,
      })
    return attest
  } catch (e) {
    if (!(e instanceof MalformedError)) throw e
    return findingOf({ id: 'quote.malformed', summary: e.message })
  }
}

function faultOf(
  quotes: readonly Quote[],
  attest: QuoteAttest,
  { nonce, pcrs, givenKey }: Expectation,
  hash: HashName,
): Finding | null {
  // check 7
  if (!sameSecret(attest.extraData, nonce))
    return findingOf({
      id: 'quote.nonce',
      summary: 'The quote answers another nonce.',
      expected: toHex(nonce),
      actual: toHex(attest.extraData),
    })
  const { pcrSelect, pcrDigest } = attest.attested
  const wanted = ascending(pcrs)
  // check 8
  if (!isSelected(pcrSelect, quotes, wanted))
    return findingOf({
      id: 'quote.selection',
      summary: `The quote is over other PCRs than those ${givenKey === undefined ? 'asked for' : 'whose values are given: give exactly the ones that were quoted'}.`,
      expected: quotes.map(({ bank }) => `${bank}:${wanted}`).join(' '),
      actual: pcrSelect
        .map((one) => `${hashNameOf(one.hash)}:${decodePcrSelection(one)}`)
        .join(' '),
    })
  const strange = quotes.find((quote) => !isWhole(quote, wanted))
  // check 8
  if (strange !== undefined)
    return findingOf({
      id: 'quote.pcrs',
      summary: 'The values sent along are not those of the PCRs quoted.',
      expected: `${wanted}`,
      actual: `${strange.pcrs.map(({ index }) => index)}`,
    })
  const ordered = pcrSelect.flatMap(
    (selection) => quotes.find(({ bank }) => bank === hashNameOf(selection.hash))!.pcrs,
  )
  const computed = digest(hash, ...ordered.map((pcr) => pcr.digest))
  // check 9
  if (!equalBytes(computed, pcrDigest))
    return findingOf({
      id: 'quote.digest',
      summary: 'The values sent along are not the ones quoted.',
      expected: toHex(pcrDigest),
      actual: toHex(computed),
    })
  return null
}

/** Whether exactly these PCRs were selected, in each of the quotes' banks once for each of them and in no other. */
function isSelected(
  selections: TPML_PCR_SELECTION,
  quotes: readonly Quote[],
  numbers: readonly number[],
): boolean {
  const isOf = (selection: TPMS_PCR_SELECTION, bank: string) =>
    hashNameOf(selection.hash) === bank && sameNumbers(decodePcrSelection(selection), numbers)
  const countOf = (bank: string) => quotes.filter((quote) => quote.bank === bank).length
  return (
    selections.length === quotes.length &&
    quotes.every(({ bank }) => selections.filter((s) => isOf(s, bank)).length === countOf(bank))
  )
}

/** Whether the values are of exactly these PCRs, each as long as its bank's are. */
function isWhole({ bank, pcrs }: Quote, numbers: readonly number[]): boolean {
  const isOwn = ({ index, digest }: Quote['pcrs'][number], i: number) =>
    index === numbers[i] && digest.length === DIGEST_SIZE[bank]
  return pcrs.length === numbers.length && pcrs.every(isOwn)
}

/** They mostly are. */
function ascending(numbers: readonly number[]): readonly number[] {
  for (let i = 1; i < numbers.length; i++)
    if (numbers[i - 1]! > numbers[i]!) return [...numbers].sort((a, b) => a - b)
  return numbers
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((number, i) => number === b[i])
}
