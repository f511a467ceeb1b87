import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { buildAgent } from '@trusted-launch/agent'
import { type Ask, Conversation } from '@trusted-launch/channel'
import { execute, responseSize, Startup, TPM_SU, type Transport } from '@trusted-launch/tpm2'

/** False, or why the tests of the built agent are left out. */
export const toolsMissing =
  spawnSync('swtpm', ['--version']).status !== 0
    ? 'swtpm is not installed'
    : spawnSync('musl-gcc', ['--version']).status !== 0 && 'musl-gcc is not installed'

/** The built agent on this machine: descriptor 3 is its port, descriptor 4 its TPM device. */
export interface RunningAgent {
  readonly ask: Ask
  readonly conversation: Conversation
  readonly port: Socket
  readonly child: ChildProcess
  /** The same TPM, between the agent's commands. */
  readonly tpm: Swtpm
  /** Called with each command that the agent sends, before the TPM gets it. */
  onCommand: (code: number) => Promise<void>
}

/** An agent over a blank swtpm; both go when the test ends. */
export async function startAgent(
  context: TestContext,
  logs: Record<string, string> = {},
): Promise<RunningAgent> {
  const { path } = await buildAgent()
  const tpm = await startSwtpm(context)
  const none = Object.fromEntries(
    ['eventLog', 'imaLog', 'userspaceLog', 'kernelLog'].map((name) => [name, '/nonexistent']),
  )
  const paths = { port: 'fd:3', tpm: 'fd:4', ...none, ...logs }
  const options = Object.entries(paths).flatMap(([name, value]) => [`--${name}`, value])
  const child = spawn(path, options, { stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'] })
  context.after(async () => {
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit')
  })
  const port = child.stdio[3] as Socket
  const conversation = new Conversation((bytes) => port.write(bytes), 0x1000)
  port.on('data', (chunk) => conversation.receive(chunk))
  const agent: RunningAgent = {
    ask: (name, question) => conversation.ask(name, question),
    conversation,
    port,
    child,
    tpm,
    onCommand: async () => {},
  }
  serveDevice(child.stdio[4] as Socket, tpm, (code) => agent.onCommand(code))
  return agent
}

/** The kernel's device: one write is a command, one read its response. */
export function serveDevice(
  device: Socket,
  tpm: Transport,
  before: (code: number) => Promise<void> = async () => {},
): void {
  device.on('data', async (command: Buffer) => {
    await before(command.readUInt32BE(6))
    device.write(await tpm.send(command))
  })
}

/** One command at a time, whoever sends it. */
class Swtpm implements Transport {
  readonly #socket: Socket
  readonly #control: string
  #last: Promise<unknown> = Promise.resolve()

  constructor(socket: Socket, control: string) {
    this.#socket = socket
    this.#control = control
  }

  /** Off and on again: CMD_INIT on the control channel, then TPM2_Startup(CLEAR). */
  async restart(): Promise<void> {
    const control = connect(this.#control)
    control.write(Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 0))
    const [result] = (await once(control, 'data')) as [Buffer]
    control.destroy()
    if (result.readUInt32BE(0) !== 0) throw new Error(`CMD_INIT: ${result.toString('hex')}`)
    await execute(this, Startup, { startupType: TPM_SU.CLEAR })
  }

  send(command: Uint8Array): Promise<Uint8Array> {
    const response = this.#last.then(() => this.#exchange(command))
    this.#last = response.catch(() => {})
    return response
  }

  async #exchange(command: Uint8Array): Promise<Uint8Array> {
    this.#socket.write(command)
    let received = Buffer.alloc(0)
    for (;;) {
      const [chunk] = (await once(this.#socket, 'data')) as [Buffer]
      received = Buffer.concat([received, chunk])
      const size = responseSize(received)
      if (size !== null && received.length >= size) return new Uint8Array(received)
    }
  }
}

/** A blank TPM of its own for one test. */
export async function startSwtpm(context: TestContext): Promise<Swtpm> {
  const directory = mkdtempSync(join(tmpdir(), 'agent-test-'))
  const child = spawn(
    'swtpm',
    [
      ...['socket', '--tpm2', '--tpmstate', `dir=${directory}`],
      ...['--ctrl', `type=unixio,path=${directory}/ctrl`],
      ...['--server', `type=unixio,path=${directory}/server`],
      ...['--flags', 'not-need-init,startup-clear'],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  context.after(async () => {
    if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit')
    rmSync(directory, { recursive: true })
  })
  const socket = await connectSoon(`${directory}/server`, child)
  context.after(() => socket.destroy())
  return new Swtpm(socket, `${directory}/ctrl`)
}

async function connectSoon(path: string, child: ChildProcess): Promise<Socket> {
  for (let attempt = 0; attempt < 200 && child.exitCode === null; attempt++) {
    const socket = connect(path)
    try {
      await once(socket, 'connect')
      return socket
    } catch {
      await new Promise((wake) => setTimeout(wake, 25))
    }
  }
  throw new Error('swtpm did not open its socket')
}
