import type { Readable, Writable } from 'node:stream'
import {
  CONSOLE_PROTOCOL,
  CONSOLES_PATH,
  type ConsoleEnd,
  consoleEndOf,
  consoleProtocols,
} from '@trusted-launch/api'
import { WebSocket } from 'ws'
import type { Connection } from './connection.ts'
import { TerminalFilter } from './terminal-filter.ts'

/** Ctrl-], as telnet and virsh have it. */
const LEAVE = 0x1d

/**
 * Types at a VM's serial port, and shows what it prints, until Ctrl-] or the console's end.
 * @returns why the service ended it; null: who typed left.
 * @throws {ArmError} @throws {Error} the connection was lost.
 */
export async function typeAt(
  { client, profile, authority }: Connection,
  vm: string,
  input: Readable,
  output: Pick<Writable, 'write'>,
): Promise<ConsoleEnd | null> {
  const path = `${vm}/providers/TrustedLaunch/console/connect`
  const { body } = await client.ask('POST', path, { kind: 'serial' })
  const socket = new WebSocket(
    profile.endpoint.replace(/^http/, 'ws') + CONSOLES_PATH,
    consoleProtocols(String(body?.ticket)),
    { ca: authority(), perMessageDeflate: false },
  )
  const filter = new TerminalFilter()
  let hasLeft = false
  const leave = () => {
    hasLeft = true
    socket.close()
  }
  const type = (bytes: Buffer) => {
    const end = bytes.indexOf(LEAVE)
    const typed = end < 0 ? bytes : bytes.subarray(0, end)
    if (typed.length > 0) socket.send(typed)
    if (end >= 0) leave()
  }
  socket.on('message', (bytes) => output.write(filter.pass(bytes as Buffer)))
  try {
    return await new Promise((resolve, reject) => {
      socket.on('error', reject)
      socket.on('open', () => {
        if (socket.protocol !== CONSOLE_PROTOCOL) return reject(new Error('no console is there'))
        input.on('data', type)
        input.once('end', leave)
      })
      socket.on('close', (code) => {
        const why = consoleEndOf(code)
        if (why !== null || hasLeft) resolve(why)
        else reject(new Error(`the connection was lost (${code}); the same command comes back`))
      })
    })
  } finally {
    input.off('data', type)
    input.off('end', leave)
    input.pause()
  }
}
