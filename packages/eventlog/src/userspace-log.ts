import {
  equalBytes,
  fromHex,
  fromUtf8,
  MalformedError,
  toUtf8,
  within,
} from '@trusted-launch/codec'
import { digest, type HashName } from '@trusted-launch/crypto'
import { BANKS, type Bank, PCR_COUNT } from './constants.ts'
import { extend } from './replay.ts'

/** The most bytes a userspace log may have. */
export const MAX_USERSPACE_LOG_SIZE = 1 << 20
const recordsMax = 4096

/** One measurement systemd made in the running system. */
export interface UserspaceRecord {
  readonly index: number
  /** Null where it was measured into an NV index instead of a PCR. */
  readonly pcrIndex: number | null
  readonly digests: ReadonlyMap<Bank, Uint8Array>
  /** What was measured, where it is no secret: `enter-initrd`, `machine-id:…`. Else null. */
  readonly text: string | null
  /** systemd's word for it: `phase`, `filesystem`, `machine-id`, `volume-key` … Not measured. */
  readonly eventType: string | null
}

type Refuse = (reason: string) => MalformedError

const recordSeparator = 0x1e
const lineFeed = 0x0a

/**
 * Reads systemd's `tpm2-measure.log` strictly: JSON texts, each after 0x1E and before a line feed.
 * The log is written by the guest's root, so only `replayUserspaceLog` tells whether a TPM agrees.
 *
 * @param log at most 1 MiB.
 * @throws {MalformedError} a cut-off record, a PCR above 23, a digest of the wrong size …
 * @see RFC 7464; TCG Canonical Event Log, JSON; systemd, docs/TPM2_PCR_MEASUREMENTS.md
 */
export function decodeUserspaceLog(log: Uint8Array): UserspaceRecord[] {
  if (log.length > MAX_USERSPACE_LOG_SIZE)
    throw new MalformedError('UserspaceLog', MAX_USERSPACE_LOG_SIZE, 'too long')
  const records: UserspaceRecord[] = []
  for (let at = 0; at < log.length; ) {
    const end = log.indexOf(lineFeed, at)
    const index = records.length
    records.push(within(`UserspaceLog[${index}]`, () => readRecord(log, at, end, index)))
    at = end + 1
  }
  return records
}

function readRecord(log: Uint8Array, start: number, end: number, index: number): UserspaceRecord {
  const refuse: Refuse = (reason) => new MalformedError('', start, reason)
  if (index >= recordsMax) throw refuse(`more than ${recordsMax} records`)
  if (log[start] !== recordSeparator) throw refuse('no record separator')
  if (end < 0) throw refuse('truncated')
  const value = parse(fromUtf8(log.subarray(start + 1, end)), start)
  if (!isObject(value)) throw refuse('not an object')
  const pcrIndex = value.pcr ?? null
  if (pcrIndex !== null && !isPcr(pcrIndex)) throw refuse('no such PCR')
  if (pcrIndex === null && value.nv_index === undefined && value.nvIndex === undefined)
    throw refuse('neither a PCR nor an NV index')
  const content = isObject(value.content) ? value.content : {}
  return {
    index,
    pcrIndex,
    digests: digestsOf(value.digests, refuse),
    text: textIn(content.string, refuse),
    eventType: textIn(content.eventType, refuse),
  }
}

function parse(text: string, start: number): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new MalformedError('', start, 'not JSON', { cause })
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Half a character is none, and its digest would be another's: RFC 7493, 2.1. */
function textIn(value: unknown, refuse: Refuse): string | null {
  if (typeof value !== 'string') return null
  if (!value.isWellFormed()) throw refuse('half a character')
  return value
}

function isBank(value: unknown): value is Bank {
  return typeof value === 'string' && Object.hasOwn(BANKS, value)
}

function isPcr(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < PCR_COUNT
}

function digestsOf(value: unknown, refuse: Refuse): Map<Bank, Uint8Array> {
  if (!Array.isArray(value) || value.length === 0) throw refuse('no digests')
  const digests = new Map<Bank, Uint8Array>()
  for (const one of value) {
    if (!isObject(one) || typeof one.digest !== 'string') throw refuse('a digest without value')
    const bank = one.hashAlg
    if (!isBank(bank)) throw refuse('a digest of no known hash')
    if (digests.has(bank)) throw refuse(`a second ${bank} digest`)
    const bytes = fromHex(one.digest)
    if (bytes.length !== BANKS[bank].size) throw refuse(`a ${bank} digest of ${bytes.length} bytes`)
    digests.set(bank, bytes)
  }
  return digests
}

/** True when the record's text gives its digest; false when it gives another or there is no text. */
export function isTextMeasured(record: UserspaceRecord, bank: HashName): boolean {
  const measured = record.digests.get(bank)
  if (record.text === null || measured === undefined) return false
  return equalBytes(digest(bank, toUtf8(record.text)), measured)
}

/**
 * Each PCR the log extends, after it.
 * @param start what the PCRs held before: the event log's `replay`.
 * @throws {MalformedError} a record without a digest of this bank: the PCR can't be known.
 */
export function replayUserspaceLog(
  records: readonly UserspaceRecord[],
  bank: HashName,
  start: ReadonlyMap<number, Uint8Array>,
): Map<number, Uint8Array> {
  const values = new Map<number, Uint8Array>()
  for (const { index, pcrIndex, digests } of records) {
    if (pcrIndex === null) continue
    const by = digests.get(bank)
    if (by === undefined) throw new MalformedError(`UserspaceLog[${index}]`, 0, `no ${bank} digest`)
    const before = values.get(pcrIndex) ?? start.get(pcrIndex) ?? new Uint8Array(by.length)
    values.set(pcrIndex, extend(bank, before, by))
  }
  return values
}
