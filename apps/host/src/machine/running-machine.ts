import { GuestChannel } from '../guest-channel.ts'
import { NETWORK } from '../network.ts'
import type { ProcessIdentity } from '../process.ts'
import { FILES, IDS } from '../qemu-args.ts'
import type { QmpEvent } from '../qmp/commands.ts'
import type { MachineFolder } from './folder.ts'
import { Printed } from './printed.ts'
import type { MonitorLimits } from './qemu-process.ts'
import type { LastEnd } from './record.ts'
import { RunningBackup } from './running-backup.ts'
import { RunningBoots } from './running-boots.ts'
import { RunningButtons } from './running-buttons.ts'
import { RunningCommands } from './running-commands.ts'
import { RunningConsole } from './running-console.ts'
import { RunningDisks } from './running-disks.ts'
import { RunningMonitor } from './running-monitor.ts'
import { RunningScreen } from './running-screen.ts'
import { RunningWatch, type Watcher } from './running-watch.ts'
import { SocketFolder } from './socket-folder.ts'

interface End {
  readonly how: LastEnd | 'unreachable' | null
  readonly done: Promise<void>
}

/** A VM while it runs: its monitor, what it prints, its agent's port, and the watch over all three. */
export class RunningMachine {
  /** The agent's port. */
  readonly channel: GuestChannel
  readonly printed: Printed
  readonly boots = new RunningBoots()
  readonly buttons: RunningButtons
  readonly disks: RunningDisks
  readonly backup: RunningBackup
  readonly console: RunningConsole
  readonly screen: RunningScreen
  readonly commands: RunningCommands
  readonly #monitor: RunningMonitor
  readonly #watch: RunningWatch
  readonly #sockets: SocketFolder
  #onEvent: Watcher['onEvent'] = () => {}
  #end: End | null = null

  private constructor(folder: MachineFolder, sockets: SocketFolder, monitor: RunningMonitor) {
    this.printed = new Printed(folder)
    this.#sockets = sockets
    this.#monitor = monitor
    this.#watch = new RunningWatch(this, monitor)
    const asked = () => monitor.client
    this.buttons = new RunningButtons(this, asked)
    this.disks = new RunningDisks(asked)
    this.backup = new RunningBackup(asked)
    this.console = new RunningConsole(this.printed, sockets, asked)
    this.screen = new RunningScreen(sockets)
    this.commands = new RunningCommands(sockets)
    this.channel = new GuestChannel({
      path: () => sockets.path(FILES.agent),
      onAnswer: () => this.boots.agentAnswered(),
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
      const monitor = await RunningMonitor.connect(sockets, qemu, uuid, { onEvent, ...limits })
      machine = new RunningMachine(folder, sockets, monitor)
      return machine
    } catch (e) {
      sockets.close()
      throw e
    }
  }

  /** Whether its vTPM went away while it ran: it stands still, and QEMU takes no other. */
  get isVtpmLost(): boolean {
    return this.#watch.isVtpmLost
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
    await this.#monitor.client.execute('cont', {})
  }

  /** Its virtual CPUs stand still. @throws {QmpError} */
  async pause(): Promise<void> {
    await this.#monitor.client.execute('stop', {})
  }

  /** Plugs its network in, or out: then nothing goes in or out, and the guest sees no carrier. @throws {QmpError} */
  async link(up: boolean): Promise<void> {
    await this.#monitor.client.execute('set_link', { name: NETWORK, up })
  }

  /** Whether the guest has powered off. @throws {QmpError} */
  async isOff(): Promise<boolean> {
    return (await this.#monitor.client.execute('query-status', {})).status === 'shutdown'
  }

  /** Draws the screen into a file of `machine/`, PNG. @throws {QmpError} */
  async draw(name: string): Promise<void> {
    await this.#monitor.client.execute('screendump', { filename: name, format: 'png' })
  }

  /** Looks after it until it ends. */
  watch({ onEvent, ...watcher }: Watcher): void {
    this.#onEvent = onEvent
    this.#watch.begin(watcher)
  }

  /** What is wrong with it just before it is ended; null: it is as it should be. */
  fault(): ReturnType<RunningWatch['fault']> {
    return this.#watch.fault()
  }

  /** Takes the last of the console and asks QEMU to end; nothing when it is gone. */
  async quit(): Promise<void> {
    await this.printed.drain(this.#monitor.client).catch(() => {})
    await this.#monitor.client.execute('quit', {}).catch(() => {})
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
    if (event === 'VSERPORT_CHANGE' && data.id === IDS.agentPort) this.heardPort(data.open === true)
    if (event !== 'RESET') return
    this.boots.heardReset({ byGuest: data.guest === true })
    this.#onEvent('reset')
    this.#forgetBoot('the guest started anew')
    this.buttons.heardReset()
  }

  /** Whether its agent's port is open, as QEMU announced or answered. */
  heardPort(isOpen: boolean): void {
    if (this.boots.heardPort(isOpen)) this.#onEvent('agent')
  }

  /** Its monitor is another one: what was announced in between was not heard. */
  missed(): void {
    this.boots.missed()
    this.#forgetBoot('the guest may have started anew')
  }

  /** Nothing of the boot before is believed any more. */
  #forgetBoot(why: string): void {
    this.boots.turn()
    this.printed.turnBoot(this.#monitor.client)
    this.channel.hangUp(why)
  }
}
