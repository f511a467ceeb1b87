import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, readlinkSync, realpathSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { ProcessError } from './errors.ts'
import type { Output } from './output.ts'

/**
 * Whom a program runs as: a uid and gid of its own, or null: the manager's own user. Null is what a
 * manager without root uses; then no user boundary stands between a VM and its vTPM.
 */
export type Account = { readonly uid: number; readonly gid: number } | null

/**
 * Which process this is, for as long as the machine is up: a pid alone is used again, a pid with its
 * start time and boot is not. Kept in files, so that a later manager knows its processes.
 */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks since boot, and the boot they count from: `ticks@boot-id`. Opaque: compare only. */
  readonly startTime: string
  /** The program's real path, of /proc/PID/exe. */
  readonly executable: string
}

export interface SpawnOptions {
  readonly account: Account
  /** Entered before the account is taken on: its parents may be closed to the account. */
  readonly cwd: string
  readonly output: Output
  /** Supplementary groups of an account; none when not given. */
  readonly groups?: readonly number[]
  /** What files and sockets it makes are closed to; 0o077 when not given. */
  readonly umask?: number
  /** What starts it in a scope of its own (`scopeOf`); by default nothing: it is of our unit. */
  readonly scope?: readonly string[]
  /** What the program finds at descriptor 3, 4, …: one of ours, or a new pipe to it. */
  readonly fds?: readonly (number | 'pipe')[]
}

export interface DetachedProcess extends ProcessIdentity {
  /** Our ends of the pipes, by the program's descriptor; null where there is no pipe. */
  readonly stdio: readonly (Duplex | null)[]
}

const START_LIMIT_MS = 10_000
const OUTPUT_SHOWN = 2_000

const SHELL = '/bin/sh'
/** The umask is set in the child: ours is that of all our threads, which make files and folders meanwhile. */
const BEGIN = 'umask "$0" && exec setpriv "$@"'

/**
 * Starts a program that outlives us: own session, no terminal, no environment, `no_new_privs`; with an
 * account, also that uid and gid, no groups and an empty capability bounding set. Resolves once the
 * program itself runs (not the steps before it).
 *
 * @throws {ProcessError} `process-not-started`, with the end of what it wrote.
 */
export async function spawnDetached(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): Promise<DetachedProcess> {
  const { descriptor } = options.output
  const umask = (options.umask ?? 0o077).toString(8)
  const privileges = privilegesOf(options.account, options.groups)
  const begin = [SHELL, '-c', BEGIN, umask, ...privileges, '--', program, ...args]
  const [first, ...rest] = [...(options.scope ?? []), ...begin]
  let child: ChildProcess
  try {
    child = spawn(first!, rest, {
      cwd: options.cwd,
      detached: true,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', descriptor, descriptor, ...(options.fds ?? [])],
    })
  } finally {
    options.output.unblock()
  }
  const stdio = child.stdio.map((stream) => stream as Duplex | null)
  for (const stream of stdio) stream?.on('error', ignoreGone)
  child.unref()
  const identity = await started(child, program, options.output)
  return { ...identity, stdio }
}

/** Arguments of setpriv(1) for a program that has what the account has, and can get no more. */
export function privilegesOf(account: Account, groups: readonly number[] = []): string[] {
  if (account === null) return ['--no-new-privs']
  return [
    `--reuid=${account.uid}`,
    `--regid=${account.gid}`,
    groups.length === 0 ? '--clear-groups' : `--groups=${groups.join(',')}`,
    '--no-new-privs',
    '--inh-caps=-all',
    '--bounding-set=-all',
  ]
}

/** A pipe to a program that is gone: its exit says so already. */
function ignoreGone(): void {}

/** Waits until the child has become `program`. */
async function started(child: ChildProcess, program: string, output: Output) {
  let failure: string | null = null
  child.once('error', (e) => {
    failure = e.message
  })
  child.once('exit', (code, signal) => {
    failure = signal === null ? `ended with ${code}` : `ended by ${signal}`
  })
  const until = performance.now() + START_LIMIT_MS
  for (let wait = 1; performance.now() < until; wait = Math.min(wait * 2, 20)) {
    await sleep(wait)
    if (failure !== null) break
    const identity = child.pid === undefined ? null : become(child.pid)
    if (identity !== null) return identity
  }
  child.kill('SIGKILL')
  const said = Buffer.from(output.read()).toString('utf8').slice(-OUTPUT_SHOWN).trim()
  throw new ProcessError('process-not-started', program, failure ?? 'did not start', said)
}

/** Who a child is once it has become the program; null before. */
function become(pid: number): ProcessIdentity | null {
  const identity = identityOf(pid)
  if (identity === null || /\/(systemd-run|setpriv|nsenter)$/.test(identity.executable)) return null
  // It was the shell, and has gone a step on meanwhile: then it is another program now.
  return !begins(pid) && identityOf(pid)?.executable === identity.executable ? identity : null
}

/** Whether it is the shell yet that becomes setpriv, which becomes the program. */
function begins(pid: number): boolean {
  try {
    const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    // In the midst of becoming another it has its program already, and no arguments yet.
    return line === '' || line.startsWith(`${SHELL}\0-c\0${BEGIN}\0`)
  } catch {
    return false
  }
}

/** The identity of a live process; null when there is none with this pid, or it is a zombie. */
export function identityOf(pid: number): ProcessIdentity | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return null
    const executable = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '')
    return { pid, startTime: `${fields[19]}@${bootId()}`, executable }
  } catch {
    return null
  }
}

/** Which boot of the host this is. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
}

/** Whether that very process still runs: same pid, start time, boot and program, and not a zombie. */
export function isRunning(process: ProcessIdentity): boolean {
  const now = identityOf(process.pid)
  return now?.startTime === process.startTime && now.executable === process.executable
}

/** Sends a signal to that very process; false when it is gone. */
export function signalProcess(target: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(target)) return false
  try {
    return process.kill(target.pid, signal)
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw e
  }
}

/** Waits until that process is gone; false when it still runs after `timeoutMs`. */
export async function waitUntilGone(target: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const until = performance.now() + timeoutMs
  for (let wait = 1; isRunning(target); wait = Math.min(wait * 2, 50)) {
    if (performance.now() > until) return false
    await sleep(wait)
  }
  return true
}

/**
 * Ends that process for certain: SIGKILL, then waits until it is gone.
 * @throws {ProcessError} `process-not-gone` after 10 s.
 */
export async function killProcess(target: ProcessIdentity): Promise<void> {
  signalProcess(target, 'SIGKILL')
  if (await waitUntilGone(target, START_LIMIT_MS)) return
  throw new ProcessError('process-not-gone', target.executable, `pid ${target.pid} does not end`)
}

/** The real path of an installed program; null when it is not installed. */
export function findProgram(name: string): string | null {
  for (const folder of ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/bin', '/sbin'])
    try {
      return realpathSync(`${folder}/${name}`)
    } catch {}
  return null
}
