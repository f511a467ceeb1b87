import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type ServerCertificate, serverCertificate } from '../src/identity/tls/certificates.ts'

export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A certificate of an authority of its own, for this machine. */
export async function aCertificate(t: TestContext): Promise<ServerCertificate & { ca: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'tl-receiver-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const certificate = await serverCertificate(folder, ['localhost', '127.0.0.1'], Date.now())
  return { ...certificate, ca: readFileSync(certificate.caFile, 'utf8') }
}

/** Somebody's real HTTPS server that takes webhooks; it can go, and come back at the same port. */
export class WebhookReceiver {
  readonly received: Received[] = []
  readonly ca: string
  /** What it answers next. */
  status = 204
  headers: Record<string, string> = {}
  body = ''
  readonly #certificate: ServerCertificate
  #server: Server | null = null
  #port = 0

  private constructor(certificate: ServerCertificate & { ca: string }) {
    this.#certificate = certificate
    this.ca = certificate.ca
  }

  static async open(t: TestContext): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(await aCertificate(t))
    await receiver.back()
    t.after(() => receiver.kill())
    return receiver
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    return `https://localhost:${this.#port}/hook`
  }

  /** The events in the order in which they came. */
  get events(): any[] {
    return this.received.map(({ body }) => JSON.parse(body))
  }

  async back(): Promise<void> {
    const server = createServer(this.#certificate, (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk) => chunks.push(chunk))
      request.on('end', () => {
        this.received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
        response.writeHead(this.status, this.headers).end(this.body)
      })
    })
    this.#server = server
    await new Promise<void>((resolve) => server.listen(this.#port, 'localhost', resolve))
    this.#port = (server.address() as AddressInfo).port
  }

  async kill(): Promise<void> {
    const server = this.#server
    this.#server = null
    if (server === null) return
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

/** Waits until something is so. @throws {Error} it is not, for ten seconds. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (await isSo()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('it did not come')
}
