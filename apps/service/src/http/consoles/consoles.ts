import type { IncomingMessage } from 'node:http'
import type { Server } from 'node:https'
import type { Duplex } from 'node:stream'
import {
  ArmError,
  CONSOLE_ENDS,
  CONSOLE_MESSAGE_MAX,
  CONSOLE_PROTOCOL,
  CONSOLES_PATH,
  type ConsoleEnd,
  type ConsoleTicket,
  ticketIn,
} from '@trusted-launch/api'
import type { Logger } from 'pino'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Authorizer } from '../../domain/caller.ts'
import type { ConsoleDriver } from '../../domain/host/consoles.ts'
import type { Store } from '../../domain/store.ts'
import { eventOf } from '../auditing.ts'
import { CONNECTION_LIMITS, Connection, type ConnectionLimits } from './connection.ts'
import type { Line, Viewer } from './line.ts'
import { joinScreen } from './screen-line.ts'
import { SerialLines } from './serial-lines.ts'
import { ConsoleTickets, type Grant } from './tickets.ts'

export interface ConsolesOptions {
  readonly driver: Pick<ConsoleDriver, 'console' | 'openConsole' | 'openScreen'>
  readonly authorizer: Authorizer
  readonly store: Pick<Store, 'audit' | 'resources'>
  readonly now: () => number
  readonly log: Logger
  /** Time in tests. */
  readonly limits?: Partial<ConnectionLimits>
}

/** Of one VM, both kinds together. */
const OF_ONE_MAX = 8
const OF_ALL_MAX = 128
const OPENED = { status: 101, ending: 'open' } as const
const CLOSED = { status: 200, ending: 'close' } as const

/**
 * The consoles that people look at: a WebSocket each, which a ticket opens. Whether they still may is looked up while
 * they do.
 * @see RFC 6455
 */
export class Consoles {
  readonly #options: ConsolesOptions
  readonly #tickets: ConsoleTickets
  readonly #lines: SerialLines
  readonly #sockets = new WebSocketServer({
    ...{ noServer: true, clientTracking: false, perMessageDeflate: false },
    maxPayload: CONSOLE_MESSAGE_MAX,
    handleProtocols: () => CONSOLE_PROTOCOL,
  })
  readonly #open = new Map<Connection, Grant>()
  #closed = false

  constructor(options: ConsolesOptions) {
    this.#options = options
    this.#tickets = new ConsoleTickets(options.now)
    this.#lines = new SerialLines(options.driver)
  }

  /** @throws {TooMany} */
  give(grant: Grant, base: string): ConsoleTicket {
    const { ticket, endsAt } = this.#tickets.give(grant)
    const url = `${base.replace(/^http/, 'ws')}${CONSOLES_PATH}`
    return { url, ticket, expiresAt: new Date(endsAt).toISOString() }
  }

  /**
   * Takes the upgrades of a server. A page of another origin opens none, though a browser would let it.
   * @param baseOf the address that a `Host` header names, if it is ours; null otherwise.
   * @see RFC 6455, 4.2.2 and 10.2
   */
  serve(server: Server, baseOf: (host: string | undefined) => string | null): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => {}) // it closes
      const found = this.#admitted(request, baseOf)
      if (typeof found === 'string') {
        socket.once('finish', () => socket.destroy())
        socket.end(`HTTP/1.1 ${found}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
        return
      }
      this.#sockets.handleUpgrade(request, socket, head, (opened) => void this.#look(opened, found))
    })
  }

  /** All are let go, and that is written down. */
  async close(): Promise<void> {
    this.#closed = true
    const open = [...this.#open.keys()]
    for (const connection of open) connection.leave()
    await Promise.all(open.map(({ gone }) => gone))
  }

  /** What a status line says, where it is not. */
  #admitted(
    { url, headers }: IncomingMessage,
    baseOf: (host: string | undefined) => string | null,
  ): Grant | string {
    if (url !== CONSOLES_PATH) return '404 Not Found'
    if (this.#closed) return '503 Service Unavailable'
    const base = baseOf(headers.host)
    if (base === null) return '421 Misdirected Request'
    const { origin } = headers
    if (origin !== undefined && origin !== base) return '403 Forbidden'
    const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim())
    return this.#tickets.use(ticketIn(offered) ?? '') ?? '401 Unauthorized'
  }

  async #look(socket: WebSocket, grant: Grant): Promise<void> {
    socket.on('error', () => {}) // it closes
    const own = [...this.#open.values()].filter(({ machine }) => machine === grant.machine)
    if (own.length >= OF_ONE_MAX || this.#open.size >= OF_ALL_MAX)
      return socket.close(CONSOLE_ENDS.TooManyConsoles, 'TooManyConsoles')
    const connection: Connection = new Connection({
      ...{ grant, socket, limits: { ...CONNECTION_LIMITS, ...this.#options.limits } },
      whyNot: (isUse) => this.#whyNot(grant, isUse),
      over: (end) => {
        this.#open.delete(connection)
        return this.#enter(grant, CLOSED, end ?? 'Left')
      },
    })
    this.#open.set(connection, grant)
    void this.#enter(grant, OPENED, 'Succeeded')
    try {
      await connection.join((viewer) => this.#joined(grant, viewer))
    } catch (err) {
      this.#options.log.warn({ err, vm: grant.vm }, 'a console was not opened')
      connection.end(endOf(err))
    }
  }

  #joined({ kind, machine, mayType }: Grant, viewer: Viewer): Promise<Line> {
    return kind === 'serial'
      ? this.#lines.join(machine, viewer)
      : joinScreen(this.#options.driver, machine, mayType, viewer)
  }

  async #whyNot(
    { again, caller, action, vm, machine }: Grant,
    isUse: boolean,
  ): Promise<ConsoleEnd | null> {
    const { authorizer, store } = this.#options
    try {
      await again(isUse)
      const isGranted = (await authorizer.access(caller, action, vm)) === 'granted'
      const found = await store.resources.get(vm)
      return isGranted && found?.state.machine === machine ? null : 'AuthorizationFailed'
    } catch (error) {
      return error instanceof ArmError && error.fault.status === 401 ? 'SignedOut' : 'ConsoleFailed'
    }
  }

  /** Who looked at what, from when to when, and whether they might type. */
  async #enter(
    { vm, kind, mayType, caller, correlationId, from }: Grant,
    { status, ending }: typeof OPENED | typeof CLOSED,
    result: string,
  ): Promise<void> {
    const { store, now, log } = this.#options
    const action = `TrustedLaunch/console/${kind}/${mayType ? 'type' : 'watch'}/${ending}`
    const outcome = { status, result, operationId: null }
    const event = eventOf({ id: vm, caller, action, correlationId, from }, outcome, now())
    try {
      await store.audit.append(event)
    } catch (err) {
      log.error({ err, vm, action }, 'a console is not in the audit')
    }
  }
}

function endOf(error: unknown): ConsoleEnd {
  const code = error instanceof ArmError ? error.fault.code : ''
  return Object.hasOwn(CONSOLE_ENDS, code) ? (code as ConsoleEnd) : 'ConsoleFailed'
}
