import { randomUUID } from 'node:crypto'
import { closeSync, constants, openSync } from 'node:fs'
import { chmod, chown, copyFile, mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentInfo, Evidence, EvidenceRequest } from '@trusted-launch/channel'
import type { Acceleration } from './acceleration.ts'
import type { Accounts } from './accounts.ts'
import {
  type BootComponent,
  BootFailure,
  type ConsoleFinding,
  readConsole,
} from './boot-failure.ts'
import { Console } from './console.ts'
import { HostError } from './errors.ts'
import {
  checkVariableStore,
  type Firmware,
  makeVariableStore,
  switchSecureBoot,
} from './firmware.ts'
import { GuestChannel } from './guest-channel.ts'
import type { Log } from './log.ts'
import { connectMonitor, killStrays, spawnQemu } from './machine-process.ts'
import {
  type LastEnd,
  type MachineRecord,
  type MachineSpec,
  readRecord,
  writeRecord,
} from './machine-record.ts'
import { type Account, isRunning, killProcess, waitUntilGone } from './process.ts'
import { CONSOLE_RING, FILES, IDS } from './qemu-args.ts'
import type { QmpClient } from './qmp/client.ts'
import type { QmpEvent } from './qmp/commands.ts'
import { writeDurably } from './state-directory.ts'
import type { VtpmIdentity, VtpmKeeper, VtpmPlace } from './vtpm-port.ts'

/** What a violation seen on a console is checked against: the stopped disk and the VM's keys. */
export interface ViolationQuestion {
  readonly component: BootComponent
  readonly disk: { readonly path: string; readonly format: 'raw' | 'qcow2' }
  /** The VM's variable store file. */
  readonly variables: Uint8Array
}

/** True: that file is refused by db and dbx. False: it is not. Null: it can't be told. */
export type ConfirmViolation = (question: ViolationQuestion) => Promise<boolean | null>

/** What all machines of a host share. */
export interface MachineHost {
  readonly qemu: string
  readonly firmware: Firmware
  readonly vtpm: VtpmKeeper
  readonly log: Log
  readonly confirm: ConfirmViolation | null
  acceleration(): Promise<Acceleration>
  /** The VM with this id is no more. */
  forget(id: string): void
}

/**
 * - `stopped`: by us, or never started. - `exited`: the guest powered off. - `crashed`: QEMU is gone and
 * nobody asked it. - `vtpm-lost`: its swtpm went away while it ran, so it was stopped.
 */
export type MachineState = 'running' | Exclude<LastEnd, 'never'>

export type MachineErrorCode =
  | 'machine-exists'
  | 'machine-missing'
  | 'machine-running'
  | 'machine-not-running'
  | 'machine-bad-spec'
  | 'machine-file-foreign'

/** A VM was asked for what its state does not allow. */
export class MachineError extends HostError<MachineErrorCode> {}

/** The guest may start anew so often before its agent answers. */
const RESETS_MAX = 3
const POLL_MS = 200
/** The console must say nothing more for so long before its words count. */
const SETTLE_MS = 3_000
const INFO_MS = 5_000
const QUIT_MS = 10_000
const GRACE_MS = 60_000
const FILE_MAX = 64 << 20

interface Live {
  readonly monitor: QmpClient
  readonly channel: GuestChannel
  readonly machineFd: number
  portOpen: boolean
  resets: number
  outputAt: number
  answered: boolean
  ended: boolean
  refuted: Set<string>
  end: Promise<void> | null
}

/** One VM. Operations on it happen one after the other. Made by `Host` only. */
export class Machine {
  readonly id: string
  /** The VM's folder, 0700. */
  readonly folder: string
  readonly #host: MachineHost
  readonly #console: Console
  #record: MachineRecord
  #live: Live | null = null
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(host: MachineHost, folder: string, record: MachineRecord) {
    this.#host = host
    this.folder = folder
    this.id = record.spec.id
    this.#record = record
    this.#console = new Console(join(folder, 'console.log'))
  }

  /** Makes a VM's folder: disk, variable store, vTPM; `machine.json` last, so a half-made VM is none. */
  static async create(
    host: MachineHost,
    folder: string,
    spec: MachineSpec,
    accounts: Accounts,
  ): Promise<Machine> {
    checkSpec(spec)
    await mkdir(folder, { mode: 0o700 }).catch((e: NodeJS.ErrnoException) => {
      if (e.code !== 'EEXIST') throw e
      throw new MachineError('machine-exists', `there is a VM ${spec.id}`, { cause: e })
    })
    try {
      const variables = await makeVariableStore(host.firmware, spec.signatures, spec.secureBoot)
      const machine = join(folder, 'machine')
      await mkdir(machine, { mode: 0o700 })
      const place = placeOf(spec.id, folder, accounts, spec.vtpm.banks)
      const [identity] = await Promise.all([
        host.vtpm.provision(place),
        copyFile(spec.disk.path, join(machine, FILES.disk), constants.COPYFILE_FICLONE),
        writeDurably(join(machine, FILES.variables), variables, 0o600),
      ])
      await chmod(join(machine, FILES.disk), 0o600)
      for (const name of ['', FILES.disk, FILES.variables])
        await give(join(machine, name), accounts.qemu)
      const { disk, ...rest } = spec
      const record: MachineRecord = {
        version: 1,
        spec: { ...rest, disk: { format: disk.format } },
        uuid: randomUUID(),
        accounts,
        identity,
        run: null,
        lastEnd: 'never',
      }
      await writeRecord(folder, record)
      return new Machine(host, folder, record)
    } catch (e) {
      await rm(folder, { recursive: true, force: true })
      await host.vtpm.forget(spec.id)
      throw e
    }
  }

  /** A VM that is there: takes over its processes when they run; null for a folder never finished. */
  static async adopt(host: MachineHost, folder: string): Promise<Machine | null> {
    const record = readRecord(folder)
    if (record === null) {
      await killStrays(folder)
      await rm(folder, { recursive: true, force: true })
      return null
    }
    const machine = new Machine(host, folder, record)
    if (record.run !== null) await machine.#takeOver()
    return machine
  }

  get spec(): MachineRecord['spec'] {
    return this.#record.spec
  }

  /** EK, AK and generation on record: what the VM's evidence is held against. */
  get identity(): VtpmIdentity {
    return this.#record.identity
  }

  /** The accounts of its QEMU and its swtpm. */
  get accounts(): Accounts {
    return this.#record.accounts
  }

  /** Its processes while it runs, else null. */
  get processes(): MachineRecord['run'] {
    return this.#record.run
  }

  /** The VM's own disk; to be read or edited only while it is not running. */
  get disk(): { path: string; format: 'raw' | 'qcow2' } {
    return { path: join(this.folder, 'machine', FILES.disk), format: this.spec.disk.format }
  }

  /** The VM's variable store file as it is now. */
  readVariables(): Promise<Uint8Array> {
    return readOwn(join(this.folder, 'machine', FILES.variables))
  }

  /** The agent's port, while the VM runs. @throws {MachineError} `machine-not-running` */
  get channel(): GuestChannel {
    return this.#running().channel
  }

  status(): { state: MachineState; agentPortOpen: boolean; released: boolean } {
    const live = this.#live
    if (live !== null && !live.ended)
      return { state: 'running', agentPortOpen: live.portOpen, released: true }
    const { lastEnd } = this.#record
    const state = lastEnd === 'never' ? 'stopped' : lastEnd
    return { state, agentPortOpen: false, released: false }
  }

  /**
   * Starts the VM, after the vTPM and the variable store were checked.
   * @throws {MachineError} `machine-running` @throws {FirmwareError} `secure-boot-not-enforced`
   * @throws {VtpmError} @throws {ProcessError}
   */
  start(): Promise<void> {
    return this.#next(async () => {
      if (this.#live !== null) throw new MachineError('machine-running', `${this.id} runs`)
      await this.#notRunning()
      checkVariableStore(await this.readVariables(), this.spec.secureBoot)
      const checked = await this.#host.vtpm.check(this.#place(), this.identity)
      for (const note of checked.notes) this.#log('info', 'vtpm-note', note)
      const acceleration = await this.#host.acceleration()
      const run = { qemu: null, swtpm: null, released: false }
      await this.#write({ identity: checked.identity, run })
      try {
        await this.#launch(acceleration)
      } catch (e) {
        await this.#abandon()
        throw e
      }
    })
  }

  async #launch(acceleration: Acceleration): Promise<void> {
    const { qemu: program, firmware } = this.#host
    const swtpm = await this.#host.vtpm.start(this.#place())
    await this.#write({ run: { qemu: null, swtpm, released: false } })
    const host = { qemu: program, code: firmware.code, acceleration }
    const qemu = await spawnQemu(this.folder, this.#record, host)
    await this.#write({ run: { qemu, swtpm, released: false } })
    const live = await this.#connect()
    this.#console.startBoot()
    await live.monitor.execute('cont', {})
    await this.#write({ run: { qemu, swtpm, released: true } })
    this.#watch(live)
  }

  /**
   * Stops the VM: by its power button, and after `timeoutMs` (or with `graceful: false` at once) by
   * force. Nothing happens when it does not run.
   * @returns whether the guest powered off by itself.
   */
  stop(options: { graceful?: boolean; timeoutMs?: number } = {}): Promise<{ graceful: boolean }> {
    return this.#next(async () => {
      const live = this.#live
      if (live === null) return { graceful: false }
      const asked = options.graceful ?? true
      const graceful = asked && (await this.#powerDown(live, options.timeoutMs ?? GRACE_MS))
      await this.#end(live, 'stopped')
      return { graceful }
    })
  }

  async #powerDown(live: Live, timeoutMs: number): Promise<boolean> {
    try {
      await live.monitor.execute('cont', {})
      await live.monitor.execute('system_powerdown', {})
      for (const until = performance.now() + timeoutMs; performance.now() < until; ) {
        if (live.ended) return true
        if ((await live.monitor.execute('query-status', {})).status === 'shutdown') return true
        await sleep(POLL_MS / 2)
      }
    } catch (e) {
      if (!(e instanceof HostError)) throw e
    }
    return false
  }

  /** Presses the reset button. @throws {MachineError} `machine-not-running` */
  reset(): Promise<void> {
    return this.#next(async () => {
      const live = this.#running()
      await live.monitor.execute('system_reset', {})
      live.resets = 0
      live.answered = false
      live.portOpen = false
      await live.monitor.execute('cont', {})
    })
  }

  /** Ends the VM if it runs and removes all that was kept of it. */
  async delete(): Promise<void> {
    await this.stop({ graceful: false })
    await this.#next(async () => {
      await killStrays(this.folder)
      await rm(this.folder, { recursive: true, force: true })
      await this.#host.vtpm.forget(this.id)
      this.#host.forget(this.id)
    })
  }

  /**
   * Waits until the agent answers.
   * @throws {BootFailure} the guest did not come up; the VM is left as it stands.
   */
  async waitForAgent(timeoutMs: number): Promise<AgentInfo> {
    const live = this.#running()
    for (const until = performance.now() + timeoutMs; ; await sleep(POLL_MS / 2)) {
      if (live.ended) throw await this.#endedEarly(live)
      const info = live.portOpen ? await askInfo(live) : null
      if (info !== null) {
        live.answered = true
        return info
      }
      if (live.resets > RESETS_MAX)
        throw this.#failure('boot-loop', 'the guest starts over and over')
      const failure = await this.#consoleFailure(live)
      if (failure !== null) throw failure
      if (performance.now() > until) throw this.#failure('agent-silent', 'no answer of the agent')
    }
  }

  /** Evidence of the guest, for a verifier: it proves nothing here. @throws as `channel`. */
  async collectEvidence(request: EvidenceRequest): Promise<Evidence> {
    const { channel } = this
    const nonce = request.extendNonce ?? null
    if (nonce !== null) await this.#host.vtpm.recordIssued(this.id, nonce)
    const evidence = await channel.collectEvidence(request)
    if (nonce !== null && evidence.rollback !== null) {
      const index = await this.#host.vtpm.recordAttested(this.id, nonce, evidence.rollback)
      if (index !== 'continued') this.#log('warning', 'rollback-index', `the index ${index}`)
    }
    return evidence
  }

  /** The end of the serial console, of this boot and the ones before; Latin-1. */
  consoleTail(max?: number): string {
    return this.#console.tail(max)
  }

  /** A picture of the screen, PNG. @throws {MachineError} `machine-not-running` */
  async screenshot(): Promise<Uint8Array> {
    const { monitor } = this.#running()
    const name = 'screenshot.png'
    const path = join(this.folder, 'machine', name)
    await rm(path, { force: true })
    await monitor.execute('screendump', { filename: name, format: 'png' })
    const png = await readOwn(path)
    await rm(path, { force: true })
    return png
  }

  /** Switches Secure Boot in the VM's own settings, keys kept. @throws {MachineError} `machine-running` */
  setSecureBoot(secureBoot: boolean): Promise<void> {
    return this.#next(async () => {
      await this.#notRunning()
      const path = join(this.folder, 'machine', FILES.variables)
      await writeDurably(path, switchSecureBoot(await this.readVariables(), secureBoot), 0o600)
      await give(path, this.accounts.qemu)
      await this.#write({ spec: { ...this.spec, secureBoot } })
    })
  }

  /** A new vTPM identity on purpose, of the next generation. @throws {MachineError} `machine-running` */
  reprovision(): Promise<VtpmIdentity> {
    return this.#next(async () => {
      await this.#notRunning()
      const identity = await this.#host.vtpm.reprovision(this.#place(), this.identity)
      await this.#write({ identity })
      return identity
    })
  }

  /** Lets go of the VM: it runs on, for the next manager. */
  async release(): Promise<void> {
    await this.#turn
    const live = this.#live
    if (live === null) return
    live.ended = true
    this.#disconnect(live)
  }

  // ——— the VM's life, one operation after the other

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }

  #running(): Live {
    if (this.#live !== null && !this.#live.ended) return this.#live
    throw new MachineError('machine-not-running', `${this.id} does not run`)
  }

  async #notRunning(): Promise<void> {
    if (this.#live?.ended) await this.#live.end
    if (this.#live !== null) throw new MachineError('machine-running', `${this.id} runs`)
  }

  async #connect(): Promise<Live> {
    const { qemu } = this.#record.run!
    const machineFd = openSync(join(this.folder, 'machine'), 'r')
    let live: Live | null = null
    try {
      const onEvent = (event: QmpEvent) => live !== null && this.#event(live, event)
      const monitor = await connectMonitor(machineFd, qemu!, { onEvent })
      const channel = new GuestChannel({ path: () => `/proc/self/fd/${machineFd}/${FILES.agent}` })
      const outputAt = performance.now()
      const fresh = { portOpen: false, resets: 0, answered: false, ended: false }
      live = { monitor, channel, machineFd, outputAt, ...fresh, refuted: new Set(), end: null }
      this.#live = live
      return live
    } catch (e) {
      closeSync(machineFd)
      throw e
    }
  }

  async #takeOver(): Promise<void> {
    const { qemu, released } = this.#record.run!
    if (qemu === null || !released || !isRunning(qemu)) return this.#lost()
    const live = await this.#connect()
    const { status } = await live.monitor.execute('query-status', {})
    this.#log('info', 'adopted', `taken over, ${status}`)
    if (status === 'shutdown') await this.#end(live, 'exited')
    else this.#watch(live)
  }

  /** What a manager that died left half-started, or what ended without one. */
  async #lost(): Promise<void> {
    await killStrays(this.folder)
    const crashed = this.#record.run!.released
    await this.#host.vtpm.stopped(this.#place(), { orderly: false })
    await this.#write({ run: null, lastEnd: crashed ? 'crashed' : 'stopped' })
    if (crashed) this.#log('warning', 'crashed', 'QEMU ended while nobody watched')
  }

  /** A start that failed: nothing of it stays. */
  async #abandon(): Promise<void> {
    if (this.#live !== null) {
      this.#live.ended = true
      this.#disconnect(this.#live)
    }
    await killStrays(this.folder)
    await this.#host.vtpm.stopped(this.#place(), { orderly: false })
    await this.#write({ run: null })
  }

  #watch(live: Live): void {
    const turn = async () => {
      while (!live.ended) {
        try {
          await this.#look(live)
        } catch (e) {
          if (!(e instanceof HostError)) throw e
          await this.#unreachable(live)
        }
        await sleep(POLL_MS, undefined, { ref: false })
      }
    }
    void turn()
  }

  async #look(live: Live): Promise<void> {
    await this.#drainConsole(live)
    const chardevs = await live.monitor.execute('query-chardev', {})
    const find = (label: string) => chardevs.find((chardev) => chardev.label === label)
    live.portOpen = find('agent')?.['frontend-open'] === true
    if (find(IDS.tpm)?.filename.startsWith('disconnected'))
      return this.#endInBackground(live, 'vtpm-lost')
    const { status } = await live.monitor.execute('query-status', {})
    if (status === 'shutdown') this.#endInBackground(live, 'exited')
  }

  async #drainConsole(live: Live): Promise<void> {
    const ring = { device: IDS.console, size: CONSOLE_RING, format: 'base64' } as const
    const printed = await live.monitor.execute('ringbuf-read', ring)
    if (printed.length === 0) return
    live.outputAt = performance.now()
    this.#console.append(printed)
  }

  /** The monitor does not answer: QEMU is gone, or will be. */
  async #unreachable(live: Live): Promise<void> {
    const { qemu } = this.#record.run ?? {}
    const gone = !qemu || (await waitUntilGone(qemu, 1_000))
    if (gone || !live.monitor.open) this.#endInBackground(live, 'crashed')
  }

  #endInBackground(live: Live, how: LastEnd): void {
    if (live.ended) return
    live.ended = true
    live.end = this.#next(() => this.#end(live, how))
    live.end.catch((e) => this.#log('warning', 'end-failed', String(e)))
  }

  async #end(live: Live, how: LastEnd): Promise<void> {
    if (this.#live !== live) return
    live.ended = true
    const { qemu, swtpm } = this.#record.run!
    await this.#drainConsole(live).catch(() => {})
    let orderly = how !== 'crashed' && how !== 'vtpm-lost'
    await live.monitor.execute('quit', {}).catch(() => {})
    if (qemu !== null && !(await waitUntilGone(qemu, QUIT_MS))) {
      orderly = false
      await killProcess(qemu)
    }
    this.#disconnect(live)
    if (swtpm !== null && !(await waitUntilGone(swtpm, QUIT_MS))) {
      orderly = false
      await killProcess(swtpm)
    }
    await this.#host.vtpm.stopped(this.#place(), { orderly })
    await this.#write({ run: null, lastEnd: how })
    this.#log(how === 'crashed' || how === 'vtpm-lost' ? 'warning' : 'info', how, how)
  }

  #disconnect(live: Live): void {
    live.channel.close()
    live.monitor.close()
    closeSync(live.machineFd)
    if (this.#live === live) this.#live = null
  }

  #event(live: Live, { event, data }: QmpEvent): void {
    if (event === 'VSERPORT_CHANGE' && data.id === IDS.agentPort) live.portOpen = data.open === true
    if (event !== 'RESET' || data.guest !== true) return
    live.resets++
    live.refuted.clear()
    this.#console.startBoot()
  }

  // ——— what went wrong with a boot

  async #consoleFailure(live: Live): Promise<BootFailure | null> {
    if (live.answered || performance.now() - live.outputAt < SETTLE_MS) return null
    const found = readConsole(this.#console.boot)
    if (found === null || live.refuted.has(found.message)) return null
    if (found.code !== 'secure-boot-violation') return this.#failureOf(found, false)
    return this.#confirmed(live, found)
  }

  /** Stops the VM, looks at the disk, and lets the VM go on when the console said what is not so. */
  async #confirmed(live: Live, found: ConsoleFinding): Promise<BootFailure | null> {
    await live.monitor.execute('stop', {})
    const disk = this.disk
    const variables = await this.readVariables()
    const question = { component: found.component!, disk, variables }
    const answer = (await this.#host.confirm?.(question).catch(() => null)) ?? null
    if (answer !== false) return this.#failureOf(found, answer === true)
    live.refuted.add(found.message)
    await live.monitor.execute('cont', {})
    return null
  }

  async #endedEarly(live: Live): Promise<BootFailure> {
    await live.end
    const { state } = this.status()
    if (state === 'vtpm-lost') return this.#failure('vtpm-lost', 'the vTPM went away')
    if (state === 'crashed') return this.#failure('machine-crashed', 'QEMU ended')
    return this.#failure('guest-stopped', 'the guest powered off before its agent answered')
  }

  #failureOf({ code, component, message }: ConsoleFinding, confirmed: boolean): BootFailure {
    return new BootFailure(code, message, { component, confirmed, console: this.#console.boot })
  }

  #failure(code: BootFailure['code'], message: string): BootFailure {
    return new BootFailure(code, message, { console: this.#console.boot })
  }

  // ——— what is written down

  async #write(change: Partial<MachineRecord>): Promise<void> {
    this.#record = { ...this.#record, ...change }
    await writeRecord(this.folder, this.#record)
  }

  #place(): VtpmPlace {
    return placeOf(this.id, this.folder, this.accounts, this.spec.vtpm.banks)
  }

  #log(level: 'info' | 'warning', event: string, message: string): void {
    this.#host.log({ level, event, vm: this.id, message })
  }
}

async function askInfo(live: Live): Promise<AgentInfo | null> {
  try {
    return await live.channel.ask('info', undefined as never, INFO_MS)
  } catch {
    return null
  }
}

function checkSpec({ memoryMiB, vcpus, vtpm }: MachineSpec): void {
  const within = (value: number, min: number, max: number) =>
    Number.isInteger(value) && value >= min && value <= max
  if (!within(memoryMiB, 256, 1 << 20)) throw new MachineError('machine-bad-spec', 'memoryMiB')
  if (!within(vcpus, 1, 64)) throw new MachineError('machine-bad-spec', 'vcpus')
  if (!vtpm.banks.includes('sha256')) throw new MachineError('machine-bad-spec', 'banks')
}

function placeOf(
  vm: string,
  folder: string,
  accounts: Accounts,
  banks: MachineSpec['vtpm']['banks'],
): VtpmPlace {
  return { vm, folder, account: accounts.swtpm, qemu: accounts.qemu, banks }
}

async function give(path: string, account: Account): Promise<void> {
  if (account !== null) await chown(path, account.uid, account.gid)
}

/** A file that QEMU's account could have made anything of: a regular file of sensible size, or none. */
async function readOwn(path: string): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const facts = await file.stat()
    if (facts.isFile() && facts.size <= FILE_MAX) return await file.readFile()
    throw new MachineError('machine-file-foreign', `${path} is not a file of ours`)
  } finally {
    await file.close()
  }
}
