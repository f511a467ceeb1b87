import { HostError } from '../errors.ts'
import { isRunning } from '../process.ts'
import { attachMissing } from './disks.ts'
import { MachineError } from './errors.ts'
import type { MachineLife } from './life.ts'
import { endProcesses } from './qemu-process.ts'
import { RunningMachine } from './running-machine.ts'
import { RECONNECT_MS } from './running-monitor.ts'

/** What runs of a VM, or ran, and this manager has not in hand: a former one left it, or its monitor was lost. */
export class MachineTakingOver {
  readonly #life: MachineLife
  #unreachable = false

  constructor(life: MachineLife) {
    this.#life = life
  }

  /** A QEMU that runs and does not let itself be asked. */
  get unreachable(): boolean {
    return this.#unreachable
  }

  /** @throws {MachineError} `machine-unreachable` */
  refuseUnreachable(): void {
    if (!this.#unreachable) return
    const { id } = this.#life.record.spec
    throw new MachineError('machine-unreachable', `${id} runs, but its QEMU cannot be asked`)
  }

  /** Goes on with what runs, and says what became of what does not. */
  async takeOver(): Promise<void> {
    const { files, record } = this.#life
    if (record.run === null) return
    const { qemu, released } = record.run
    if (qemu === null || !released || !isRunning(qemu)) return this.lost(released)
    try {
      const limits = { limitMs: RECONNECT_MS }
      await this.#adopt(await RunningMachine.connect(files, qemu, record.uuid, limits))
    } catch (e) {
      if (!(e instanceof HostError)) throw e
      const { live } = this.#life
      if (live !== null) this.#life.disconnect(live, 'unreachable')
      if (!isRunning(qemu)) return this.lost(true)
      if (!this.#unreachable)
        this.#life.log('warning', 'unreachable', `QEMU runs and cannot be asked: ${e.message}`)
      this.#unreachable = true
    }
  }

  /** Asks a VM that was unreachable once more. */
  async again(): Promise<void> {
    if (this.#unreachable)
      await this.#life.next(async () => {
        if (this.#unreachable) await this.takeOver()
      })
  }

  /** In a turn: its monitor is lost, and it runs on. */
  lose(live: RunningMachine): void {
    if (this.#life.live !== live) return
    this.#life.log('warning', 'unreachable', 'QEMU runs and cannot be asked any more')
    this.#life.disconnect(live, 'unreachable')
    this.#unreachable = true
  }

  /** In a turn: a manager died and left it half-started, or it ended without one. */
  async lost(crashed: boolean): Promise<void> {
    const { files, record, vtpm } = this.#life
    await endProcesses(files.path, record.run)
    await vtpm.stopped(false)
    await this.#life.write({ run: null, lastEnd: crashed ? 'crashed' : 'stopped', store: null })
    this.#unreachable = false
    if (crashed) this.#life.log('warning', 'crashed', 'QEMU ended while nobody watched')
  }

  /** Goes on where the former manager was: it may have died before the firmware began, or while it looked. */
  async #adopt(live: RunningMachine): Promise<void> {
    const { files, record, holding } = this.#life
    this.#life.connected(live)
    this.#unreachable = false
    await live.console.restore()
    const off = await live.isOff()
    this.#life.log('info', 'adopted', `taken over, ${off ? 'powered off' : 'running'}`)
    if (off) return this.#life.end(live, 'exited')
    await attachMissing(live, files, record.spec.dataDisks).catch((e) =>
      this.#life.log('warning', 'disk-missing', String(e)),
    )
    await this.#life.link(live)
    await (holding.held === null ? live.resume() : live.pause())
    this.#life.watch(live)
  }
}
