import { accessSync, constants, mkdtempSync, rmSync, statSync } from 'node:fs'
import { chown, copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { HostError, ProcessError } from './errors.ts'
import { Output } from './output.ts'
import { type Account, bootId, isRunning, killProcess, spawnDetached } from './process.ts'
import { CONSOLE_RING, FILES, IDS, qemuArguments } from './qemu-args.ts'
import { QmpClient } from './qmp/client.ts'
import { readJson, writeDurably } from './state-directory.ts'

/** How VMs run here, and why: KVM only where a VM with System Management Mode was seen to run. */
export interface Acceleration {
  readonly accelerator: 'kvm' | 'tcg'
  readonly reason: string
}

export interface ProbeOptions {
  readonly qemu: string
  readonly code: string
  readonly variables: string
  readonly account: Account
  /** A folder for the probe's own, which it leaves as it was. */
  readonly folder: string
}

const PROBE_LIMIT_MS = 20_000
const PROBE_UUID = '00000000-0000-4000-8000-000000000000'
const KVM = '/dev/kvm'
/** How the names of a probe's folder and log begin. */
export const PROBE_FOLDER = 'probe-'

/**
 * What to run VMs with. The answer of a probe holds for this boot of the host, this QEMU and this
 * firmware, and is kept in `folder/acceleration.json`.
 */
export async function chooseAcceleration(options: ProbeOptions): Promise<Acceleration> {
  const file = join(options.folder, 'acceleration.json')
  const inputs = [bootId(), ...[options.qemu, options.code].map(versionOf)].join(' ')
  const kept = keptAnswer(file, inputs)
  if (kept !== null) return kept
  const answer = await probeKvm(options)
  await writeDurably(file, Buffer.from(JSON.stringify({ inputs, ...answer })), 0o600)
  return answer
}

function versionOf(path: string): string {
  const { size, mtimeMs } = statSync(path)
  return `${path}:${size}:${mtimeMs}`
}

function keptAnswer(file: string, inputs: string): Acceleration | null {
  const kept = readJson(file) as ({ inputs?: unknown } & Acceleration) | null
  if (kept?.inputs !== inputs) return null
  return { accelerator: kept.accelerator === 'kvm' ? 'kvm' : 'tcg', reason: String(kept.reason) }
}

async function probeKvm(options: ProbeOptions): Promise<Acceleration> {
  try {
    accessSync(KVM, constants.R_OK | constants.W_OK)
  } catch (e) {
    const missing = (e as NodeJS.ErrnoException).code === 'ENOENT'
    return emulation(missing ? `there is no ${KVM}` : `${KVM} is closed to this user`)
  }
  const fault = await whyNotRunning('kvm', options)
  if (fault !== null) return emulation(`KVM does not run a VM with SMM: ${fault}`)
  return { accelerator: 'kvm', reason: 'KVM ran a VM with System Management Mode' }
}

function emulation(reason: string): Acceleration {
  return { accelerator: 'tcg', reason }
}

/** The group that may open `/dev/kvm`; none where it is open to all, or to root only. */
export function kvmGroups(): number[] {
  try {
    const { gid, mode } = statSync(KVM)
    return gid !== 0 && (mode & 0o060) === 0o060 ? [gid] : []
  } catch {
    return []
  }
}

/**
 * Runs the firmware, without disk or TPM, until it looks for something to boot (it gets there only
 * through System Management Mode). Null when it did, else what happened.
 */
export async function whyNotRunning(
  accelerator: 'kvm' | 'tcg',
  options: ProbeOptions,
): Promise<string | null> {
  const folder = mkdtempSync(join(options.folder, PROBE_FOLDER))
  try {
    await copyFile(options.variables, join(folder, FILES.variables))
    if (options.account !== null)
      for (const path of [folder, join(folder, FILES.variables)])
        await chown(path, options.account.uid, options.account.gid)
    return await runFirmware(accelerator, folder, options)
  } catch (e) {
    if (e instanceof ProcessError && e.output !== '') return lastLine(e.output)
    if (e instanceof HostError) return e.message
    throw e
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runFirmware(
  accelerator: 'kvm' | 'tcg',
  cwd: string,
  { qemu, code, account }: ProbeOptions,
): Promise<string | null> {
  const output = Output.file(`${cwd}.log`)
  const groups = accelerator === 'kvm' ? kvmGroups() : []
  const size = { memoryMiB: 256, vcpus: 1 }
  const none = {
    disk: null,
    tpmSocket: null,
    network: null,
    tap: null,
    seed: false,
    dataDisks: null,
  }
  const plain = { windows: null, iommu: false, guestCommands: false, firmware: 'uefi' as const }
  const args = qemuArguments({
    id: 'probe',
    uuid: PROBE_UUID,
    accelerator,
    code,
    ...size,
    ...none,
    ...plain,
  })
  const process = await spawnDetached(qemu, args, { account, groups, cwd, output })
  try {
    const until = performance.now() + PROBE_LIMIT_MS
    let monitor: QmpClient | null = null
    for (let seen = ''; performance.now() < until; ) {
      await sleep(50)
      if (!isRunning(process)) return lastLine(Buffer.from(output.read()).toString('latin1'))
      if (monitor === null) {
        monitor = await QmpClient.connect(join(cwd, FILES.monitor)).catch(() => null)
        await monitor?.execute('cont', {})
      } else seen += await consoleOf(monitor)
      if (/BdsDxe/.test(seen)) return null
    }
    return 'the firmware did not get as far as looking for a disk'
  } finally {
    await killProcess(process)
    output.close()
    rmSync(`${cwd}.log`, { force: true })
  }
}

async function consoleOf(monitor: QmpClient): Promise<string> {
  const ring = { device: IDS.console, size: CONSOLE_RING, format: 'base64' } as const
  return Buffer.from(await monitor.execute('ringbuf-read', ring)).toString('latin1')
}

/** What QEMU said last, without when and who. */
function lastLine(output: string): string {
  const line = output.trim().split('\n').at(-1) ?? ''
  return line.replace(/^[^ ]*Z [^ ]*: /, '').slice(0, 300) || 'QEMU ended'
}
