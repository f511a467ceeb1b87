import { Agent, request } from 'node:https'
import type { ClientOptions, HttpAnswer } from '@trusted-launch/api'

const TIMEOUT_MS = 60_000

/** Sends requests to a service that this process runs, which one authority alone vouches for. */
export function httpsTo(ca: string): ClientOptions['send'] & { close(): void } {
  const agent = new Agent({ ca, keepAlive: true })
  const send: ClientOptions['send'] = (url, { method, headers, body }) =>
    new Promise<HttpAnswer>((resolve, reject) => {
      const sent = request(url, { method, headers, agent, timeout: TIMEOUT_MS }, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          const bytes = Buffer.concat(chunks)
          const header = (name: string) => [answer.headers[name.toLowerCase()] ?? []].flat()[0]
          resolve({
            status: answer.statusCode!,
            headers: { get: (name) => header(name) ?? null },
            text: async () => bytes.toString(),
            arrayBuffer: async () => Uint8Array.from(bytes).buffer,
          })
        })
      })
      sent.on('timeout', () => sent.destroy(new Error('the service does not answer')))
      sent.on('error', reject)
      sent.end(body)
    })
  return Object.assign(send, { close: () => agent.destroy() })
}
