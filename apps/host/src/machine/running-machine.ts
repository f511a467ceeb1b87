import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { HostError } from '../errors.ts'
import { GuestChannel } from '../guest-channel.ts'
import { NETWORK } from '../network.ts'
import { isRunning, type ProcessIdentity, waitUntilGone } from '../process.ts'
import { FILES, IDS } from '../qemu-args.ts'
import type { QmpClient } from '../qmp/client.ts'
import type { QmpEvent } from '../qmp/commands.ts'
import { QmpError } from '../qmp/errors.ts'
import { MachineError } from './errors.ts'
import type { MachineFolder } from './folder.ts'
import { Printed } from './printed.ts'
import { connectMonitor, type MonitorLimits, type MonitorOptions } from './qemu-process.ts'
import type { LastEnd } from './record.ts'
import { RunningBackup } from './running-backup.ts'
import { RunningCommands } from './running-commands.ts'
import { RunningConsole } from './running-console.ts'
import { RunningDisks } from './running-disks.ts'
import { RunningScreen } from './running-screen.ts'
import { SocketFolder } from './socket-folder.ts'

const POLL_MS = 200
const GONE_MS = 1_000
const RESET_MS = 10_000
/** Looks that fail one after the other: then the monitor is as good as gone. */
const FAILURES_MAX = 3
/** A monitor that listened once and takes nobody for so long is not coming back. */
export const RECONNECT_MS = 2_000
/** A guest that is starting hears no button: it is pressed so often. */
const PRESS_MS = 3_000

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

/** How often a VM started anew, as far as somebody listened all the time. */
export interface SeenResets {
  /** Since its launch: then it was heard from its first instruction on. Else since somebody took it over, or heard again. */
  readonly since: 'launch' | string
  readonly count: number
}

interface End {
  readonly how: LastEnd | 'unreachable' | null
  readonly done: Promise<void>
}

/** A VM while it runs: its monitor, what it prints, its agent's port, and the watch over all three. */
export class RunningMachine {
  /** The agent's port. */
  readonly channel: GuestChannel
  readonly printed: Printed
  readonly disks: RunningDisks
  readonly backup: RunningBackup
  readonly console: RunningConsole
  readonly screen: RunningScreen
  readonly commands: RunningCommands
  readonly #qemu: ProcessIdentity
  readonly #uuid: string
  #monitor: QmpClient
  readonly #timeoutMs: number | undefined
  readonly #sockets: SocketFolder
  #portOpen = false
  /** Boots of this run, ours and the guest's. */
  #boots = 0
  #resets = 0
  #onBoot: (() => void) | null = null
  #onEvent: Watcher['onEvent'] = () => {}
  #onVtpmLost: Watcher['onVtpmLost'] = () => {}
  #isVtpmLost = false
  #seen: SeenResets
  #answered = false
  /** Looks that failed since one did not. */
  #failures = 0
  #end: End | null = null

  private constructor(
    folder: MachineFolder,
    qemu: ProcessIdentity,
    uuid: string,
    sockets: SocketFolder,
    monitor: QmpClient,
    timeoutMs: number | undefined,
  ) {
    this.#timeoutMs = timeoutMs
    this.#qemu = qemu
    this.#uuid = uuid
    this.printed = new Printed(folder)
    this.#seen = { since: randomUUID(), count: 0 }
    this.#sockets = sockets
    this.#monitor = monitor
    const asked = () => this.#monitor
    this.disks = new RunningDisks(asked)
    this.backup = new RunningBackup(asked)
    this.console = new RunningConsole(this.printed, sockets, asked)
    this.screen = new RunningScreen(sockets)
    this.commands = new RunningCommands(sockets)
    this.channel = new GuestChannel({
      path: () => sockets.path(FILES.agent),
      onAnswer: () => this.agentAnswered(),
    })
  }

  /**
   * Takes hold of a QEMU that runs.
   * @throws {ProcessError} it ended. @throws {QmpError}
   * @throws {MachineError} `machine-unreachable`: another VM's answers in its place.
   */
  static async connect(
    folder: MachineFolder,
    qemu: ProcessIdentity,
    uuid: string,
    limits: MonitorLimits = {},
  ): Promise<RunningMachine> {
    const sockets = new SocketFolder(folder.machine)
    let machine: RunningMachine | null = null
    try {
      const onEvent = (event: QmpEvent) => machine?.heard(event)
      const monitor = await ownMonitor(sockets, qemu, uuid, { onEvent, ...limits })
      machine = new RunningMachine(folder, qemu, uuid, sockets, monitor, limits.timeoutMs)
      return machine
    } catch (e) {
      sockets.close()
      throw e
    }
  }

  /** Whether the agent has opened its port. */
  get portOpen(): boolean {
    return this.#portOpen
  }

  /** How often the guest started anew by itself since its agent answered, or since it was started. */
  get resets(): number {
    return this.#resets
  }

  /** All that was heard since its launch, or since it was taken over. */
  get seenResets(): SeenResets {
    return this.#seen
  }

  /** It has not begun to run: from now on each reset is heard. */
  launched(): void {
    this.#seen = { since: 'launch', count: 0 }
  }

  /** Whether the agent answered in this boot: then the console says no more why there is none. */
  get answered(): boolean {
    return this.#answered
  }

  agentAnswered(): void {
    this.#answered = true
    this.#resets = 0
  }

  /** Whether its vTPM went away while it ran: it stands still, and QEMU takes no other. */
  get isVtpmLost(): boolean {
    return this.#isVtpmLost
  }

  /** Set once its end has begun: how it ends (null: we let it go), and when that is done. */
  get end(): End | null {
    return this.#end
  }

  /** It counts as ended from now on. */
  endAs(how: End['how'], done: Promise<void> = Promise.resolve()): void {
    this.#end ??= { how, done }
  }

  /** Its virtual CPUs begin, or go on. @throws {QmpError} */
  async resume(): Promise<void> {
    await this.#monitor.execute('cont', {})
  }

  /** Its virtual CPUs stand still. @throws {QmpError} */
  async pause(): Promise<void> {
    await this.#monitor.execute('stop', {})
  }

  /** Plugs its network in, or out: then nothing goes in or out, and the guest sees no carrier. @throws {QmpError} */
  async link(up: boolean): Promise<void> {
    await this.#monitor.execute('set_link', { name: NETWORK, up })
  }

  /** Whether the guest has powered off. @throws {QmpError} */
  async isOff(): Promise<boolean> {
    return (await this.#monitor.execute('query-status', {})).status === 'shutdown'
  }

  /**
   * Presses the reset button, and waits until QEMU has reset the machine: what it says before is of the boot
   * before. @throws {QmpError} `qmp-timeout`
   */
  async reset(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const late = () => reject(new QmpError('qmp-timeout', 'the machine was not reset'))
    const timer = setTimeout(late, RESET_MS)
    this.#onBoot = resolve
    try {
      await this.#monitor.execute('system_reset', {})
      await promise
    } finally {
      clearTimeout(timer)
      this.#onBoot = null
    }
    this.#resets = 0
    await this.resume()
  }

  /** Presses the power button, again and again; whether the guest powered off in time. */
  async powerDown(timeoutMs: number): Promise<boolean> {
    try {
      await this.resume()
      const until = performance.now() + timeoutMs
      for (let press = 0; performance.now() < until; ) {
        if (this.#end !== null) return this.#end.how === 'exited'
        if (this.#isVtpmLost) return false
        if (await this.isOff()) return true
        if (performance.now() >= press) {
          await this.#monitor.execute('system_powerdown', {})
          press = performance.now() + PRESS_MS
        }
        await sleep(POLL_MS / 2)
      }
    } catch (e) {
      if (!(e instanceof HostError)) throw e
    }
    return false
  }

  /** Draws the screen into a file of `machine/`, PNG. @throws {QmpError} */
  async draw(name: string): Promise<void> {
    await this.#monitor.execute('screendump', { filename: name, format: 'png' })
  }

  /**
   * Looks after it until it ends.
   */
  watch({ onEnd, onFault, onEvent, onVtpmLost }: Watcher): void {
    this.#onEvent = onEvent
    this.#onVtpmLost = onVtpmLost
    let told: string | null = null
    const turn = async () => {
      while (this.#end === null) {
        const how = await this.#look()
        if (how !== null && this.#end === null) onEnd(how)
        const fault = this.printed.takeFault()
        if (fault !== null && fault !== told) onFault(fault)
        told = fault
        await sleep(POLL_MS, undefined, { ref: false })
      }
    }
    void turn()
  }

  /** What is wrong with a VM that is about to be ended, as asked just now; null when it is as it should be. */
  async fault(): Promise<Exclude<WatchEnd, 'exited'> | 'vtpm-lost' | null> {
    if (!isRunning(this.#qemu)) return 'crashed'
    try {
      return (await this.#lostVtpm()) ? 'vtpm-lost' : null
    } catch (e) {
      if (!(e instanceof HostError)) throw e
      return (await waitUntilGone(this.#qemu, GONE_MS)) ? 'crashed' : 'unreachable'
    }
  }

  /** Takes the last of the console and asks QEMU to end; nothing when it is gone. */
  async quit(): Promise<void> {
    await this.printed.drain(this.#monitor).catch(() => {})
    await this.#monitor.execute('quit', {}).catch(() => {})
  }

  /** Lets go of it. */
  disconnect(): void {
    this.console.close()
    this.screen.close()
    this.channel.close()
    this.#monitor.close()
    this.printed.close()
    this.#sockets.close()
  }

  /** What QEMU announced. */
  heard({ event, data }: QmpEvent): void {
    if (event === 'VSERPORT_CHANGE' && data.id === IDS.agentPort) this.#port(data.open === true)
    if (event !== 'RESET') return
    if (data.guest === true) this.#resets++
    this.#seen = { ...this.#seen, count: this.#seen.count + 1 }
    this.#onEvent('reset')
    this.#forgetBoot('the guest started anew')
    this.#onBoot?.()
  }

  #port(isOpen: boolean): void {
    const opens = isOpen && !this.#portOpen
    this.#portOpen = isOpen
    if (opens) this.#onEvent('agent')
  }

  /** Nothing of the boot before is believed any more. */
  #forgetBoot(why: string): void {
    this.#boots++
    this.#answered = false
    this.#portOpen = false
    this.printed.turnBoot(this.#monitor)
    this.channel.hangUp(why)
  }

  async #look(): Promise<WatchEnd | null> {
    try {
      await this.printed.drain(this.#monitor)
      if (await this.#lostVtpm()) await this.#standStill()
      const off = await this.isOff()
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
    await this.pause()
    if ((await waitUntilGone(this.#qemu, GONE_MS)) || this.#end !== null) return
    this.#isVtpmLost = true
    this.channel.hangUp('its vTPM went away')
    this.#onVtpmLost()
  }

  /** Whether QEMU has no vTPM any more; asks for the agent's port, too. @throws {QmpError} */
  async #lostVtpm(): Promise<boolean> {
    const boot = this.#boots
    const chardevs = await this.#monitor.execute('query-chardev', {})
    const find = (label: string) => chardevs.find((chardev) => chardev.label === label)
    if (boot === this.#boots) this.#port(find('agent')?.['frontend-open'] === true)
    return find(IDS.tpm)?.filename.startsWith('disconnected') === true
  }

  /** Its monitor did not answer as it must: it is gone, or silent for now, or for too long. */
  async #notHeard(): Promise<WatchEnd | null> {
    if (await waitUntilGone(this.#qemu, GONE_MS)) return 'crashed'
    if (this.#end !== null) return null
    if (++this.#failures < FAILURES_MAX) return this.#monitor.open ? null : this.#reconnect()
    this.#monitor.close()
    return 'unreachable'
  }

  /** QEMU takes the next client when one is gone. What it announced in between was not heard. */
  async #reconnect(): Promise<WatchEnd | null> {
    try {
      const onEvent = (event: QmpEvent) => this.heard(event)
      const limits = { limitMs: RECONNECT_MS, timeoutMs: this.#timeoutMs }
      const monitor = await ownMonitor(this.#sockets, this.#qemu, this.#uuid, {
        onEvent,
        ...limits,
      })
      if (this.#end !== null) {
        monitor.close()
        return null
      }
      this.#monitor = monitor
      this.#seen = { since: randomUUID(), count: 0 }
      this.#forgetBoot('the guest may have started anew')
      return null
    } catch (e) {
      if (!(e instanceof HostError)) throw e
      return isRunning(this.#qemu) ? 'unreachable' : 'crashed'
    }
  }
}

/** The monitor of that VM and of no other. @throws as `RunningMachine.connect` */
async function ownMonitor(
  sockets: SocketFolder,
  qemu: ProcessIdentity,
  uuid: string,
  options: MonitorOptions,
): Promise<QmpClient> {
  const monitor = await connectMonitor(sockets, qemu, options)
  try {
    if ((await monitor.execute('query-uuid', {})).UUID === uuid) return monitor
    throw new MachineError('machine-unreachable', "its monitor is another VM's")
  } catch (e) {
    monitor.close()
    throw e
  }
}
