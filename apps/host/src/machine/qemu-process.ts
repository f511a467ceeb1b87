import { closeSync, openSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Acceleration, kvmGroups } from '../acceleration.ts'
import { ProcessError } from '../errors.ts'
import type { Invocation } from '../invocation.ts'
import type { Plugged } from '../networks/networks.ts'
import { OUTPUT_PIPE, Output } from '../output.ts'
import {
  identityOf,
  isRunning,
  killProcess,
  type ProcessIdentity,
  spawnDetached,
} from '../process.ts'
import { FILES, qemuArguments } from '../qemu-args.ts'
import { QmpClient, type QmpOptions } from '../qmp/client.ts'
import { scopeOf } from '../scope.ts'
import { CONTROL_SOCKET } from '../vtpm/swtpm.ts'
import { nestedVirtualization, virtualizationFor } from '../windows.ts'
import type { MachineRecord } from './record.ts'
import type { SocketFolder } from './socket-folder.ts'

const MONITOR_LIMIT_MS = 20_000
/** QEMU finds the sockets folder at this descriptor: the VM's folder itself is closed to it. */
const SOCKETS_FD = 3

/** What of the host decides how a VM's QEMU is started. */
export interface HostPrograms {
  readonly qemu: string
  readonly code: string
  readonly acceleration: Acceleration
  /** Its part in a network of the host's; null: none. */
  readonly plugged: Plugged | null
}

/** Starts a VM's QEMU, stopped before its first instruction; and tells how. @throws {ProcessError} */
export async function spawnQemu(
  folder: string,
  record: MachineRecord,
  host: HostPrograms,
): Promise<{ qemu: ProcessIdentity; asked: Invocation }> {
  const machine = qemuMachineOf(record, host)
  const directory = realpathSync(join(folder, 'machine'))
  const asked = { program: host.qemu, directory, arguments: qemuArguments(machine) }
  const sockets = machine.tpmSocket === null ? [] : [openSync(join(folder, 'sockets'), 'r')]
  const output = Output.openPipe(join(folder, OUTPUT_PIPE))
  try {
    const { stdio: _, ...identity } = await spawnDetached(asked.program, asked.arguments, {
      account: record.accounts.qemu,
      groups: machine.accelerator === 'kvm' ? kvmGroups() : [],
      cwd: directory,
      output,
      umask: 0o177,
      fds: sockets,
      scope: [...scopeOf(`QEMU of ${record.spec.id}`), ...(host.plugged?.inside ?? [])],
    })
    return { qemu: identity, asked }
  } finally {
    output.close()
    for (const each of sockets) closeSync(each)
  }
}

/** @throws {MachineError} `machine-not-here`: what this host does not run. */
function qemuMachineOf(
  { spec, uuid }: MachineRecord,
  { code, acceleration, plugged }: HostPrograms,
) {
  const { disk, vtpm, guest, name: _, ...as } = spec
  const tpmSocket = vtpm === null ? null : `/proc/self/fd/${SOCKETS_FD}/${CONTROL_SOCKET}`
  const windows =
    guest === 'windows' ? virtualizationFor(acceleration, nestedVirtualization()) : null
  const { accelerator } = acceleration
  return {
    ...as,
    uuid,
    accelerator,
    code,
    disk: disk.format,
    tpmSocket,
    windows,
    tap: plugged?.tap ?? null,
  }
}

export interface MonitorLimits {
  /** How long a monitor may not be listening. */
  readonly limitMs?: number | undefined
  /** How long one answer may take. */
  readonly timeoutMs?: number | undefined
}

export type MonitorOptions = Required<Pick<QmpOptions, 'onEvent'>> & MonitorLimits

/**
 * Connects to a QEMU's monitor as soon as it listens.
 * @throws {ProcessError} QEMU ended. @throws {QmpError} @throws {MachineError} as `SocketFolder`
 */
export async function connectMonitor(
  sockets: SocketFolder,
  qemu: ProcessIdentity,
  { onEvent, timeoutMs, limitMs = MONITOR_LIMIT_MS }: MonitorOptions,
): Promise<QmpClient> {
  const until = performance.now() + limitMs
  for (let wait = 2; ; wait = Math.min(wait * 2, 50)) {
    const path = sockets.path(FILES.monitor)
    try {
      return await QmpClient.connect(path, { onEvent, timeoutMs })
    } catch (e) {
      if (!isRunning(qemu))
        throw new ProcessError('process-not-started', 'QEMU', 'it ended', '', { cause: e })
      if (performance.now() > until) throw e
      await sleep(wait)
    }
  }
}

/**
 * Ends what is on record of a VM, wherever it works, and what works in its folder. Until all of it is gone nothing says
 * that the VM is stopped. @throws {ProcessError} `process-not-gone`
 */
export async function endProcesses(folder: string, run: MachineRecord['run']): Promise<void> {
  const { qemu = null, swtpm = null } = run ?? {}
  for (const process of [qemu, swtpm]) if (process !== null) await killProcess(process)
  await killStrays(folder)
}

/** Ends whatever still works in a VM's folder: what a manager started and died before writing down. */
export async function killStrays(folder: string): Promise<void> {
  const real = realpathSync(folder)
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const cwd = linkOrEmpty(`/proc/${name}/cwd`)
    if (cwd !== real && !cwd.startsWith(`${real}/`)) continue
    const stray = identityOf(Number(name))
    if (stray !== null && /\/(qemu-system-|swtpm)/.test(stray.executable)) await killProcess(stray)
  }
}

function linkOrEmpty(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
