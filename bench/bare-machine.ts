import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AGENT_PORT_NAME } from '@trusted-launch/channel'

/** A disk and the machine to boot it on: nothing but QEMU, the firmware and, if asked, a TPM. */
export interface BareOptions {
  /** A raw disk; the machine gets a copy. */
  readonly disk: string
  readonly accelerator: 'kvm' | 'tcg'
  readonly memoryMiB: number
  readonly vcpus: number
  readonly code: string
  /** With a swtpm of its own, so that firmware and kernel measure; else with no TPM at all. */
  readonly tpm: boolean
}

const bootLimitMs = 180_000
/** Debian's own variable store with Microsoft's keys enrolled and Secure Boot on. */
const enrolledVariables = '/usr/share/OVMF/OVMF_VARS_4M.ms.fd'

/** A machine run by QEMU alone, by nobody managed. `stop` it. */
export class BareMachine {
  readonly #directory = mkdtempSync(join(tmpdir(), 'bench-bare-'))
  readonly #options: BareOptions
  #processes: ChildProcess[] = []
  #qemu: ChildProcess | null = null

  constructor(options: BareOptions) {
    this.#options = options
    if (options.tpm) prepareTpm(this.#directory)
  }

  /** Copies the disk and starts. */
  async start(): Promise<void> {
    const { disk, tpm } = this.#options
    const cwd = this.#directory
    copyFileSync(disk, join(cwd, 'disk'))
    copyFileSync(enrolledVariables, join(cwd, 'vars.fd'))
    if (tpm) this.#processes.push(await startTpm(cwd))
    const options = argumentsOf(this.#options)
    const stdio = ['ignore', 'pipe', 'inherit'] as const
    this.#qemu = spawn('qemu-system-x86_64', options, { cwd, stdio: [...stdio] })
    this.#processes.unshift(this.#qemu)
    await untilThere(join(cwd, 'agent'), this.#qemu)
  }

  /** Waits until `line` stands on the console. @throws {Error} QEMU ended first, or took 3 minutes. */
  async untilConsole(line: string): Promise<void> {
    const qemu = this.#qemu!
    const limit = setTimeout(() => qemu.kill('SIGKILL'), bootLimitMs)
    let seen = ''
    for await (const chunk of qemu.stdout!.iterator({ destroyOnReturn: false })) {
      seen = (seen + String(chunk)).slice(-65536)
      if (seen.includes(line)) break
    }
    clearTimeout(limit)
    qemu.stdout!.resume()
    if (!seen.includes(line)) throw new Error(`no "${line}" on the console: ${seen.slice(-500)}`)
  }

  async stop(): Promise<void> {
    await this.end()
    rmSync(this.#directory, { recursive: true })
  }

  /** Ends it. @returns the folder that it leaves: `disk`, `vars.fd`, the TPM's state. */
  async end(): Promise<string> {
    for (const process of this.#processes)
      if (process.exitCode === null && process.kill('SIGKILL')) await once(process, 'exit')
    return this.#directory
  }
}

/** One bank only, as a VM of ours has: firmware hashes for each active bank. */
function prepareTpm(cwd: string): void {
  const options = ['--tpm2', '--tpmstate', '.', '--pcr-banks', 'sha256']
  execFileSync('swtpm_setup', options, { cwd, stdio: 'ignore' })
}

async function startTpm(cwd: string): Promise<ChildProcess> {
  const state = ['--tpm2', '--tpmstate', 'dir=.', '--ctrl', 'type=unixio,path=tpm']
  const child = spawn('swtpm', ['socket', ...state], { cwd, stdio: 'ignore' })
  await untilThere(join(cwd, 'tpm'), child)
  return child
}

async function untilThere(socket: string, process: ChildProcess): Promise<void> {
  while (!existsSync(socket) && process.exitCode === null) await sleep(2)
}

function argumentsOf({ accelerator, memoryMiB, vcpus, code, tpm }: BareOptions): string[] {
  const port = `virtserialport,chardev=agent,name=${AGENT_PORT_NAME},id=agent-port`
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'std', '-serial', 'stdio'],
    ...['-machine', `q35,smm=on,accel=${accelerator}`],
    ...['-cpu', accelerator === 'kvm' ? 'host' : 'max'],
    ...['-smp', `cpus=${vcpus}`, '-m', `size=${memoryMiB}M`],
    ...['-global', 'driver=cfi.pflash01,property=secure,value=on'],
    ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${code}`],
    ...['-drive', 'if=pflash,unit=1,format=raw,file=vars.fd'],
    ...['-drive', 'if=virtio,format=raw,file=disk'],
    ...['-chardev', 'socket,id=agent,path=agent,server=on,wait=off'],
    ...['-device', 'virtio-serial-pci', '-device', port],
    ...(tpm ? ['-chardev', 'socket,id=chrtpm,path=tpm'] : []),
    ...(tpm ? ['-tpmdev', 'emulator,id=tpm,chardev=chrtpm', '-device', 'tpm-crb,tpmdev=tpm'] : []),
  ]
}
