import { parseResourceId } from '@trusted-launch/api'
import type { AlertEvent } from '@trusted-launch/posture'
import { type Destination, type ReceiverRules, secretName } from '../domain/destinations.ts'
import type { SealedValues } from '../identity/sealed-values.ts'
import { DeliveryError } from './errors.ts'
import { appendToFile } from './file.ts'
import { type Resolve, receiverAddress } from './receiver-address.ts'
import { sendSyslog } from './syslog.ts'
import { sendWebhook } from './webhook.ts'

export interface SendGround {
  readonly rules: ReceiverRules
  readonly sealed: Pick<SealedValues, 'get'>
  readonly now: () => number
  /** How long one receiver is waited for. */
  readonly timeoutMs?: number
  readonly resolve?: Resolve
}

const TIMEOUT_MS = 15_000

/** What is sent where. */
export type SendArguments = readonly [
  destinationId: string,
  destination: Destination,
  event: AlertEvent,
]

/** Sends one event to one destination. @throws {DeliveryError} it did not arrive, or nobody knows. */
export async function send(
  { rules, sealed, now, timeoutMs = TIMEOUT_MS, resolve }: SendGround,
  ...[destinationId, destination, event]: SendArguments
): Promise<void> {
  if (destination.kind === 'file') {
    const { subscriptionId } = parseResourceId(destinationId)!
    return appendToFile(destination, subscriptionId!, event, rules.filesIn)
  }
  if (destination.kind === 'syslog') {
    const { host, port } = destination
    const address = await receiverAddress(host, port, rules, resolve)
    return sendSyslog(destination, event, { address, timeoutMs })
  }
  const { hostname, port } = new URL(destination.url)
  const address = await receiverAddress(hostname, Number(port || 443), rules, resolve)
  const secret = await sealed.get(secretName(destinationId))
  if (secret === null) throw new DeliveryError('receiver-unreachable', 'its secret is not there')
  const text = new TextDecoder().decode(secret)
  return sendWebhook(destination, event, { address, secret: text, nowMs: now(), timeoutMs })
}
