import { ProcessError } from '../errors.ts'
import { checkVariableStore } from '../firmware.ts'
import type { Plugged } from '../networks/networks.ts'
import { Output } from '../output.ts'
import type { ProcessIdentity } from '../process.ts'
import { lendDisks } from './disks.ts'
import { MachineError } from './errors.ts'
import { storeStarted } from './kept-store.ts'
import type { MachineLife } from './life.ts'
import { type HostPrograms, spawnQemu } from './qemu-process.ts'
import { RunningMachine } from './running-machine.ts'
import type { MachineHost } from './shared.ts'

/** The end of what QEMU printed before it ended. */
const SAID_MAX = 2_000

type Readied = Pick<HostPrograms, 'acceleration' | 'plugged'>

/**
 * Starts a VM's swtpm and QEMU, in a turn of its life: what is needed to find each of them is written down before it
 * is there.
 */
export class MachineLaunch {
  readonly #life: MachineLife
  readonly #host: MachineHost

  constructor(life: MachineLife, host: MachineHost) {
    this.#life = life
    this.#host = host
  }

  /**
   * Checks variable store and vTPM, has disks and network ready, and writes down that it begins.
   * @throws {MachineError} `machine-half-restored` @throws {FirmwareError} @throws {VtpmError} @throws {NetworkError}
   */
  async ready(): Promise<Readied> {
    const { files, record, vtpm } = this.#life
    const { spec, restoring = null } = record
    if (restoring !== null)
      throw new MachineError(
        'machine-half-restored',
        `it is half put back to ${restoring}: restore it again`,
      )
    await this.#life.want(true)
    const variables = await files.readVariables()
    checkVariableStore(variables, spec.secureBoot)
    await lendDisks(files, spec.dataDisks)
    const identity = await vtpm.check()
    const acceleration = await this.#host.acceleration()
    const plugged = await this.#plug()
    const run = { qemu: null, swtpm: null, released: false }
    const store = storeStarted(this.#life.record.store ?? null, variables)
    await this.#life.write({ identity, run, store })
    return { acceleration, plugged }
  }

  /**
   * Until its first instruction, and on; its life has it as soon as it is there, whatever fails afterwards.
   * @throws {ProcessError} with what QEMU printed, where it ended at once.
   */
  async launch(by: Readied): Promise<RunningMachine> {
    const { files, vtpm } = this.#life
    const swtpm = await vtpm.start()
    await this.#life.write({ run: { qemu: null, swtpm, released: false } })
    // Held open: what a QEMU printed that is gone already goes with the last who has the pipe.
    const output = Output.openPipe(files.output)
    try {
      return await this.#launchQemu(by, swtpm)
    } catch (e) {
      throw explained(e, output)
    } finally {
      output.close()
    }
  }

  async #launchQemu(by: Readied, swtpm: ProcessIdentity | null): Promise<RunningMachine> {
    const { files, record } = this.#life
    const host = { qemu: this.#host.qemu, code: this.#host.firmware.code, ...by }
    const { qemu, asked } = await spawnQemu(files.path, record, host)
    await this.#life.write({ run: { qemu, swtpm, released: false, asked } })
    const live = await RunningMachine.connect(files, qemu, record.uuid)
    this.#life.connected(live)
    live.boots.launched()
    live.printed.startBoot()
    await this.#life.write({ run: { qemu, swtpm, released: true, asked } })
    await this.#life.link(live)
    await live.resume()
    return live
  }

  /** The host makes its network ready; null: QEMU is its network. */
  async #plug(): Promise<Plugged | null> {
    const { id, network } = this.#life.record.spec
    if (network?.kind === 'bridged') return this.#host.plug(network.network, id)
    if (network !== null) await this.#host.closeLoopback()
    return null
  }
}

/** With what QEMU printed, where it ended at once. */
function explained(e: unknown, output: Output): unknown {
  if (!(e instanceof ProcessError) || e.output !== '') return e
  const said = Buffer.from(output.read()).toString('latin1').slice(-SAID_MAX).trim()
  return new ProcessError(e.code, 'QEMU', 'it ended', said, { cause: e })
}
