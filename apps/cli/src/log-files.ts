import {
  MAX_EVENT_LOG_SIZE,
  MAX_IMA_LIST_SIZE,
  MAX_USERSPACE_LOG_SIZE,
} from '@trusted-launch/eventlog'
import { bytesFrom } from './input-fault.ts'

/** What a boot writes down, as bytes; null: not given. */
export interface Logs {
  readonly eventLog: Uint8Array
  readonly imaLog: Uint8Array | null
  readonly userspaceLog: Uint8Array | null
}

/** Where each lies. */
export interface LogPaths {
  eventLog: string
  ima?: string
  userspaceLog?: string
}

/**
 * A boot's logs. Whether they hold is for the appraisal to say: here they only must not plainly be
 * something else. @throws {InputFault} one is. @throws {Error} one cannot be read.
 */
export function logsFrom({ eventLog, ima, userspaceLog }: LogPaths): Logs {
  const read = (path: string | undefined, what: string, max: number) =>
    path === undefined ? null : bytesFrom('input.malformed', path, what, max)
  return {
    eventLog: bytesFrom('input.malformed', eventLog, 'an event log', MAX_EVENT_LOG_SIZE),
    imaLog: read(ima, 'an IMA list', MAX_IMA_LIST_SIZE),
    userspaceLog: read(userspaceLog, 'a userspace log', MAX_USERSPACE_LOG_SIZE),
  }
}
