import { killProcess, waitUntilGone } from '../process.ts'
import { takeBackDisks } from './disks.ts'
import { MachineError } from './errors.ts'
import { MachineFolder } from './folder.ts'
import { MachineHolding } from './holding.ts'
import { storeStopped } from './kept-store.ts'
import { MachineLaunch } from './launch.ts'
import { MachineVtpm } from './machine-vtpm.ts'
import { endProcesses } from './qemu-process.ts'
import { type LastEnd, type MachineRecord, removeRecord, writeRecord } from './record.ts'
import type { RunningMachine } from './running-machine.ts'
import type { WatchEnd } from './running-watch.ts'
import type { MachineHost } from './shared.ts'
import { MachineTakingOver } from './taking-over.ts'

const QUIT_MS = 10_000

/**
 * A VM from one start to its end, and what is on record of it. Operations happen one after the other; what
 * a start or an end needs to be found by the next manager is written down before it is done.
 */
export class MachineLife {
  readonly files: MachineFolder
  readonly vtpm: MachineVtpm
  readonly holding: MachineHolding
  readonly takingOver: MachineTakingOver
  readonly #host: MachineHost
  readonly #launch: MachineLaunch
  #record: MachineRecord
  #live: RunningMachine | null = null
  #turn: Promise<unknown> = Promise.resolve()
  #removed = false

  constructor(host: MachineHost, folder: string, record: MachineRecord) {
    this.#host = host
    this.files = new MachineFolder(folder, record.accounts.qemu)
    this.#record = record
    this.vtpm = new MachineVtpm(this, host.vtpm)
    this.holding = new MachineHolding(this, host)
    this.takingOver = new MachineTakingOver(this)
    this.#launch = new MachineLaunch(this, host)
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

  /** @throws {MachineError} `machine-not-running`, `machine-unreachable` */
  running(): RunningMachine {
    if (this.#live !== null && this.#live.end === null) return this.#live
    this.takingOver.refuseUnreachable()
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

  /** In a turn, stopped. @throws as `MachineLaunch`: nothing of the start stays then. */
  async start(): Promise<void> {
    const by = await this.#launch.ready()
    try {
      this.watch(await this.#launch.launch(by))
    } catch (e) {
      await this.#abandon()
      throw e
    }
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
      this.disconnect(live, how)
    }
    this.log(how === 'crashed' || how === 'vtpm-lost' ? 'warning' : 'info', how, how)
  }

  /** In a turn: no network, or the network again, now and from each start's first instruction on. @throws {QmpError} */
  async isolate(isolated: boolean): Promise<void> {
    this.#refuseRemoved()
    await this.write({ isolated })
    await this.#refuseUnsettled()
    if (this.#live !== null && this.#live.end === null) await this.link(this.#live)
  }

  /** As is on record: who wrote it may have died before it was done. */
  async link(live: RunningMachine): Promise<void> {
    if (this.#record.spec.network !== null) await live.link(!this.#record.isolated)
  }

  /**
   * In a turn: presses its reset button; it is held no more. One whose vTPM is lost is ended and started: QEMU takes no
   * other, and without one its guest would boot unmeasured. @throws {MachineError} as `running`, and as `start`
   */
  async reset(): Promise<void> {
    const live = this.running()
    if (this.holding.held === 'vtpm-lost') {
      await this.stop()
      return this.start()
    }
    await this.holding.end()
    await live.buttons.reset()
  }

  /** In a turn: ends what runs, by force what cannot be asked. */
  async stop(): Promise<void> {
    if (this.takingOver.unreachable) await this.takingOver.lost(false)
    if (this.#live !== null) await this.end(this.#live, 'stopped')
  }

  /** In a turn: ends it, and removes all that was kept of it. */
  async remove(): Promise<void> {
    if (this.#removed) return
    const { id, dataDisks } = this.#record.spec
    await this.stop()
    await endProcesses(this.files.path, this.#record.run)
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
    if (live !== null) this.disconnect(live, null)
  }

  /** A start that failed: nothing of it stays. */
  async #abandon(): Promise<void> {
    if (this.#live !== null) this.disconnect(this.#live, 'stopped')
    await endProcesses(this.files.path, this.#record.run)
    await this.vtpm.stopped(false)
    // Until its firmware was let go nothing wrote there.
    const { run, store: before = null } = this.#record
    const store = run?.released === true || before === null ? null : { ...before, started: null }
    await this.write({ run: null, store })
  }

  /** Looks after it until it ends. */
  watch(live: RunningMachine): void {
    const onEnd = (how: WatchEnd) => {
      const done = this.next(async () =>
        how === 'unreachable' ? this.takingOver.lose(live) : this.end(live, how),
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
      onVtpmLost: () => this.holding.holdLost(live),
    })
  }

  #refuseRemoved(): void {
    if (this.#removed)
      throw new MachineError('machine-missing', `${this.#record.spec.id} was removed`)
  }

  async #refuseUnsettled(): Promise<void> {
    this.#refuseRemoved()
    if (this.takingOver.unreachable) await this.takingOver.takeOver()
    this.takingOver.refuseUnreachable()
  }

  /** It runs from now on, in the hands of this manager. */
  connected(live: RunningMachine): void {
    this.#live = live
  }

  /** It is let go: how it ends; null: it runs on. */
  disconnect(live: RunningMachine, how: WatchEnd | LastEnd | null): void {
    live.endAs(how)
    live.disconnect()
    if (this.#live === live) this.#live = null
  }
}

/** What ends a VM whoever asked: seen by the watch, or only now. */
async function faultOf(live: RunningMachine) {
  const seen = live.end?.how
  return seen === 'crashed' ? seen : live.fault()
}
