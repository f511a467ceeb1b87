import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'

/** What came back of a request; null: nobody can say whether it was done. */
export type Answer = {
  readonly status: number
  readonly body: any
  readonly operationId: string | null
  readonly correlationId: string
} | null

/** The administrator of one service, over HTTPS. */
export class Client {
  readonly #admin: any
  readonly #agent: Agent
  #token = ''

  constructor(data: string) {
    this.#admin = JSON.parse(readFileSync(join(data, 'admin.json'), 'utf8'))
    this.#agent = new Agent({ keepAlive: true, ca: readFileSync(this.#admin.caFile) })
  }

  get subscription(): string {
    return `/subscriptions/${this.#admin.subscriptionId}`
  }

  async signIn(): Promise<void> {
    const { tenantId, clientId, clientSecret } = this.#admin
    const form = new URLSearchParams({
      ...{ client_id: clientId, client_secret: clientSecret, grant_type: 'client_credentials' },
      scope: 'https://management.azure.com/.default',
    })
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await this.#send('POST', `/${tenantId}/oauth2/v2.0/token`, type, String(form))
    if (answer?.status !== 200) throw new Error(`no token: ${JSON.stringify(answer)}`)
    this.#token = answer.body.access_token
  }

  ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const headers = {
      authorization: `Bearer ${this.#token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    }
    const text = body === undefined ? undefined : JSON.stringify(body)
    return this.#send(
      method,
      `${path}${path.includes('?') ? '&' : '?'}api-version=2026-04-01`,
      headers,
      text,
    )
  }

  close(): void {
    this.#agent.destroy()
  }

  #send(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<Answer> {
    const correlationId = randomUUID()
    const own = { 'x-ms-correlation-request-id': correlationId }
    return new Promise((resolve) => {
      const sent = request(
        `${this.#admin.endpoint}${path}`,
        { method, agent: this.#agent, headers: { ...headers, ...own } },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk) => chunks.push(chunk))
          response.on('error', () => resolve(null))
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString()
            const url = String(response.headers['azure-asyncoperation'] ?? '')
            const operationId = /operations\/([^/?]+)/.exec(url)?.[1] ?? null
            const status = response.statusCode!
            resolve({ status, body: parsed(text), operationId, correlationId })
          })
        },
      )
      sent.on('error', () => resolve(null))
      sent.end(body)
    })
  }
}

function parsed(text: string): any {
  return text === '' ? null : JSON.parse(text)
}
