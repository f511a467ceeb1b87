import type { Acceleration } from '../acceleration.ts'
import { HostError, ProcessError } from '../errors.ts'
import { checkVariableStore } from '../firmware.ts'
import type { Plugged } from '../networks/networks.ts'
import { Output } from '../output.ts'
import { isRunning, killProcess, type ProcessIdentity, waitUntilGone } from '../process.ts'
import { attachMissing, lendDisks, takeBackDisks } from './disks.ts'
import { MachineError } from './errors.ts'
import { MachineFolder } from './folder.ts'
import { storeStarted, storeStopped } from './kept-store.ts'
import { MachineVtpm } from './machine-vtpm.ts'
import { type HostPrograms, killStrays, spawnQemu } from './qemu-process.ts'
import { type Held, type LastEnd, type MachineRecord, removeRecord, writeRecord } from './record.ts'
import { RECONNECT_MS, RunningMachine, type WatchEnd } from './running-machine.ts'
import type { MachineHost } from './shared.ts'

const QUIT_MS = 10_000
/** The end of what QEMU printed before it ended. */
const SAID_MAX = 2_000

/**
 * A VM from one start to its end, and what is on record of it. Operations happen one after the other; what
 * a start or an end needs to be found by the next manager is written down before it is done.
 */
export class MachineLife {
  readonly files: MachineFolder
  readonly vtpm: MachineVtpm
  readonly #host: MachineHost
  #record: MachineRecord
  #live: RunningMachine | null = null
  #turn: Promise<unknown> = Promise.resolve()
  #unreachable = false
  #removed = false

  constructor(host: MachineHost, folder: string, record: MachineRecord) {
    this.#host = host
    this.files = new MachineFolder(folder, record.accounts.qemu)
    this.#record = record
    this.vtpm = new MachineVtpm(this, host.vtpm)
  }

  get record(): MachineRecord {
    return this.#record
  }

  /** The VM's own disk; to be read or edited only while it is not running. */
  get disk(): { path: string; format: 'raw' | 'qcow2' } {
    return { path: this.files.disk, format: this.#record.spec.disk.format }
  }

  /** The VM while it runs, else null; its end may have begun. */
  get live(): RunningMachine | null {
    return this.#live
  }

  /** A QEMU that runs and does not let itself be asked. */
  get unreachable(): boolean {
    return this.#unreachable
  }

  /** Why it stands still on purpose; null: it does not. */
  get held(): Held | null {
    return this.#record.run?.held ?? null
  }

  /** @throws {MachineError} `machine-not-running`, `machine-unreachable` */
  running(): RunningMachine {
    if (this.#live !== null && this.#live.end === null) return this.#live
    this.#refuseUnreachable()
    throw new MachineError('machine-not-running', `${this.#record.spec.id} does not run`)
  }

  /** Does something when what was asked for before is done. */
  next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }

  /**
   * The same, while the VM is stopped.
   * @throws {MachineError} `machine-running`, `machine-unreachable`; `machine-missing`: it was removed.
   */
  whileStopped<T>(work: () => Promise<T>): Promise<T> {
    return this.settled(async () => {
      if (this.#live === null) return work()
      throw new MachineError('machine-running', `${this.#record.spec.id} runs`)
    })
  }

  /** In a turn, whether it runs or is stopped. @throws {MachineError} `machine-unreachable`, `machine-missing` */
  settled<T>(work: () => Promise<T>): Promise<T> {
    return this.next(async () => {
      await this.#refuseUnsettled()
      return work()
    })
  }

  async write(change: Partial<MachineRecord>): Promise<void> {
    this.#record = { ...this.#record, ...change }
    await writeRecord(this.files.path, this.#record)
  }

  log(level: 'info' | 'warning', event: string, message: string): void {
    this.#host.log({ level, event, vm: this.#record.spec.id, message })
  }

  /** In a turn, stopped: checks variable store and vTPM, and begins. @throws {MachineError} `machine-half-restored` */
  async start(): Promise<void> {
    const { spec, restoring = null } = this.#record
    if (restoring !== null)
      throw new MachineError(
        'machine-half-restored',
        `it is half put back to ${restoring}: restore it again`,
      )
    await this.want(true)
    const variables = await this.files.readVariables()
    checkVariableStore(variables, spec.secureBoot)
    await lendDisks(this.files, spec.dataDisks)
    const identity = await this.vtpm.check()
    const acceleration = await this.#host.acceleration()
    const plugged = await this.#plug()
    const run = { qemu: null, swtpm: null, released: false }
    const store = storeStarted(this.#record.store ?? null, variables)
    await this.write({ identity, run, store })
    try {
      await this.#launch(acceleration, plugged)
    } catch (e) {
      await this.#abandon()
      throw e
    }
  }

  /** The host makes its network ready; null: QEMU is its network. */
  async #plug(): Promise<Plugged | null> {
    const { id, network } = this.#record.spec
    if (network?.kind === 'bridged') return this.#host.plug(network.network, id)
    if (network !== null) await this.#host.closeLoopback()
    return null
  }

  /** In a turn: whether it is to run, also when this host has started anew. */
  async want(wanted: boolean): Promise<void> {
    if (this.#record.wanted !== wanted) await this.write({ wanted })
  }

  /** In a turn: ends QEMU and swtpm, by force where they do not go, and writes down how it ended. */
  async end(live: RunningMachine, asked: LastEnd): Promise<void> {
    if (this.#live !== live) return
    const fault = await faultOf(live)
    const how = fault === null || fault === 'unreachable' ? asked : fault
    live.endAs(how)
    const { qemu, swtpm } = this.#record.run!
    await live.quit()
    let orderly = fault === null
    for (const process of [qemu, swtpm])
      if (process !== null && !(await waitUntilGone(process, QUIT_MS))) {
        orderly = false
        await killProcess(process)
      }
    try {
      await this.vtpm.stopped(orderly)
      const wanted = this.#record.wanted && how !== 'exited'
      const store = storeStopped(await this.files.readVariables().catch(() => null))
      await this.write({ run: null, lastEnd: how, wanted, store })
    } finally {
      this.#disconnect(live, how)
    }
    this.log(how === 'crashed' || how === 'vtpm-lost' ? 'warning' : 'info', how, how)
  }

  /** Of a former manager's VM: goes on with what runs, and says what became of what does not. */
  async takeOver(): Promise<void> {
    if (this.#record.run === null) return
    const { qemu, released } = this.#record.run
    if (qemu === null || !released || !isRunning(qemu)) return this.#lost(released)
    try {
      const { uuid } = this.#record
      await this.#adopt(
        await RunningMachine.connect(this.files, qemu, uuid, { limitMs: RECONNECT_MS }),
      )
    } catch (e) {
      if (!(e instanceof HostError)) throw e
      if (this.#live !== null) this.#disconnect(this.#live, 'unreachable')
      if (!isRunning(qemu)) return this.#lost(true)
      if (!this.#unreachable)
        this.log('warning', 'unreachable', `QEMU runs and cannot be asked: ${e.message}`)
      this.#unreachable = true
    }
  }

  /** Goes on where the former manager was: it may have died before the firmware began, or while it looked. */
  async #adopt(live: RunningMachine): Promise<void> {
    this.#live = live
    this.#unreachable = false
    await live.console.restore()
    const off = await live.isOff()
    this.log('info', 'adopted', `taken over, ${off ? 'powered off' : 'running'}`)
    if (off) return this.end(live, 'exited')
    await attachMissing(live, this.files, this.#record.spec.dataDisks).catch((e) =>
      this.log('warning', 'disk-missing', String(e)),
    )
    await this.#link(live)
    await (this.held === null ? live.resume() : live.pause())
    this.#watch(live)
  }

  /** In a turn: no network, or the network again, now and from each start's first instruction on. @throws {QmpError} */
  async isolate(isolated: boolean): Promise<void> {
    this.#refuseRemoved()
    await this.write({ isolated })
    await this.#refuseUnsettled()
    if (this.#live !== null && this.#live.end === null) await this.#link(this.#live)
  }

  /** As is on record: who wrote it may have died before it was done. */
  async #link(live: RunningMachine): Promise<void> {
    if (this.#record.spec.network !== null) await live.link(!this.#record.isolated)
  }

  /** Lets it stand still, whoever takes it over, until its reset button is pressed. */
  hold(live: RunningMachine, why: Held): Promise<void> {
    return this.next(async () => {
      if (this.#live !== live) return
      await this.#writeHeld(why)
      await live.pause()
    })
  }

  /** It stood still while it was looked at, and goes on. */
  goOn(live: RunningMachine): Promise<void> {
    return this.next(async () => {
      if (this.#live !== live) return
      await this.#writeHeld(null)
      await live.resume()
    })
  }

  /**
   * In a turn: presses its reset button; it is held no more. One whose vTPM is lost is ended and started: QEMU takes no
   * other, and without one its guest would boot unmeasured. @throws {MachineError} as `running`, and as `start`
   */
  async reset(): Promise<void> {
    const live = this.running()
    if (this.held === 'vtpm-lost') {
      await this.stop()
      return this.start()
    }
    await this.#writeHeld(null)
    await live.reset()
  }

  /** A disk that takes nothing is no reason to let it run. */
  async #writeHeld(why: Held | null): Promise<void> {
    if (this.held === why) return
    const { held: _, ...run } = this.#record.run!
    await this.write({ run: why === null ? run : { ...run, held: why } }).catch((e) =>
      this.log('warning', 'record-failed', String(e)),
    )
  }

  /** Asks a VM that was unreachable once more. */
  async retake(): Promise<void> {
    if (this.#unreachable)
      await this.next(async () => {
        if (this.#unreachable) await this.takeOver()
      })
  }

  /** In a turn: ends what runs, by force what cannot be asked. */
  async stop(): Promise<void> {
    if (this.#unreachable) await this.#lost(false)
    if (this.#live !== null) await this.end(this.#live, 'stopped')
  }

  /** In a turn: ends it, and removes all that was kept of it. */
  async remove(): Promise<void> {
    if (this.#removed) return
    const { id, dataDisks } = this.#record.spec
    await this.stop()
    await this.#endProcesses()
    await takeBackDisks(this.files, dataDisks)
    await removeRecord(this.files.path)
    await this.#host.vtpm.forget(id)
    await this.files.remove()
    this.#host.forget(id)
    this.#removed = true
  }

  /** Lets go: the VM runs on. */
  async release(): Promise<void> {
    await this.#turn
    const live = this.#live
    if (live !== null) this.#disconnect(live, null)
  }

  async #launch(acceleration: Acceleration, plugged: Plugged | null): Promise<void> {
    const swtpm = await this.vtpm.start()
    await this.write({ run: { qemu: null, swtpm, released: false } })
    // Held open: what a QEMU printed that is gone already goes with the last who has the pipe.
    const output = Output.openPipe(this.files.output)
    try {
      await this.#launchQemu({ acceleration, plugged }, swtpm)
    } catch (e) {
      throw explained(e, output)
    } finally {
      output.close()
    }
  }

  async #launchQemu(
    by: Pick<HostPrograms, 'acceleration' | 'plugged'>,
    swtpm: ProcessIdentity | null,
  ): Promise<void> {
    const { qemu: program, firmware } = this.#host
    const host = { qemu: program, code: firmware.code, ...by }
    const { qemu, asked } = await spawnQemu(this.files.path, this.#record, host)
    await this.write({ run: { qemu, swtpm, released: false, asked } })
    const live = await RunningMachine.connect(this.files, qemu, this.#record.uuid)
    this.#live = live
    live.launched()
    live.printed.startBoot()
    await this.write({ run: { qemu, swtpm, released: true, asked } })
    await this.#link(live)
    await live.resume()
    this.#watch(live)
  }

  /** In a turn: its monitor is lost, and it runs on. */
  #lose(live: RunningMachine): void {
    if (this.#live !== live) return
    this.log('warning', 'unreachable', 'QEMU runs and cannot be asked any more')
    this.#disconnect(live, 'unreachable')
    this.#unreachable = true
  }

  /** A manager died and left it half-started, or it ended without one. */
  async #lost(crashed: boolean): Promise<void> {
    await this.#endProcesses()
    await this.vtpm.stopped(false)
    await this.write({ run: null, lastEnd: crashed ? 'crashed' : 'stopped', store: null })
    this.#unreachable = false
    if (crashed) this.log('warning', 'crashed', 'QEMU ended while nobody watched')
  }

  /**
   * What is on record, wherever it works, and what works in the folder. Until all of it is gone nothing says
   * that the VM is stopped. @throws {ProcessError} `process-not-gone`
   */
  async #endProcesses(): Promise<void> {
    const { qemu = null, swtpm = null } = this.#record.run ?? {}
    for (const process of [qemu, swtpm]) if (process !== null) await killProcess(process)
    await killStrays(this.files.path)
  }

  /** A start that failed: nothing of it stays. */
  async #abandon(): Promise<void> {
    if (this.#live !== null) this.#disconnect(this.#live, 'stopped')
    await this.#endProcesses()
    await this.vtpm.stopped(false)
    // Until its firmware was let go nothing wrote there.
    const { run, store: before = null } = this.#record
    const store = run?.released === true || before === null ? null : { ...before, started: null }
    await this.write({ run: null, store })
  }

  #watch(live: RunningMachine): void {
    const onEnd = (how: WatchEnd) => {
      const done = this.next(async () =>
        how === 'unreachable' ? this.#lose(live) : this.end(live, how),
      )
      live.endAs(how, done)
      done
        .catch((e) => this.log('warning', 'end-failed', String(e)))
        .then(() => this.#host.saw(this.#record.spec.id, 'ended'))
    }
    live.watch({
      onEnd,
      onFault: (message) => this.log('warning', 'output-lost', message),
      onEvent: (what) => this.#host.saw(this.#record.spec.id, what),
      onVtpmLost: () => this.#holdLost(live),
    })
  }

  /** It stands still until somebody stops or resets it: its guest's keys and measurements are nowhere. */
  #holdLost(live: RunningMachine): void {
    this.log('warning', 'vtpm-lost', 'its vTPM went away while it ran: it stands still')
    this.hold(live, 'vtpm-lost')
      .catch((e) => this.log('warning', 'hold-failed', String(e)))
      .then(() => this.#host.saw(this.#record.spec.id, 'ended'))
  }

  #refuseRemoved(): void {
    if (this.#removed)
      throw new MachineError('machine-missing', `${this.#record.spec.id} was removed`)
  }

  async #refuseUnsettled(): Promise<void> {
    this.#refuseRemoved()
    if (this.#unreachable) await this.takeOver()
    this.#refuseUnreachable()
  }

  #refuseUnreachable(): void {
    if (!this.#unreachable) return
    const { id } = this.#record.spec
    throw new MachineError('machine-unreachable', `${id} runs, but its QEMU cannot be asked`)
  }

  #disconnect(live: RunningMachine, how: WatchEnd | LastEnd | null): void {
    live.endAs(how)
    live.disconnect()
    if (this.#live === live) this.#live = null
  }
}

/** With what QEMU printed, where it ended at once. */
function explained(e: unknown, output: Output): unknown {
  if (!(e instanceof ProcessError) || e.output !== '') return e
  const said = Buffer.from(output.read()).toString('latin1').slice(-SAID_MAX).trim()
  return new ProcessError(e.code, 'QEMU', 'it ended', said, { cause: e })
}

/** What ends a VM whoever asked: seen by the watch, or only now. */
async function faultOf(live: RunningMachine) {
  const seen = live.end?.how
  return seen === 'crashed' ? seen : live.fault()
}
