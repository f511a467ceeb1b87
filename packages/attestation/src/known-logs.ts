import { toUtf8 } from '@trusted-launch/codec'
import { digestText, sameBytes } from '@trusted-launch/crypto'
import { knownLogBytesMax, type ReadLog } from './known.ts'
import type { PcrValues } from './pcr-values.ts'
import type { Profile } from './profile.ts'
import type { Logs } from './read-logs.ts'

/**
 * The SHA-256 of everything but the logs themselves that their verification is a function of: how they are read,
 * the values they are held against, and who vouches for those. Two logs have the same only where their digests
 * are the same, or by their sizes alone: `sameLogs` decides. Null: they are too long to be remembered.
 */
export function keyOfLogs(
  { eventLog, imaLog, userspaceLog, padding = 'none' }: Logs,
  values: readonly PcrValues[],
  profile: Profile,
): string | null {
  const sizes = [eventLog, imaLog, userspaceLog].map((log) => log?.length ?? 0)
  if (sizes[0]! + sizes[1]! + sizes[2]! > knownLogBytesMax) return null
  let said = `${profile}|${padding}|${sizes}`
  const pcrs: Uint8Array[] = []
  for (const { bank, source, pcrs: registers } of values) {
    said += `|${bank} ${source}`
    for (const pcr of registers.keys()) {
      said += ` ${pcr}`
      pcrs.push(registers.get(pcr)!)
    }
  }
  // Banks and registers say where each value ends, and the NUL where they do themselves.
  return digestText('sha256', toUtf8(`${said}\0`), ...pcrs)
}

/** Whether they are the same, byte for byte; no log and an empty one are. */
export function sameLogs(a: Logs, b: Logs): boolean {
  // check 20
  if (!sameLog(a.eventLog, b.eventLog)) return false
  // check 40
  if (!sameLog(a.imaLog, b.imaLog)) return false
  // check 37
  if (!sameLog(a.userspaceLog, b.userspaceLog)) return false
  return true
}

const none = new Uint8Array()

function sameLog(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return sameBytes(a ?? none, b ?? none)
}

/** The logs and values in memory of their own, to be kept: what was given may be a part of far more. */
export function copyOfLogs(
  { bytes }: ReadLog,
  logs: Logs,
  values: readonly PcrValues[],
): [Logs, PcrValues[]] {
  const { imaLog, userspaceLog } = logs
  const own = { imaLog: imaLog?.slice() ?? null, userspaceLog: userspaceLog?.slice() ?? null }
  return [{ ...logs, ...own, eventLog: bytes }, values.map((one) => one.copy())]
}
