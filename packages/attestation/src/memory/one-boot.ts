import type { Evidence } from '@trusted-launch/channel'
import { digestHex } from '@trusted-launch/crypto'
import { type FindingId, findingOf } from '../finding-table.ts'
import { hex, integer, nullable, object, type Shape } from '../json-shape.ts'
import type { Finding } from '../result.ts'
import type { Compared } from './counters.ts'

/** How much of a log was seen, and what it was. */
export interface SeenLog {
  readonly bytes: number
  /** Hexadecimal. */
  readonly sha256: string
}

/** The logs of one boot as last verified; null: it had none. */
export interface BootState {
  readonly resetCount: number
  readonly eventLog: SeenLog | null
  readonly imaLog: SeenLog | null
  readonly userspaceLog: SeenLog | null
}

const logs = {
  eventLog: { id: 'eventlog.not-continued', name: "The firmware's log" },
  imaLog: { id: 'ima.not-continued', name: 'The IMA list' },
  userspaceLog: { id: 'userspace-log.not-continued', name: "Userspace's log" },
} as const satisfies Record<string, { id: FindingId; name: string }>
type LogName = keyof typeof logs
const logNames = Object.keys(logs) as LogName[]

/**
 * Whether evidence of the same boot goes on from what was seen of it: each log begins with all that was
 * there before. Of another boot (another resetCount) nothing is compared: it must be whole by itself, and
 * nothing of the one before counts for it.
 *
 * That values and logs are of the same moment is proved by the replay; this proves that nobody rewrote, between
 * two answers, what does not show there: data that no register covers, an entry left out with its extension.
 */
export function compareBoot(
  before: BootState | null,
  now: { readonly resetCount: number; readonly evidence: Evidence },
): Compared<BootState> {
  const { resetCount, evidence } = now
  const next: BootState = {
    resetCount,
    eventLog: seen(evidence.eventLog),
    imaLog: seen(evidence.imaLog),
    userspaceLog: seen(evidence.userspaceLog),
  }
  if (before === null || before.resetCount !== resetCount) return { findings: [], next }
  const findings = logNames.flatMap((name) => faultOfLog(name, before[name], evidence[name]))
  return findings.length > 0 ? { findings, next: before } : { findings, next }
}

function faultOfLog(name: LogName, before: SeenLog | null, now: Uint8Array | null): Finding[] {
  if (before === null) return []
  const kept = now !== null && now.length >= before.bytes
  const { id, name: title } = logs[name]
  // check 11
  if (!kept || sha256(now.subarray(0, before.bytes)) !== before.sha256)
    return [
      findingOf({
        id,
        summary: `${title} does not begin with what it held earlier in the same boot.`,
        expected: `${before.bytes} bytes or more, the first of SHA-256 ${before.sha256}`,
        actual: now === null ? 'no log' : `${now.length} bytes`,
      }),
    ]
  return []
}

function seen(log: Uint8Array | null): SeenLog | null {
  return log === null ? null : { bytes: log.length, sha256: sha256(log) }
}

function sha256(bytes: Uint8Array): string {
  return digestHex('sha256', bytes)
}

const seenShape: Shape<SeenLog | null> = nullable(
  object({ bytes: integer({ min: 0, max: 2 ** 31 }), sha256: hex({ min: 32, max: 32 }) }),
)
/** A stored state. */
export const bootShape: Shape<BootState> = object({
  resetCount: integer({ min: 0, max: 2 ** 32 - 1 }),
  eventLog: seenShape,
  imaLog: seenShape,
  userspaceLog: seenShape,
})
