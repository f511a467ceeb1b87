import type { Duplex } from 'node:stream'
import { FILES, IDS } from '../qemu-args.ts'
import type { QmpClient } from '../qmp/client.ts'
import { MachineError } from './errors.ts'
import { LiveConsole } from './live-console.ts'
import type { Printed } from './printed.ts'
import type { SocketFolder } from './socket-folder.ts'

/** Who has the console of a VM while it runs. */
export class RunningConsole {
  readonly #printed: Printed
  readonly #sockets: SocketFolder
  readonly #monitor: () => QmpClient
  #open: Promise<LiveConsole> | null = null
  /** Somebody let it go, and it is not back in the ring yet. */
  #restoring: Promise<void> | null = null

  /** @param monitor the one to ask at that moment. */
  constructor(printed: Printed, sockets: SocketFolder, monitor: () => QmpClient) {
    this.#printed = printed
    this.#sockets = sockets
    this.#monitor = monitor
  }

  /**
   * The console, to read and to type; what it prints is kept as before. Until it is closed nobody else has it.
   * @throws {MachineError} `machine-console-in-use` @throws {QmpError}
   */
  async open(): Promise<Duplex> {
    await this.#restoring
    if (this.#open !== null)
      throw new MachineError('machine-console-in-use', 'somebody else has the console')
    const opening = this.#connect()
    this.#open = opening
    try {
      const console = await opening
      console.once('close', () => void this.#restore())
      return console
    } catch (e) {
      await this.#restore()
      throw e
    }
  }

  /** What a manager left that died while somebody had the console. @throws {QmpError} */
  async restore(): Promise<void> {
    const chardevs = await this.#monitor().execute('query-chardev', {})
    const console = chardevs.find(({ label }) => label === IDS.console)
    if (console === undefined || console.filename === 'ringbuf') return
    await this.#printed.switchConsole(this.#monitor(), 'ring', { from: 'socket' })
  }

  async #connect(): Promise<LiveConsole> {
    await this.#printed.switchConsole(this.#monitor(), 'socket')
    const path = this.#sockets.path(FILES.console)
    return LiveConsole.open(path, (bytes) => this.#printed.take(bytes))
  }

  /** Back into the ring; when that fails, its monitor's next look says why. */
  #restore(): Promise<void> {
    const switched = this.#printed.switchConsole(this.#monitor(), 'ring').catch(() => {})
    this.#restoring = switched.then(() => {
      this.#open = null
      this.#restoring = null
    })
    return this.#restoring
  }

  /** The VM is let go. */
  close(): void {
    void this.#open?.then((console) => console.destroy()).catch(() => {})
  }
}
