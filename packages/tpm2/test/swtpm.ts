import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { responseBytesMax, responseSize, type Transport } from '../src/index.ts'

/** False, or why the tests over a real TPM are left out. */
export const swtpmMissing =
  spawnSync('swtpm', ['--version']).status === 0 ? false : 'swtpm is not installed'

/** A socket to swtpm as a transport: one command, one response. */
class SocketTransport implements Transport {
  readonly #socket: Socket
  constructor(socket: Socket) {
    this.#socket = socket
  }

  async send(command: Uint8Array): Promise<Uint8Array> {
    this.#socket.write(command)
    let received = Buffer.alloc(0)
    for (;;) {
      const [chunk] = (await once(this.#socket, 'data')) as [Buffer]
      received = Buffer.concat([received, chunk])
      const size = responseSize(received) ?? responseBytesMax
      if (received.length >= size) return new Uint8Array(received)
    }
  }
}

/** A blank TPM 2.0 of its own for one test, started up; it goes when the test ends. */
export async function startSwtpm(context: TestContext): Promise<Transport> {
  const directory = mkdtempSync(join(tmpdir(), 'tpm2-test-'))
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
  return new SocketTransport(socket)
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
