import { CONSOLE_ENDS, type ConsoleEnd } from '@trusted-launch/api'
import type { WebSocket } from 'ws'
import { InputError, type Line, type Viewer } from './line.ts'
import type { Grant } from './tickets.ts'

export interface ConnectionLimits {
  /** So often a viewer is asked whether it is there, and looked up whether it may. */
  readonly pingMs: number
  /** Nothing is typed and nothing printed for so long: it ends. */
  readonly idleMs: number
  /** So much waits for a viewer; what is printed beyond is left out, or waited with. */
  readonly waitingBytes: number
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  pingMs: 15_000,
  idleMs: 20 * 60_000,
  waitingBytes: 262_144,
}

/** After it was told that it ends, a viewer has so long to hear it. */
const CLOSE_MS = 3_000
const GOING_AWAY = 1001

export interface ConnectionOptions {
  readonly grant: Grant
  readonly socket: WebSocket
  readonly limits: ConnectionLimits
  /** Null: they may still. */
  readonly whyNot: (isUse: boolean) => Promise<ConsoleEnd | null>
  /** Once, with why; null: the viewer went. */
  readonly over: (end: ConsoleEnd | null) => Promise<void>
}

/** Somebody's look at a console: what waits for them is bounded, and ends with their right to it. */
export class Connection {
  /** Until the viewer went, and that is written down. */
  readonly gone: Promise<void>
  readonly #options: ConnectionOptions
  readonly #timer: NodeJS.Timeout
  #line: Line | null = null
  #end: ConsoleEnd | null = null
  #leftOut = 0
  #isHeard = true
  #isFull = false
  /** Since it was last looked up. */
  #typed = false
  #activeAt = performance.now()

  constructor(options: ConnectionOptions) {
    this.#options = options
    const { socket, limits } = options
    this.#timer = setInterval(() => void this.#look(), limits.pingMs).unref()
    socket.on('pong', () => {
      this.#isHeard = true
    })
    socket.on('message', (data) => this.#take(data as Buffer))
    this.gone = new Promise((resolve) => {
      socket.once('close', () => resolve(this.#over()))
    })
  }

  /** Opens what is looked at. @throws {ArmError} */
  async join(open: (viewer: Viewer) => Promise<Line>): Promise<void> {
    const viewer = {
      show: (bytes: Uint8Array) => this.#show(bytes),
      ended: () => this.end('MachineEnded'),
    }
    const { socket } = this.#options
    // What is typed before waits.
    socket.pause()
    const line = await open(viewer)
    if (socket.readyState !== socket.OPEN) return line.leave()
    this.#line = line
    socket.resume()
  }

  #show(bytes: Uint8Array): boolean {
    const { socket, limits, grant } = this.#options
    if (socket.readyState !== socket.OPEN) return true
    this.#activeAt = performance.now()
    const isRoom = socket.bufferedAmount + bytes.length <= limits.waitingBytes
    // A terminal can miss something; of a picture's updates each builds on the one before.
    if (grant.kind === 'serial' && !isRoom) {
      this.#leftOut += bytes.length
      return true
    }
    this.#tellLeftOut()
    this.#send(bytes)
    this.#isFull = grant.kind === 'screen' && !isRoom
    return !this.#isFull
  }

  /** Tells the viewer why, and lets it go. */
  end(why: ConsoleEnd): void {
    if (this.#end !== null) return
    this.#end = why
    this.#close(CONSOLE_ENDS[why], why)
  }

  /** The service ends; the viewer may come back. RFC 6455, 7.4.1. */
  leave(): void {
    this.#close(GOING_AWAY)
  }

  #close(code: number, why?: string): void {
    const { socket } = this.#options
    socket.resume()
    socket.close(code, why)
    setTimeout(() => socket.terminate(), CLOSE_MS).unref()
  }

  #send(bytes: Uint8Array | string): void {
    this.#options.socket.send(typeof bytes === 'string' ? Buffer.from(bytes) : bytes, () =>
      this.#sent(),
    )
  }

  #sent(): void {
    if (this.#options.socket.bufferedAmount > 0) return
    this.#tellLeftOut()
    if (!this.#isFull) return
    this.#isFull = false
    this.#line?.more()
  }

  #tellLeftOut(): void {
    const leftOut = this.#leftOut
    this.#leftOut = 0
    if (leftOut > 0) this.#send(`\r\n[${leftOut} bytes left out]\r\n`)
  }

  #take(data: Buffer): void {
    const { grant } = this.#options
    if (this.#line === null || this.#end !== null) return
    if (grant.kind === 'serial' && !grant.mayType) return
    this.#typed ||= grant.mayType
    this.#activeAt = performance.now()
    try {
      if (this.#line.type(data)) return
      if (grant.kind === 'screen') this.end('ConsoleSlow')
      else this.#send(`\r\n[${data.length} typed bytes left out: the VM takes none]\r\n`)
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      this.end('InvalidInput')
    }
  }

  async #look(): Promise<void> {
    const { socket, limits, whyNot } = this.#options
    if (!this.#isHeard) return socket.terminate()
    this.#isHeard = false
    socket.ping()
    if (performance.now() - this.#activeAt > limits.idleMs) return this.end('ConsoleIdle')
    const isUse = this.#typed
    this.#typed = false
    const why = await whyNot(isUse)
    if (why !== null) this.end(why)
  }

  #over(): Promise<void> {
    clearInterval(this.#timer)
    this.#line?.leave()
    this.#line = null
    return this.#options.over(this.#end)
  }
}
