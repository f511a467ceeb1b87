import { toUtf8 } from '@trusted-launch/codec'
import { digestText } from '@trusted-launch/crypto'
import { knownLogBytesMax, type ReadLog } from './known.ts'
import type { PcrValues } from './pcr-values.ts'
import type { Profile } from './profile.ts'
import type { Logs } from './read-logs.ts'

const none = new Uint8Array()

/**
 * The SHA-256 of everything that a log's verification is a function of: the logs, how they are read, the values
 * they are held against, and who vouches for those. Null: the logs are too long to be remembered.
 * @param read the firmware's log, whose hash is known already.
 */
export function keyOfLogs(
  read: ReadLog,
  logs: Logs,
  values: readonly PcrValues[],
  profile: Profile,
): string | null {
  const bytes = [logs.imaLog, logs.userspaceLog].map((log) => log ?? none)
  const sizes = [logs.eventLog, ...bytes].map((log) => log?.length ?? 0)
  if (read.key === null || sizes.reduce((sum, size) => sum + size) > knownLogBytesMax) return null
  const registers = values.map(({ bank, source, pcrs }) => `${bank} ${source} ${[...pcrs.keys()]}`)
  // Sizes and registers say where each part ends, and the NUL where they do themselves.
  const said = [profile, sizes, ...registers, read.key].join('|')
  const pcrs = values.flatMap((one) => [...one.pcrs.values()])
  return digestText('sha256', toUtf8(`${said}\0`), ...pcrs, ...bytes)
}

/** The logs and values in memory of their own, to be kept: what was given may be a part of far more. */
export function copyOfLogs(logs: Logs, values: readonly PcrValues[]): [Logs, PcrValues[]] {
  const { imaLog, userspaceLog } = logs
  const own = { imaLog: imaLog?.slice() ?? null, userspaceLog: userspaceLog?.slice() ?? null }
  return [{ ...logs, ...own }, values.map((one) => one.copy())]
}
