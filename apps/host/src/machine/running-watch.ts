import { setTimeout as sleep } from 'node:timers/promises'
import { HostError } from '../errors.ts'
import { waitUntilGone } from '../process.ts'
import { IDS } from '../qemu-args.ts'
import type { LastEnd } from './record.ts'
import type { RunningMachine } from './running-machine.ts'
import type { RunningMonitor } from './running-monitor.ts'

const POLL_MS = 200
const GONE_MS = 1_000
/** Looks that fail one after the other: then the monitor is as good as gone. */
const FAILURES_MAX = 3

/** How a VM ends that nobody asked to. */
export type OwnEnd = Exclude<LastEnd, 'never' | 'stopped' | 'vtpm-lost'>
/** How the watch over a VM ends. `unreachable`: the VM runs on, and its monitor is lost. */
export type WatchEnd = OwnEnd | 'unreachable'

/** Who is told of a VM that runs. */
export interface Watcher {
  /** Once, how, when it ends by itself or its monitor is lost. */
  readonly onEnd: (how: WatchEnd) => void
  /** Each new fault of ours, like a full disk; the VM runs on. */
  readonly onFault: (message: string) => void
  readonly onEvent: (what: 'reset' | 'agent') => void
  /** Once, when its vTPM is gone and QEMU is not: it stands still already. */
  readonly onVtpmLost: () => void
}

/** Looks, again and again, whether a VM runs, whether its vTPM is there, and what it printed. */
export class RunningWatch {
  readonly #machine: RunningMachine
  readonly #monitor: RunningMonitor
  #onVtpmLost: Watcher['onVtpmLost'] = () => {}
  #isVtpmLost = false
  /** Looks that failed since one did not. */
  #failures = 0

  constructor(machine: RunningMachine, monitor: RunningMonitor) {
    this.#machine = machine
    this.#monitor = monitor
  }

  /** Whether its vTPM went away while it ran: it stands still, and QEMU takes no other. */
  get isVtpmLost(): boolean {
    return this.#isVtpmLost
  }

  /** Until it ends. */
  begin({ onEnd, onFault, onVtpmLost }: Omit<Watcher, 'onEvent'>): void {
    this.#onVtpmLost = onVtpmLost
    let told: string | null = null
    const turn = async () => {
      while (this.#machine.end === null) {
        const how = await this.#look()
        if (how !== null && this.#machine.end === null) onEnd(how)
        const fault = this.#machine.printed.takeFault()
        if (fault !== null && fault !== told) onFault(fault)
        told = fault
        await sleep(POLL_MS, undefined, { ref: false })
      }
    }
    void turn()
  }

  /** What is wrong with a VM that is about to be ended, as asked just now; null when it is as it should be. */
  async fault(): Promise<Exclude<WatchEnd, 'exited'> | 'vtpm-lost' | null> {
    if (!this.#monitor.isRunning) return 'crashed'
    try {
      return (await this.#lostVtpm()) ? 'vtpm-lost' : null
    } catch (e) {
      if (!(e instanceof HostError)) throw e
      return (await this.#isGone()) ? 'crashed' : 'unreachable'
    }
  }

  async #look(): Promise<WatchEnd | null> {
    try {
      await this.#machine.printed.drain(this.#monitor.client)
      if (await this.#lostVtpm()) await this.#standStill()
      const off = await this.#machine.isOff()
      this.#failures = 0
      return off ? 'exited' : null
    } catch (e) {
      if (!(e instanceof HostError)) throw e
      return this.#notHeard()
    }
  }

  /**
   * Its vTPM is gone: its guest does nothing from now on. Of a power cut, where QEMU goes too, nothing is told but that.
   * @throws {QmpError} it is gone.
   */
  async #standStill(): Promise<void> {
    if (this.#isVtpmLost) return
    await this.#machine.pause()
    if ((await this.#isGone()) || this.#machine.end !== null) return
    this.#isVtpmLost = true
    this.#machine.channel.hangUp('its vTPM went away')
    this.#onVtpmLost()
  }

  /** Whether QEMU has no vTPM any more; asks for the agent's port, too. @throws {QmpError} */
  async #lostVtpm(): Promise<boolean> {
    const { number } = this.#machine.boots
    const chardevs = await this.#monitor.client.execute('query-chardev', {})
    const find = (label: string) => chardevs.find((chardev) => chardev.label === label)
    if (number === this.#machine.boots.number)
      this.#machine.heardPort(find('agent')?.['frontend-open'] === true)
    return find(IDS.tpm)?.filename.startsWith('disconnected') === true
  }

  /** Its monitor did not answer as it must: it is gone, or silent for now, or for too long. */
  async #notHeard(): Promise<WatchEnd | null> {
    if (await this.#isGone()) return 'crashed'
    if (this.#machine.end !== null) return null
    if (++this.#failures < FAILURES_MAX) return this.#monitor.client.open ? null : this.#reconnect()
    this.#monitor.close()
    return 'unreachable'
  }

  async #reconnect(): Promise<WatchEnd | null> {
    try {
      if (await this.#monitor.reconnect(() => this.#machine.end === null)) this.#machine.missed()
      return null
    } catch (e) {
      if (!(e instanceof HostError)) throw e
      return this.#monitor.isRunning ? 'unreachable' : 'crashed'
    }
  }

  #isGone(): Promise<boolean> {
    return waitUntilGone(this.#monitor.qemu, GONE_MS)
  }
}
