import type { Ask } from './conversation.ts'
import { AgentError, ChannelError } from './errors.ts'
import type { Evidence, EvidenceRequest } from './evidence.ts'
import { LOG_PART_BYTES_MAX } from './limits.ts'
import { LOGS, type LogName } from './messages.ts'

/** Parts asked for before the first arrives: a round trip is dear, half of what may be outstanding. */
const PARTS_AT_ONCE = 4

/**
 * Collects evidence from a guest: quotes first, then each log in parts of at most 16 KiB, up to the
 * size it had when the quotes stood, then what the kernel says of modules. Memory is set aside only for a size within the log's limit.
 * It proves nothing: what comes back is for `VerifiedQuote.verify`.
 * @throws {AgentError} the agent had no answer (`ak-unavailable`, `tpm-error`, …).
 * @throws {ChannelError} `log-too-long`, `log-short`, or the connection's own fault.
 */
export async function collectEvidence(ask: Ask, request: EvidenceRequest): Promise<Evidence> {
  const { logSizes, ...quoted } = await ask('evidence', request)
  for (const log of Object.keys(LOGS) as LogName[]) refuseTooLong(log, logSizes[log])
  return {
    ...quoted,
    eventLog: await collectLog(ask, 'eventLog', logSizes.eventLog),
    imaLog: await collectLog(ask, 'imaLog', logSizes.imaLog),
    userspaceLog: await collectLog(ask, 'userspaceLog', logSizes.userspaceLog),
    ...(await collectModuleMessages(ask)),
  }
}

/** Nothing of an agent that is older than the question, or where no kernel's log is to be read. */
async function collectModuleMessages(ask: Ask): Promise<Pick<Evidence, 'moduleMessages'>> {
  try {
    const { lines } = await ask('moduleMessages', null)
    return { moduleMessages: lines }
  } catch (e) {
    if (e instanceof AgentError && /^(?:unsupported|log-unavailable)$/.test(e.code)) return {}
    throw e
  }
}

function refuseTooLong(log: LogName, size: number | null): void {
  const max = LOGS[log].bytesMax
  if (size !== null && size > max)
    throw new ChannelError('log-too-long', `${log} of ${size} bytes, more than ${max}`, {
      log,
      size,
      max,
    })
}

async function collectLog(ask: Ask, log: LogName, size: number | null): Promise<Uint8Array | null> {
  if (size === null) return null
  const whole = new Uint8Array(size)
  for (let offset = 0; offset < size; offset += PARTS_AT_ONCE * LOG_PART_BYTES_MAX) {
    const parts: Promise<void>[] = []
    for (let i = 0; i < PARTS_AT_ONCE && offset + i * LOG_PART_BYTES_MAX < size; i++)
      parts.push(collectPart(ask, log, whole, offset + i * LOG_PART_BYTES_MAX))
    await Promise.all(parts)
  }
  return whole
}

async function collectPart(ask: Ask, log: LogName, whole: Uint8Array, offset: number) {
  const size = whole.length
  const sizeBytes = Math.min(LOG_PART_BYTES_MAX, size - offset)
  const { bytes } = await ask('log', { log, offset, sizeBytes })
  if (bytes.length !== sizeBytes)
    throw new ChannelError('log-short', `${log} ends before its size`, { log, offset, size })
  whole.set(bytes, offset)
}
