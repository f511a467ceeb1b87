import { createHmac } from 'node:crypto'
import type { ClientRequest } from 'node:http'
import { request } from 'node:https'
import { type AlertEvent, ocsfOf } from '@trusted-launch/posture'
import type { WebhookDestination } from '../domain/destinations.ts'
import { DeliveryError } from './errors.ts'
import { pinnedTo } from './receiver-address.ts'

/** It is this event that is not taken, and not the moment. */
const REFUSALS: readonly number[] = [400, 413, 415, 422]

export interface WebhookOptions {
  readonly address: string
  /** `whsec_…` */
  readonly secret: string
  readonly nowMs: number
  readonly timeoutMs: number
}

/** What a receiver gets: its type, when it happened, and the event, also in OCSF's words. */
export function webhookBody(event: AlertEvent): string {
  const { what, time, alert, ...rest } = event
  return JSON.stringify({
    type: `alert.${what}`,
    timestamp: new Date(time).toISOString(),
    data: { ...rest, alert, ocsf: ocsfOf(event) },
  })
}

/** @see Standard Webhooks, "Signature scheme", "Webhook headers" */
export function signatureHeaders(
  secret: string,
  id: string,
  nowMs: number,
  body: string,
): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000))
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${mac}`,
  }
}

/** Arrived is what is answered with 2xx. A redirect is followed nowhere. @throws {DeliveryError} */
export async function sendWebhook(
  { url, ca }: WebhookDestination,
  event: AlertEvent,
  { address, secret, nowMs, timeoutMs }: WebhookOptions,
): Promise<void> {
  const body = webhookBody(event)
  const headers = {
    ...{ 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    ...{ 'user-agent': 'trusted-launch', ...signatureHeaders(secret, event.id, nowMs, body) },
  }
  const options = { method: 'POST', headers, lookup: pinnedTo(address), agent: false as const }
  const status = await new Promise<number>((resolve, reject) => {
    const failed = (cause: Error) =>
      reject(new DeliveryError('receiver-unreachable', cause.message, { cause }))
    const sent: ClientRequest = request(
      url,
      { ...options, ...(ca !== null && { ca }), signal: AbortSignal.timeout(timeoutMs) },
      (answer) => {
        // Its status says it: no more is read, and what becomes of the rest is the receiver's.
        resolve(answer.statusCode ?? 0)
        answer.on('error', () => {})
        answer.destroy()
      },
    )
    sent.on('error', failed)
    sent.end(body)
  })
  if (status >= 200 && status < 300) return
  const code = REFUSALS.includes(status) ? 'event-refused' : 'receiver-unreachable'
  throw new DeliveryError(code, `it answers ${status}`)
}
