import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { endOf, type GuestScript, type GuestScriptEnd, guestExec } from '../guest-script.ts'
import { FILES } from '../qemu-args.ts'
import { MachineError } from './errors.ts'
import type { SocketFolder } from './socket-folder.ts'

/** How long an agent may take to say that it is there, and for an answer. */
const ANSWER_MS = 10_000
const POLL_MS = 250
/** What a script may take longer than it was given, until it is given up. */
const GRACE_MS = 15_000
/** No answer of an agent that does as asked is longer. */
const LINE_MAX = 65_536
/** Flushes what the agent may have read before. @see guest-sync-delimited */
const SENTINEL = 0xff

/** qemu-guest-agent, asked to run programs. It is the guest's: it says what it likes. */
export class RunningCommands {
  readonly #sockets: SocketFolder

  constructor(sockets: SocketFolder) {
    this.#sockets = sockets
  }

  /** @throws {MachineError} `machine-commands-silent`, `machine-command-failed` */
  async run(script: GuestScript): Promise<GuestScriptEnd> {
    const agent = await Agent.connect(this.#sockets.path(FILES.commands))
    try {
      await agent.sync()
      const { pid } = await agent.ask('guest-exec', guestExec(script))
      const until = Date.now() + script.timeoutSeconds * 1000 + GRACE_MS
      while (Date.now() < until) {
        const status = await agent.ask('guest-exec-status', { pid })
        if (status.exited === true) return endOf(status)
        await sleep(POLL_MS)
      }
      throw failed('it did not end in its time')
    } finally {
      agent.close()
    }
  }
}

/** One connection: QEMU's port takes one at a time. */
class Agent {
  readonly #socket: Socket
  #read = Buffer.alloc(0)

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('error', () => {})
    socket.pause()
  }

  static async connect(path: string): Promise<Agent> {
    const socket = createConnection(path)
    try {
      await once(socket, 'connect')
    } catch (cause) {
      throw new MachineError('machine-commands-silent', 'its port cannot be reached', { cause })
    }
    return new Agent(socket)
  }

  /** Whatever was said before is not for us. */
  async sync(): Promise<void> {
    const id = randomInt(1, 2 ** 31)
    this.#socket.write(Buffer.of(SENTINEL))
    this.#send('guest-sync-delimited', { id })
    const until = Date.now() + ANSWER_MS
    while (Date.now() < until) {
      const line = await this.#line(until)
      if (line.return === id) return
    }
    throw silent()
  }

  async ask(execute: string, given: object): Promise<Record<string, unknown>> {
    this.#send(execute, given)
    const { return: answer, error } = await this.#line(Date.now() + ANSWER_MS)
    if (typeof answer === 'object' && answer !== null) return answer as Record<string, unknown>
    throw failed(`it answers ${execute} with ${JSON.stringify(error ?? null).slice(0, 200)}`)
  }

  close(): void {
    this.#socket.destroy()
  }

  #send(execute: string, given: object): void {
    this.#socket.write(`${JSON.stringify({ execute, arguments: given })}\n`)
  }

  /** What it says next, in one line of JSON. */
  async #line(until: number): Promise<Record<string, unknown>> {
    for (;;) {
      const end = this.#read.indexOf(0x0a)
      if (end >= 0) {
        const line = this.#read.subarray(0, end)
        this.#read = this.#read.subarray(end + 1)
        return parsed(line.subarray(line.lastIndexOf(SENTINEL) + 1).toString())
      }
      if (this.#read.length > LINE_MAX) throw failed(`a line of more than ${LINE_MAX} bytes`)
      this.#read = Buffer.concat([this.#read, await this.#more(until)])
    }
  }

  async #more(until: number): Promise<Buffer> {
    const late = AbortSignal.timeout(Math.max(1, until - Date.now()))
    for (;;) {
      const bytes: Buffer | null = this.#socket.read()
      if (bytes !== null) return bytes
      if (this.#socket.destroyed || this.#socket.readableEnded) throw silent()
      const over = new AbortController()
      const signal = AbortSignal.any([late, over.signal])
      const heard = ['readable', 'close'].map((event) => once(this.#socket, event, { signal }))
      try {
        await Promise.race(heard)
      } catch {
        throw silent()
      } finally {
        over.abort()
        await Promise.allSettled(heard)
      }
    }
  }
}

function parsed(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // said below
  }
  throw failed('it says what is no JSON')
}

function silent(): MachineError {
  return new MachineError('machine-commands-silent', 'no qemu-guest-agent answers in the guest')
}

function failed(why: string): MachineError {
  return new MachineError('machine-command-failed', `qemu-guest-agent: ${why}`)
}
