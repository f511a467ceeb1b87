import { equalBytes } from '@trusted-launch/codec'
import { DIGEST_SIZE, digest, extendAll, type HashName, Register } from '@trusted-launch/crypto'
import { type ImaEntry, templateDigest } from './ima.ts'

/** The PCR the kernel measures into unless configured otherwise. */
export const IMA_PCR = 10

/** How far a list explains a PCR. */
export interface ImaReplay {
  /**
   * How many of this PCR's entries give exactly the quoted value: those are vouched for, in that
   * order. Later ones were measured after the quote. Null: no beginning of the list gives the value.
   */
  readonly matched: number | null
  /** The PCR's entries, all of them, in list order. */
  readonly entries: readonly ImaEntry[]
  readonly violations: number
  /** The kernel (before 5.8) extended this bank with SHA-1 digests padded by zeros: SHA-1's strength. */
  readonly paddedSha1: boolean
  /** The PCR after the whole list. */
  readonly value: Uint8Array
}

/** Where a replay begins. */
export interface ImaReplayOptions {
  /** The PCR's value before the list: what the event log left there; zeros when not said. */
  start?: Uint8Array
}

/**
 * Extends a PCR with each entry's digest, computed again from its data, and looks for the quoted
 * value on the way: the list is read after the quote, so it may be longer, never shorter.
 */
export function replayIma(
  list: readonly ImaEntry[],
  bank: HashName,
  quoted: Uint8Array,
  options: ImaReplayOptions = {},
): ImaReplay {
  const entries = list.filter(({ pcrIndex }) => pcrIndex === IMA_PCR)
  const start = options.start ?? new Uint8Array(DIGEST_SIZE[bank])
  const violations = entries.filter(({ violation }) => violation).length
  const full = walk(entries, bank, quoted, start, templateDigest)
  if (full.matched !== null || bank === 'sha1' || entries.length === 0)
    return { ...full, entries, violations, paddedSha1: false }
  const padded = walk(entries, bank, quoted, start, paddedDigest)
  const best = padded.matched === null ? full : padded
  return { ...best, entries, violations, paddedSha1: padded.matched !== null }
}

/** What a bank's PCR 10 holds after these entries, when it held `start` before them. */
export function imaValueAfter(
  entries: readonly ImaEntry[],
  bank: HashName,
  by: { readonly start: Uint8Array; readonly paddedSha1: boolean },
): Uint8Array {
  const digestOf = by.paddedSha1 ? paddedDigest : templateDigest
  const digests = entries.map((entry) => digestOf(entry, bank))
  return extendAll(bank, by.start, digests)
}

type DigestOf = (entry: ImaEntry, bank: HashName) => Uint8Array

function walk(
  entries: readonly ImaEntry[],
  bank: HashName,
  quoted: Uint8Array,
  start: Uint8Array,
  digestOf: DigestOf,
) {
  const register = new Register(bank, start)
  let matched = register.holds(quoted) ? 0 : null
  for (let i = 0; i < entries.length; i++) {
    register.extend(digestOf(entries[i]!, bank))
    if (register.holds(quoted)) matched = i + 1
  }
  return { value: register.value, matched }
}

function paddedDigest(entry: ImaEntry, bank: HashName): Uint8Array {
  const padded = new Uint8Array(DIGEST_SIZE[bank])
  if (entry.violation) return padded.fill(0xff)
  padded.set(templateDigest(entry, 'sha1'))
  return padded
}

/** Which PCRs the list's first entry, `boot_aggregate`, was made of. */
export type BootAggregateRule = 'pcr-0-to-9' | 'pcr-0-to-7'

/**
 * Ties the list to the boot: the first entry's digest is the hash of PCR 0-9 (kernels from 5.8 on, all
 * hashes but SHA-1) or PCR 0-7. Null: it is neither, the list is of another boot.
 * @param pcrs the quoted values of PCR 0 to 9 of the bank that is the entry's hash.
 * @see Linux, security/integrity/ima/ima_crypto.c
 */
export function bootAggregateRule(
  entry: ImaEntry,
  bank: HashName,
  pcrs: ReadonlyMap<number, Uint8Array>,
): BootAggregateRule | null {
  const { data } = entry
  if (data.kind !== 'fields' || data.name !== 'boot_aggregate') return null
  if (data.digest.algorithm !== bank) return null
  for (const [rule, count] of aggregates) {
    const aggregate = bootAggregate(bank, pcrs, count)
    if (aggregate !== null && equalBytes(aggregate, data.digest.digest)) return rule
  }
  return null
}

const aggregates: readonly [BootAggregateRule, number][] = [
  ['pcr-0-to-9', 10],
  ['pcr-0-to-7', 8],
]

/** The hash of PCR 0 to `count` - 1; null when one of them is not among `pcrs`. */
export function bootAggregate(
  bank: HashName,
  pcrs: ReadonlyMap<number, Uint8Array>,
  count = 10,
): Uint8Array | null {
  const values: Uint8Array[] = []
  for (let pcrIndex = 0; pcrIndex < count; pcrIndex++) {
    const value = pcrs.get(pcrIndex)
    if (value === undefined) return null
    values.push(value)
  }
  return digest(bank, ...values)
}
