import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { chmod, chown, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { responseBytesMax, responseSize, type Transport } from '@trusted-launch/tpm2'
import { Output } from '../output.ts'
import {
  type Account,
  killProcess,
  type ProcessIdentity,
  spawnDetached,
  waitUntilGone,
} from '../process.ts'
import { scopeOf } from '../scope.ts'
import { ControlChannel } from './control-channel.ts'
import { VtpmError } from './errors.ts'
import type { StateKeys } from './sealing.ts'
import { StreamExchange } from './stream-exchange.ts'

/** What every swtpm is started with. */
export interface SwtpmOptions {
  readonly vm: string
  /** Where its state is; swtpm's working directory, so its parents may be closed to it. */
  readonly stateFolder: string
  /** Its own account, not QEMU's. */
  readonly account: Account
}

/** The control socket's name in the sockets folder: what QEMU's chardev connects to. */
export const CONTROL_SOCKET = 'tpm.sock'

const PROGRAM = 'swtpm'
const ANSWER_LIMIT_MS = 10_000
const START_LIMIT_MS = 10_000
const END_LIMIT_MS = 5_000
const KEY_FORM = 'format=binary,mode=aes-256-cbc'

/** Descriptors as swtpm sees them, after its standard three. */
const FD = { stateKey: 3, migrationKey: 4, control: 5, commands: 6 } as const

/** The arguments of every swtpm: no secret among them, keys come by descriptor. */
export function renderSwtpmArguments(use: {
  keys: boolean
  control: 'stream' | 'socket'
}): readonly string[] {
  const { stateKey, migrationKey, control, commands } = FD
  const keys = ['--key', `fd=${stateKey},${KEY_FORM}`]
  const migrationKeys = ['--migration-key', `fd=${migrationKey},${KEY_FORM}`]
  const stream = ['--ctrl', `type=unixio,clientfd=${control}`, '--fd', `${commands}`]
  const path = `/proc/self/fd/${control}/${CONTROL_SOCKET}`
  const socket = ['--ctrl', `type=unixio,path=${path},mode=0660`, '--terminate']
  return [
    ...['socket', '--tpm2', '--tpmstate', 'dir=.,mode=0600'],
    ...(use.keys ? [...keys, ...migrationKeys] : []),
    ...(use.control === 'stream' ? stream : socket),
    ...['--flags', 'startup-none', '--seccomp', 'action=kill'],
  ]
}

/**
 * A short time with a TPM that no VM runs on: ours alone, over streams that have no name in any folder.
 * Ends when it is closed, and also when we die.
 */
export class TpmSession implements Transport {
  readonly control: ControlChannel
  readonly #commands: StreamExchange
  readonly #process: ProcessIdentity

  private constructor(process: ProcessIdentity, control: Duplex, commands: Duplex) {
    this.#process = process
    this.control = new ControlChannel(control, ANSWER_LIMIT_MS)
    this.#commands = new StreamExchange(commands, ANSWER_LIMIT_MS)
  }

  /**
   * Starts swtpm; the TPM is still off (`control.init()`).
   * @param keys null: a state that is not encrypted. For looking at one only, never for a VM.
   */
  static async open(
    options: SwtpmOptions & { readonly logPath: string },
    keys: StateKeys | null,
  ): Promise<TpmSession> {
    const output = Output.file(options.logPath)
    const args = renderSwtpmArguments({ keys: keys !== null, control: 'stream' })
    const process = await spawnDetached(PROGRAM, args, {
      account: options.account,
      cwd: options.stateFolder,
      output,
      fds: ['pipe', 'pipe', 'pipe', 'pipe'],
    }).finally(() => output.close())
    sendKeys(process.stdio, keys)
    return new TpmSession(process, process.stdio[FD.control]!, process.stdio[FD.commands]!)
  }

  send(command: Uint8Array): Promise<Uint8Array> {
    return this.#commands.ask(command, responseSize, responseBytesMax)
  }

  /** Turns the TPM off, if it answers, and makes sure that swtpm is gone. */
  async close(): Promise<void> {
    await this.control.shutdown().catch(() => {})
    this.#commands.close()
    this.control.close()
    if (!(await waitUntilGone(this.#process, END_LIMIT_MS))) await killProcess(this.#process)
  }
}

/**
 * Starts the swtpm of a running VM and waits until QEMU can connect to its control socket. Only who has
 * QEMU's group reaches that socket. swtpm ends when QEMU does.
 *
 * @param sockets.folder made here; belongs to swtpm, QEMU's group may pass through it.
 * @throws {VtpmError} `vtpm-failed`
 */
export async function spawnSwtpm(
  options: SwtpmOptions & { readonly output: Output },
  keys: StateKeys,
  sockets: { folder: string; qemu: Account },
): Promise<ProcessIdentity> {
  await makeSocketsFolder(sockets.folder, options.account, sockets.qemu)
  const folder = openSync(sockets.folder, 'r')
  try {
    const args = renderSwtpmArguments({ keys: true, control: 'socket' })
    const { stdio, ...process } = await spawnDetached(PROGRAM, args, {
      account: options.account,
      cwd: options.stateFolder,
      output: options.output,
      fds: ['pipe', 'pipe', folder],
      scope: scopeOf(`swtpm of ${options.vm}`),
    })
    sendKeys(stdio, keys)
    await untilListening(options.vm, process)
    return process
  } finally {
    closeSync(folder)
  }
}

function sendKeys(stdio: readonly (Duplex | null)[], keys: StateKeys | null): void {
  stdio[FD.stateKey]!.end(keys?.stateKey)
  stdio[FD.migrationKey]!.end(keys?.migrationKey)
}

/** Made anew: nothing of a former run, nor of anyone else, is in it. */
async function makeSocketsFolder(folder: string, swtpm: Account, qemu: Account): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { mode: 0o700 })
  if (swtpm === null || qemu === null) return
  await chown(folder, swtpm.uid, qemu.gid)
  await chmod(folder, 0o2710)
}

async function untilListening(vm: string, process: ProcessIdentity): Promise<void> {
  const until = performance.now() + START_LIMIT_MS
  for (let wait = 1; performance.now() < until; wait = Math.min(wait * 2, 20)) {
    await sleep(wait)
    const listening = listensOnSocket(process.pid)
    if (listening === null) throw new VtpmError('vtpm-failed', vm, 'swtpm ended at once')
    if (listening) return
  }
  await killProcess(process)
  throw new VtpmError('vtpm-failed', vm, `no control socket in ${START_LIMIT_MS} ms`)
}

/** Whether a process has a listening Unix socket; null when the process is gone. */
function listensOnSocket(pid: number): boolean | null {
  const own = socketsOf(pid)
  if (own === null) return null
  const lines = readFileSync('/proc/net/unix', 'latin1').split('\n')
  return lines.some((line) => {
    const [, , , flags, , , inode] = line.trim().split(/\s+/)
    return flags === ACCEPTS_CONNECTIONS && own.has(inode!)
  })
}

/** `__SO_ACCEPTCON` of proc_net_unix: bound and listening. */
const ACCEPTS_CONNECTIONS = '00010000'

function socketsOf(pid: number): Set<string> | null {
  try {
    const folder = `/proc/${pid}/fd`
    const links = readdirSync(folder).map((fd) => readlinkOrEmpty(join(folder, fd)))
    return new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? ''))
  } catch {
    return null
  }
}

function readlinkOrEmpty(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
