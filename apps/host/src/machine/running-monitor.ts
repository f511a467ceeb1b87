import { isRunning, type ProcessIdentity } from '../process.ts'
import type { QmpClient } from '../qmp/client.ts'
import { MachineError } from './errors.ts'
import { connectMonitor, type MonitorOptions } from './qemu-process.ts'
import type { SocketFolder } from './socket-folder.ts'

/** A monitor that listened once and takes nobody for so long is not coming back. */
export const RECONNECT_MS = 2_000

/** The monitor of one VM's QEMU and of no other, taken hold of again where it is lost. */
export class RunningMonitor {
  readonly qemu: ProcessIdentity
  readonly #uuid: string
  readonly #sockets: SocketFolder
  readonly #options: MonitorOptions
  #client: QmpClient

  private constructor(
    sockets: SocketFolder,
    qemu: ProcessIdentity,
    uuid: string,
    options: MonitorOptions,
    client: QmpClient,
  ) {
    this.#sockets = sockets
    this.qemu = qemu
    this.#uuid = uuid
    this.#options = options
    this.#client = client
  }

  /** @throws as `RunningMachine.connect` */
  static async connect(
    sockets: SocketFolder,
    qemu: ProcessIdentity,
    uuid: string,
    options: MonitorOptions,
  ): Promise<RunningMonitor> {
    const client = await ownMonitor(sockets, qemu, uuid, options)
    return new RunningMonitor(sockets, qemu, uuid, options, client)
  }

  /** The one to ask just now. */
  get client(): QmpClient {
    return this.#client
  }

  /** Whether its QEMU is there still. */
  get isRunning(): boolean {
    return isRunning(this.qemu)
  }

  /**
   * QEMU takes the next client when one is gone. What it announced in between was not heard.
   * @param isWanted asked once there is one. @returns whether there is another. @throws as `connect`
   */
  async reconnect(isWanted: () => boolean): Promise<boolean> {
    const options = { ...this.#options, limitMs: RECONNECT_MS }
    const client = await ownMonitor(this.#sockets, this.qemu, this.#uuid, options)
    if (isWanted()) this.#client = client
    else client.close()
    return this.#client === client
  }

  close(): void {
    this.#client.close()
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
