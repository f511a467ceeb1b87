import { MalformedError } from '@trusted-launch/codec'
import { DIGEST_SIZE, type HashName } from '@trusted-launch/crypto'
import { PCR_COUNT } from '@trusted-launch/eventlog'
import type { VerifiedQuote } from './verify-quote.ts'

/** The values of one bank's registers, by number. */
export type PcrsByNumber = ReadonlyMap<number, Uint8Array>

/**
 * PCR values that a log may be held against: a quote vouches for them, or the caller does. Only
 * `ofQuote` and `asGivenByCaller` make one, so that no values get there unnoticed.
 */
export class PcrValues {
  readonly #proof = true
  readonly bank: HashName
  readonly pcrs: PcrsByNumber
  /** Who vouches for them. */
  readonly source: 'quote' | 'caller'

  private constructor(given: Pick<PcrValues, 'bank' | 'pcrs' | 'source'>) {
    this.bank = given.bank
    this.pcrs = given.pcrs
    this.source = given.source
  }

  /** The same in memory of its own. */
  copy(): PcrValues {
    const pcrs = new Map<number, Uint8Array>()
    for (const pcr of this.pcrs.keys()) pcrs.set(pcr, this.pcrs.get(pcr)!.slice())
    return new PcrValues({ bank: this.bank, pcrs, source: this.source })
  }

  /** Always true: what makes the type nominal. */
  get isVouchedFor(): boolean {
    return this.#proof
  }

  /** What the TPM signed. */
  static ofQuote({ bank, pcrs }: VerifiedQuote): PcrValues {
    return new PcrValues({ bank, pcrs, source: 'quote' })
  }

  /**
   * What the caller says the TPM holds. No signature says so: whatever follows is as true as the caller.
   * @throws {MalformedError} no such PCR, or a value of another size than the bank's.
   */
  static asGivenByCaller(bank: HashName, pcrs: PcrsByNumber): PcrValues {
    for (const [pcr, value] of pcrs) {
      if (!Number.isInteger(pcr) || pcr < 0 || pcr >= PCR_COUNT)
        throw new MalformedError('PcrValues', 0, `there is no PCR ${pcr}`)
      if (value.length !== DIGEST_SIZE[bank])
        throw new MalformedError(
          'PcrValues',
          0,
          `PCR ${pcr} (${bank}) of ${value.length} bytes, not ${DIGEST_SIZE[bank]}`,
        )
    }
    return new PcrValues({ bank, pcrs, source: 'caller' })
  }
}
