import { MalformedError } from '@trusted-launch/codec'
import { Certificate, CryptoError, digestText, type HashName, Memo } from '@trusted-launch/crypto'
import {
  decodeEventLog,
  type EventLog,
  type EventLogFormat,
  type Explanation,
  explain,
  type LoggedEvent,
  type Replay,
  replay,
} from '@trusted-launch/eventlog'

/** Logs longer than this, in sum, are read anew each time: what is remembered stays small. */
export const knownLogBytesMax = 64 * 1024
type Decoded = Certificate | MalformedError | CryptoError
/** What a thing that is remembered is of, and is forgotten with. */
type Subject = 'vendors' | 'keys' | 'logs'
const memos = { vendors: [], keys: [], logs: [] } as Record<Subject, Memo<unknown>[]>
const vendors = memoOf<Decoded>('vendors', 512)
const keys = memoOf<Decoded>('keys', 4096)
const signatures = memoOf<boolean>('keys', 4096)
const logs = memoOf<ReadLog>('logs', 64)

/** An event, and what its data is worth in one bank. */
export interface ExplainedEvent extends LoggedEvent {
  readonly digest: Uint8Array
  readonly explanation: Explanation
}

/** A log that was read, and what follows from its bytes alone: nothing in it is verified. */
export class ReadLog {
  readonly log: EventLog
  /** What it is a view of: where it may be remembered, memory of its own. */
  readonly bytes: Uint8Array
  readonly #replays = new Map<HashName, Replay>()
  readonly #events = new Map<HashName, readonly ExplainedEvent[]>()

  constructor(log: EventLog, bytes: Uint8Array) {
    this.log = log
    this.bytes = bytes
  }

  /** @throws {MalformedError} it has no such bank. */
  replay(bank: HashName): Replay {
    return remember(this.#replays, bank, () => replay(this.log, bank))
  }

  events(bank: HashName): readonly ExplainedEvent[] {
    return remember(this.#events, bank, () =>
      this.log.events.map((event) => explained(event, bank)),
    )
  }
}
const none = new Uint8Array()

function explained(event: LoggedEvent, bank: HashName): ExplainedEvent {
  const { index, pcrIndex, eventType, digests, data } = event
  const digest = digests.get(bank) ?? none
  return { index, pcrIndex, eventType, digests, data, digest, explanation: explain(event, bank) }
}

function remember<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const found = known.get(key) ?? make()
  known.set(key, found)
  return found
}

/**
 * A certificate by its bytes, decoded once: the vendors' of Secure Boot are in every log, a key's in all its
 * evidence. @throws as `Certificate.decode`
 */
export function certificateFrom(der: Uint8Array, whose: 'vendor' | 'key'): Certificate {
  const known = (whose === 'vendor' ? vendors : keys).of(() => decodeCertificate(der.slice()), der)
  if (known instanceof Certificate) return known
  throw known
}

function decodeCertificate(der: Uint8Array): Decoded {
  try {
    return Certificate.decode(der)
  } catch (e) {
    if (e instanceof MalformedError || e instanceof CryptoError) return e
    throw e
  }
}

/** Whether the issuer's key signed it; asked of OpenSSL once. */
export function isSignedBy(certificate: Certificate, issuer: Certificate): boolean {
  const ask = () => certificate.signedBy(issuer.publicKey)
  return signatures.of(ask, certificate.der, issuer.publicKey.spki)
}

/** A memo of at most so many things that are made of bytes. */
export function memoOf<T>(subject: Subject, max: number): Memo<T> {
  const memo = new Memo<T>(max)
  memos[subject].push(memo)
  return memo
}

/**
 * A log by its bytes, read once. Of what is remembered nothing is a view of the bytes given: they may be a
 * part of far more. @throws {MalformedError}
 */
export function readLogFrom(
  bytes: Uint8Array,
  formats: readonly EventLogFormat[],
  padding: 'none' | 'acpi',
): ReadLog {
  const read = (from: Uint8Array) => new ReadLog(decodeEventLog(from, { formats, padding }), from)
  if (bytes.length > knownLogBytesMax) return read(bytes)
  const key = `${formats} ${padding} ${digestText('sha256', bytes)}`
  const known = logs.find(key)
  if (known !== undefined) return known
  const made = read(bytes.slice())
  logs.keep(key, made)
  return made
}

/**
 * Forgets what was made of bytes before: certificates, who signed them, logs. It is remembered by the bytes'
 * SHA-256, within limits, and only what is a function of the bytes: it never changes a verdict, only its time.
 * @param what all of it, or the logs, or logs and keys and not the vendors' certificates.
 */
export function forgetKnown(what: 'all' | 'logs' | 'logs and keys' = 'all'): void {
  const subjects: Record<typeof what, Subject[]> = {
    logs: ['logs'],
    'logs and keys': ['logs', 'keys'],
    all: ['logs', 'keys', 'vendors'],
  }
  for (const subject of subjects[what]) for (const memo of memos[subject]) memo.forget()
}
