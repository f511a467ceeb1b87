import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { fromUtf8 } from '@trusted-launch/codec'
import { readInput } from '../input-file.ts'
import { plain } from '../plain-text.ts'

/** A destination of alerts, as it is said on a command line. */
export interface NewDestination {
  readonly webhook?: string
  readonly secretFile?: string
  readonly syslog?: string
  readonly plainTcp?: boolean
  readonly format?: 'cef' | 'ocsf'
  readonly ca?: string
  readonly file?: string
  readonly disabled?: boolean
}

const PEM_MAX = 64 * 1024
const SECRET_MAX = 128
const SYSLOG_PORT = 6514

/** The body of one. @throws {Error} none is named. */
export function destinationFrom(options: NewDestination): Record<string, unknown> {
  const { webhook, syslog, file, disabled } = options
  const state = disabled === true ? 'Disabled' : 'Enabled'
  if (file !== undefined) return { kind: 'file', file, state }
  const ca = options.ca === undefined ? {} : { ca: fromUtf8(readInput(options.ca, PEM_MAX)) }
  if (syslog !== undefined) {
    const at = /^(?<host>.+?)(?::(?<port>\d+))?$/.exec(syslog)!.groups!
    const host = at.host!.replace(/^\[|\]$/g, '')
    const transport = options.plainTcp === true ? 'tcp' : 'tls'
    const format = options.format === undefined ? {} : { format: options.format }
    const port = Number(at.port ?? SYSLOG_PORT)
    return { kind: 'syslog', host, port, transport, ...format, ...ca, state }
  }
  if (webhook === undefined) throw new Error('say where to: --webhook, --syslog or --file')
  const secret = options.secretFile === undefined ? {} : { secret: secretIn(options.secretFile) }
  return { kind: 'webhook', url: webhook, ...secret, ...ca, state }
}

/** A new one where there is no such file: the receiver needs it too. */
function secretIn(path: string): string {
  const fresh = `whsec_${randomBytes(32).toString('base64')}`
  try {
    writeFileSync(path, `${fresh}\n`, { flag: 'wx', mode: 0o600 })
    return fresh
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return fromUtf8(readInput(path, SECRET_MAX)).trim()
  }
}

/** One destination for people, with its dead letters. */
export function destinationText({ name, properties }: any, letters: readonly any[]): string {
  const { kind, state, url, host, port, transport, format, file, status } = properties
  const where = { webhook: url, syslog: `${host}:${port} (${transport}, ${format})`, file }[
    kind as 'file'
  ]
  const { delivered, waiting, lost, lastDelivered = 'never', error, nextTry } = status
  const lines = [
    `${name}: ${kind} to ${where}, ${state}`,
    `delivered ${delivered}, the last one ${lastDelivered}; ${waiting} wait, ${lost} are lost`,
    ...(error === undefined ? [] : [`${error}; the next try is ${nextTry}`]),
    ...(letters.length === 0 ? [] : [`${letters.length} dead letters:`]),
    ...letters.map(
      ({ sequence, time, why, event }) =>
        `  ${sequence}  ${time}  ${event?.alert.type} of ${event?.alert.vm.split('/').at(-1)}: ${why}`,
    ),
  ]
  return `${lines.map(plain).join('\n')}\n`
}
