import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A disk and the machine to boot it on: nothing but QEMU and the firmware. */
export interface BareMachine {
  /** A raw disk; it is copied first. */
  readonly disk: string
  readonly accelerator: 'kvm' | 'tcg'
  readonly memoryMiB: number
  readonly vcpus: number
  readonly code: string
  readonly variables: string
  /** With a swtpm of its own, so that firmware and kernel measure; else with no TPM at all. */
  readonly tpm: boolean
}

const bootLimitMs = 180_000

/**
 * Boots a disk by QEMU alone: no manager, no agent asked. Resolves with the milliseconds from
 * copying the disk until `line` stands on the console.
 */
export async function bareBoot(machine: BareMachine, line: string): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-bare-'))
  if (machine.tpm) prepareTpm(directory)
  const started = performance.now()
  copyFileSync(machine.disk, join(directory, 'disk'))
  copyFileSync(machine.variables, join(directory, 'vars.fd'))
  const tpm = machine.tpm ? await blankTpm(directory) : null
  const child = spawn('qemu-system-x86_64', argumentsOf(machine), {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const limit = setTimeout(() => child.kill('SIGKILL'), bootLimitMs)
  try {
    let seen = ''
    for await (const chunk of child.stdout) {
      seen = (seen + String(chunk)).slice(-65536)
      if (seen.includes(line)) return performance.now() - started
    }
    throw new Error(`QEMU ended before "${line}" stood on the console: ${seen.slice(-500)}`)
  } finally {
    clearTimeout(limit)
    for (const process of [child, tpm]) if (process !== null) await ended(process)
    rmSync(directory, { recursive: true })
  }
}

/** One bank only, as a VM of ours has: firmware hashes for each active bank. */
function prepareTpm(cwd: string): void {
  const options = ['--tpm2', '--tpmstate', '.', '--pcr-banks', 'sha256']
  execFileSync('swtpm_setup', options, { cwd, stdio: 'ignore' })
}

async function blankTpm(cwd: string): Promise<ChildProcess> {
  const state = ['--tpm2', '--tpmstate', 'dir=.', '--ctrl', 'type=unixio,path=tpm']
  const child = spawn('swtpm', ['socket', ...state], {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  while (!existsSync(join(cwd, 'tpm')) && child.exitCode === null) await sleep(2)
  return child
}

async function ended(process: ChildProcess): Promise<void> {
  if (process.exitCode === null && process.kill('SIGKILL')) await once(process, 'exit')
}

function argumentsOf({ accelerator, memoryMiB, vcpus, code, tpm }: BareMachine): string[] {
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-serial', 'stdio'],
    ...['-machine', `q35,smm=on,accel=${accelerator}`],
    ...['-cpu', accelerator === 'kvm' ? 'host' : 'max'],
    ...['-smp', `cpus=${vcpus}`, '-m', `size=${memoryMiB}M`],
    ...['-global', 'driver=cfi.pflash01,property=secure,value=on'],
    ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${code}`],
    ...['-drive', 'if=pflash,unit=1,format=raw,file=vars.fd'],
    ...['-drive', 'if=virtio,format=raw,file=disk'],
    ...(tpm ? ['-chardev', 'socket,id=chrtpm,path=tpm'] : []),
    ...(tpm ? ['-tpmdev', 'emulator,id=tpm,chardev=chrtpm', '-device', 'tpm-crb,tpmdev=tpm'] : []),
  ]
}
