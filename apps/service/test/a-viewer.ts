import { setTimeout as sleep } from 'node:timers/promises'
import { type ConsoleTicket, consoleProtocols } from '@trusted-launch/api'
import { WebSocket } from 'ws'
import type { TestService } from './a-service.ts'

/** How a console ended for who looked at it. */
export interface Ended {
  readonly code: number
  readonly reason: string
}

/** Somebody's WebSocket at a console. */
export class Viewer {
  readonly socket: WebSocket
  /** Null: it was refused, with this status. */
  readonly opened: Promise<number | null>
  readonly ended: Promise<Ended>
  #shown = Buffer.alloc(0)

  constructor(service: TestService, ticket: string, options: ViewerOptions = {}) {
    const { origin = service.service.endpoint, path = '/consoles', host } = options
    const url = service.service.endpoint.replace('https', 'wss') + path
    this.socket = new WebSocket(url, consoleProtocols(ticket), {
      ca: service.ca,
      perMessageDeflate: false,
      ...(origin !== null && { origin }),
      ...(host !== undefined && { headers: { host } }),
    })
    this.opened = new Promise((resolve) => {
      this.socket.once('open', () => resolve(null))
      this.socket.once('unexpected-response', (_, { statusCode }) => {
        resolve(statusCode!)
        this.socket.terminate()
      })
    })
    this.ended = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
    this.socket.on('error', () => {}) // it closes
    this.socket.on('message', (data) => {
      this.#shown = Buffer.concat([this.#shown, data as Buffer])
    })
  }

  get shown(): Buffer {
    return this.#shown
  }

  type(text: string | Uint8Array): void {
    this.socket.send(text)
  }

  /** Waits until that was shown. */
  async sees(text: string): Promise<void> {
    for (const until = Date.now() + 5_000; Date.now() < until; await sleep(5))
      if (this.#shown.includes(text)) return
    throw new Error(`${text} was not shown, but ${this.#shown.subarray(-500)}`)
  }
}

export interface ViewerOptions {
  /** Of the page that opens it; null: no page does. */
  readonly origin?: string | null
  readonly host?: string
  readonly path?: string
}

type Ask = TestService['ask']

/** A ticket for a VM's console. */
export async function aTicket(
  ask: Ask | ((method: string, path: string, body?: unknown) => ReturnType<Ask>),
  vm: string,
  verb: 'connect' | 'watch' = 'connect',
  kind: 'serial' | 'screen' = 'serial',
): Promise<ConsoleTicket> {
  const { status, body } = await ask('POST', `${vm}/providers/TrustedLaunch/console/${verb}`, {
    kind,
  })
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}
