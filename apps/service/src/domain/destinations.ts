import { integer, object, oneOf, type Shape, string } from '@trusted-launch/attestation'
import { MalformedError, toUtf8, within } from '@trusted-launch/codec'
import type { AlertEvent } from '@trusted-launch/posture'
import type { AlertEventData } from './events.ts'
import type { Event, JsonObject, Resource } from './store.ts'

/** Where alerts of a subscription are sent: kept as resources of it. */
export const DESTINATION = 'TrustedLaunch/alertDestinations'
/** Of one subscription: each is told of each alert. */
export const DESTINATIONS_MAX = 16

/** JSON over HTTPS, signed as Standard Webhooks says. */
export interface WebhookDestination {
  readonly kind: 'webhook'
  readonly url: string
  /** The authorities that vouch for it, PEM; null: those of the system. */
  readonly ca: string | null
}

/** Messages of RFC 5424. */
export interface SyslogDestination {
  readonly kind: 'syslog'
  readonly host: string
  readonly port: number
  readonly transport: 'tls' | 'tcp'
  readonly format: 'cef' | 'ocsf'
  readonly ca: string | null
}

/** Lines of JSON. */
export interface FileDestination {
  readonly kind: 'file'
  /** A name, in the one folder that the operator has for it. */
  readonly file: string
}

export type Destination = WebhookDestination | SyslogDestination | FileDestination

const pemMax = 64 * 1024
const enabled = oneOf('Enabled', 'Disabled')
const pem = string({ max: pemMax, pattern: /^-----BEGIN CERTIFICATE-----/ })
const hostName = string({ max: 255, pattern: /^[A-Za-z0-9:][A-Za-z0-9.:-]*$/ })
/** Standard Webhooks: 24 to 64 bytes, in base64 behind a prefix. */
const secretText = string({ max: 100, pattern: /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/ })

const shapes = {
  webhook: object(
    { kind: oneOf('webhook'), url: string({ max: 2048, pattern: /^https:\/\// }) },
    { ca: pem, state: enabled, secret: secretText },
  ),
  syslog: object(
    { kind: oneOf('syslog'), host: hostName, port: integer({ min: 1, max: 65_535 }) },
    { transport: oneOf('tls', 'tcp'), format: oneOf('cef', 'ocsf'), ca: pem, state: enabled },
  ),
  file: object(
    { kind: oneOf('file'), file: string({ max: 100, pattern: /^[A-Za-z0-9][\w.-]*$/ }) },
    { state: enabled },
  ),
}

/** What somebody asks of a destination. */
export interface DestinationAsked {
  readonly destination: Destination
  readonly isEnabled: boolean
  /** A webhook's, as it was given; null: none was. */
  readonly secret: string | null
}

/** A destination out of plain JSON. @throws {MalformedError} an unknown name, or a value of another form. */
export function checkDestination(value: JsonObject): DestinationAsked {
  return within('AlertDestination', () => {
    const kind = oneOf('webhook', 'syslog', 'file')(value.kind)
    const { state = 'Enabled', ...given } = (shapes[kind] as Shape<any>)(value)
    const { secret = null, ...destination } = given
    return { destination: whole(destination), isEnabled: state === 'Enabled', secret }
  })
}

function whole(given: any): Destination {
  if (given.kind === 'webhook') {
    const url = URL.canParse(given.url) ? new URL(given.url) : null
    if (url === null || url.username !== '' || url.password !== '' || url.hash !== '')
      throw new MalformedError('url', 0, 'no address of a webhook')
    return { ca: null, ...given, url: url.href }
  }
  if (given.kind === 'file') return given
  return { transport: 'tls', format: 'cef', ca: null, ...given }
}

/** The destination in its row. */
export function destinationOf({ properties }: Pick<Resource, 'properties'>): Destination {
  return properties.destination as unknown as Destination
}

export function isEnabled({ properties }: Pick<Resource, 'properties'>): boolean {
  return properties.isEnabled === true
}

/** Under which name a destination's secret is sealed. */
export function secretName(destinationId: string): string {
  return `alert-destination/${destinationId.toLowerCase()}`
}

/** @param sealed of a transaction, where it is to be part of one. */
export async function keepReceiverSecret(
  sealed: Secrets,
  destinationId: string,
  secret: string | null,
): Promise<void> {
  const name = secretName(destinationId)
  if (secret === null) await sealed.delete(name)
  else await sealed.put(name, toUtf8(secret))
}

/** Where secrets are sealed. */
interface Secrets {
  put(name: string, value: Uint8Array): Promise<void>
  delete(name: string): Promise<boolean>
}

/** An event of an alert as it is told to others; null: a rule hides the alert, and nobody is. */
export function alertEventOf({
  id,
  sequence,
  at: time,
  resourceId,
  data,
}: Event): AlertEvent | null {
  const { what, name, alert, suppressedBy, sample } = data as unknown as AlertEventData
  if (suppressedBy !== null) return null
  return { id, sequence, time, what, alertId: resourceId, name, alert, sample }
}

/** A host that alerts may be sent to, though it is on a private network or this machine. */
export interface AllowedReceiver {
  readonly hostname: string
  /** Null: any. */
  readonly port: number | null
}

/** What the operator lets alerts be sent to, beside hosts that anybody reaches. */
export interface ReceiverRules {
  readonly allowed: readonly AllowedReceiver[]
  /** The folder for files, absolute; null: none is written. */
  readonly filesIn: string | null
}

const receiver = /^(?<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?<port>\d{1,5}))?$/

/** `HOST` or `HOST:PORT`. @throws {TypeError} */
export function parseAllowedReceiver(text: string): AllowedReceiver {
  const { host, port } = receiver.exec(text)?.groups ?? {}
  const number = port === undefined ? null : Number(port)
  if (host === undefined || number === 0 || (number ?? 0) > 65_535)
    throw new TypeError(`${text} is no host: HOST[:PORT]`)
  return { hostname: host.replace(/^\[|\]$/g, '').toLowerCase(), port: number }
}

/** Whether the operator lets alerts be sent to a host wherever it is. */
export function isReceiverAllowed(
  allowed: readonly AllowedReceiver[],
  hostname: string,
  port: number,
): boolean {
  const name = hostname.toLowerCase()
  return allowed.some((one) => one.hostname === name && (one.port === null || one.port === port))
}
