import { fromHex, MalformedError, toHex } from '@trusted-launch/codec'
import { DIGEST_SIZE, type HashName } from '@trusted-launch/crypto'
import {
  decodeImaList,
  encodeImaList,
  IMA_PCR,
  type ImaEntry,
  imaValueAfter,
  replayIma,
  templateHashHolds,
} from '@trusted-launch/eventlog'
import { type FindingId, findingOf } from '../finding-table.ts'
import type { Finding } from '../result.ts'

/** A boot's IMA list as far as it is vouched for, without the list: plain JSON. */
export interface ImaState {
  readonly resetCount: number
  /** Where the next part of the list begins. */
  readonly bytes: number
  /** How many entries lie before that. */
  readonly entries: number
  /** What each bank's PCR 10 holds after them, hexadecimal. */
  readonly values: Readonly<Partial<Record<HashName, string>>>
  /** Banks that the kernel extended with SHA-1 digests padded by zeros. */
  readonly padded: readonly HashName[]
}

/** A part of a list, and what a quote says of the moment before it was read. */
export interface ImaPart {
  /** Of the quote. */
  readonly resetCount: number
  /** Of its first byte in the whole list: what `ImaState.bytes` says, 0 in another boot. */
  readonly offset: number
  readonly list: Uint8Array
  /** Each quoted bank's PCR 10. */
  readonly quoted: ReadonlyMap<HashName, Uint8Array>
}

/** What a part adds to what was known. */
export interface ContinuedIma {
  readonly findings: readonly Finding[]
  /** Those that every bank vouches for now and none did before. Of a refused part: none. */
  readonly entries: readonly ImaEntry[]
  /** The state before, where the part is refused. */
  readonly next: ImaState | null
}

/**
 * Goes on with an IMA list of which only what is new was sent. This verifies that: the part begins where the
 * one before ended, in the same boot (`resetCount`), or is the whole list of another boot; from PCR 10's
 * values then, its entries give the quoted ones, in every bank and none less or more than before; it names
 * no other register; the digests are padded from the first entry on, or never; its own hashes are right.
 *
 * What was measured after the quote is not vouched for and is sent again with the next part. The entries
 * are judged by `checkImaEntries`; that the first of a boot is its boot_aggregate is asked where the whole
 * list is judged, which the first part of a boot is.
 * @param before null: nothing is known. PCR 10 is then taken to begin with zeros.
 */
export function continueIma(before: ImaState | null, part: ImaPart): ContinuedIma {
  const known = before !== null && before.resetCount === part.resetCount ? before : null
  const refused = (id: FindingId, summary: string): ContinuedIma => ({
    findings: [findingOf({ id, summary, pcr: IMA_PCR })],
    entries: [],
    next: before,
  })
  const begin = known?.bytes ?? 0
  // check 11
  if (part.offset !== begin)
    return refused('ima.not-continued', `The part begins at byte ${part.offset}, not ${begin}.`)
  const read = attempt(part.list)
  if (read instanceof MalformedError) return refused('ima.malformed', read.message)
  return verify(known, read, part, refused)
}

type Refused = (id: FindingId, summary: string) => ContinuedIma

function verify(
  known: ImaState | null,
  list: readonly ImaEntry[],
  part: ImaPart,
  refused: Refused,
): ContinuedIma {
  if (list.some(({ pcrIndex }) => pcrIndex !== IMA_PCR))
    return refused('ima.register', `Entries of other registers than PCR ${IMA_PCR}.`)
  if (list.some((entry) => !templateHashHolds(entry)))
    return refused('ima.template-hash', 'A hash of an entry is not of its data.')
  const banks = [...part.quoted.keys()]
  const same = known === null || sameBanks(Object.keys(known.values), banks)
  // check 11
  if (banks.length === 0 || !same)
    return refused('ima.not-continued', 'Other banks are quoted than before in the same boot.')
  const matches = banks.map((bank) =>
    replayIma(list, bank, part.quoted.get(bank)!, { start: startOf(known, bank) }),
  )
  const matched = Math.min(...matches.map((one) => one.matched ?? -1))
  if (matched < 0) return refused('ima.replay', 'The part does not lead to the quoted PCR 10.')
  const entries = list.slice(0, matched)
  const padded = banks.filter((_, i) => matches[i]!.paddedSha1)
  const began = known !== null && known.entries > 0 && tells(entries)
  if (began && !sameBanks(padded, known.padded))
    return refused('ima.replay', 'The digests are padded in one part and whole in another.')
  return { findings: [], entries, next: nextOf(known, part, entries, padded) }
}

/** Whether entries show how digests are made: a violation gives ones in either way. */
const tells = (entries: readonly ImaEntry[]) => entries.some(({ violation }) => !violation)

const sameBanks = (some: readonly string[], others: readonly string[]) =>
  some.toSorted().join() === others.toSorted().join()

function startOf(known: ImaState | null, bank: HashName): Uint8Array {
  const value = known?.values[bank]
  return value === undefined ? new Uint8Array(DIGEST_SIZE[bank]) : fromHex(value)
}

function attempt(list: Uint8Array): readonly ImaEntry[] | MalformedError {
  try {
    return decodeImaList(list)
  } catch (e) {
    if (e instanceof MalformedError) return e
    throw e
  }
}

function nextOf(
  known: ImaState | null,
  { resetCount, quoted }: ImaPart,
  entries: readonly ImaEntry[],
  padded: readonly HashName[],
): ImaState {
  // Another bank may be quoted a moment later: each value is the one after these entries.
  const held = (bank: HashName) => {
    const by = { start: startOf(known, bank), paddedSha1: padded.includes(bank) }
    return [bank, toHex(imaValueAfter(entries, bank, by))]
  }
  return {
    resetCount,
    bytes: (known?.bytes ?? 0) + encodeImaList(entries).length,
    entries: (known?.entries ?? 0) + entries.length,
    values: Object.fromEntries([...quoted.keys()].map(held)),
    padded: tells(entries) ? padded : (known?.padded ?? []),
  }
}
