import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { connect as connectTls } from 'node:tls'
import { type AlertEvent, cefOf, ocsfOf } from '@trusted-launch/posture'
import type { SyslogDestination } from '../domain/destinations.ts'
import { DeliveryError } from './errors.ts'

/** security/authorization messages */
const FACILITY = 10
/** Critical, warning, notice. RFC 5424, 6.2.1 */
const LEVELS = { high: 2, medium: 4, low: 5 } as const

/** A message of RFC 5424, with a structured element for who picks without parsing; text in UTF-8. */
export function syslogMessage(event: AlertEvent, format: SyslogDestination['format']): string {
  const { alert, time, sequence, what, id } = event
  const priority = FACILITY * 8 + LEVELS[alert.severity]
  const host = printable(hostname(), 255)
  const header = `<${priority}>1 ${new Date(time).toISOString()} ${host} trusted-launch - ALERT`
  const meta = `[meta sequenceId="${sequence % 2_147_483_647 || 1}"]`
  // The enterprise number that is nobody's. RFC 5612
  const own = `[alert@32473 id="${id}" what="${what}" type="${alert.type}" sample="${event.sample}"]`
  const text = format === 'cef' ? cefOf(event) : JSON.stringify(ocsfOf(event))
  return `${header} ${meta}${own} \ufeff${text}`
}

/** With its length before it, so that no text in it ends it. RFC 5425, 4.3; RFC 6587, 3.4.1 */
export function syslogFrame(message: string): Buffer {
  const bytes = Buffer.from(message)
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes])
}

/**
 * One connection for one message. Syslog knows no answer: arrived is what was sent when the receiver has closed the
 * connection in order after us, so that its system has all of it; what it makes of it, it does not say.
 * @throws {DeliveryError}
 */
export function sendSyslog(
  { host, port, transport, format, ca }: SyslogDestination,
  event: AlertEvent,
  { address, timeoutMs }: { readonly address: string; readonly timeoutMs: number },
): Promise<void> {
  const frame = syslogFrame(syslogMessage(event, format))
  const name = isIP(host) === 0 ? { servername: host } : {}
  return new Promise((resolve, reject) => {
    const socket: Socket =
      transport === 'tls'
        ? connectTls({ host: address, port, ...name, ...(ca !== null && { ca }) })
        : connectTcp({ host: address, port })
    let cause: Error | null = null
    const late = setTimeout(() => socket.destroy(new Error('it does not answer')), timeoutMs)
    socket.on(transport === 'tls' ? 'secureConnect' : 'connect', () => socket.end(frame))
    socket.on('data', () => {})
    socket.on('error', (error) => {
      cause = error
    })
    socket.on('close', () => {
      clearTimeout(late)
      if (cause === null && socket.writableFinished) return resolve()
      const why = cause?.message ?? 'the connection ended early'
      reject(new DeliveryError('receiver-unreachable', why, { cause }))
    })
  })
}

function printable(text: string, max: number): string {
  return text.replaceAll(/[^\x21-\x7e]/g, '').slice(0, max) || '-'
}
