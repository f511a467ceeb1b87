import type { AgentInfo, Evidence, EvidenceRequest } from '@trusted-launch/channel'
import type { Accounts } from '../accounts.ts'
import type { GuestChannel } from '../guest-channel.ts'
import type { GuestScript, GuestScriptEnd } from '../guest-script.ts'
import type { RestorePoint } from '../restore-points.ts'
import type { VtpmIdentity } from '../vtpm-port.ts'
import { MachineBooting } from './booting.ts'
import { MachineConsoles } from './consoles.ts'
import { MachineCopies } from './copies.ts'
import { createMachine, removeRemains } from './creation.ts'
import { MachineDisks } from './disks.ts'
import { MachineError } from './errors.ts'
import { MachineEvidence } from './evidence.ts'
import { factsOf, type MachineFacts, type MachineStarts, startsOf } from './facts.ts'
import { MachineKeys } from './keys.ts'
import { MachineLife } from './life.ts'
import { type MachineRecord, type MachineSpec, readRecord, removeRecord } from './record.ts'
import { MachineRestoring } from './restoring.ts'
import { MachineSettings } from './settings.ts'
import type { MachineHost } from './shared.ts'
import { type MachineStatus, statusOf } from './status.ts'

const GRACE_MS = 60_000

/** One VM. Operations on it happen one after the other. Made by `Host` only. */
export class Machine {
  readonly id: string
  readonly disks: MachineDisks
  readonly copies: MachineCopies
  readonly settings: MachineSettings
  readonly keys: MachineKeys
  readonly consoles: MachineConsoles
  readonly #host: MachineHost
  readonly #life: MachineLife
  readonly #booting: MachineBooting
  readonly #evidence: MachineEvidence
  readonly #restoring: MachineRestoring

  private constructor(host: MachineHost, folder: string, record: MachineRecord) {
    this.#host = host
    this.id = record.spec.id
    this.#life = new MachineLife(host, folder, record)
    this.disks = new MachineDisks(this.#life)
    this.copies = new MachineCopies(this.#life)
    this.settings = new MachineSettings(this.#life)
    this.keys = new MachineKeys(this.#life)
    this.consoles = new MachineConsoles(this.#life)
    this.#booting = new MachineBooting(this.#life)
    this.#evidence = new MachineEvidence(this.#life, host.vtpm)
    this.#restoring = new MachineRestoring(this.#life, host.vtpm)
  }

  static async create(
    host: MachineHost,
    folder: string,
    spec: MachineSpec,
    accounts: Accounts,
  ): Promise<Machine> {
    return new Machine(host, folder, await createMachine(host, folder, spec, accounts))
  }

  /**
   * A VM that is there: takes over its processes when they run; null for a folder never finished, or half
   * removed: nothing of it stays. @throws {StateError} a record that cannot be read.
   */
  static async adopt(host: MachineHost, folder: string): Promise<Machine | null> {
    const record = readRecord(folder)
    if (record === null) {
      await removeRemains(host.vtpm, folder)
      return null
    }
    const machine = new Machine(host, folder, record)
    await machine.#life.takingOver.takeOver()
    return machine
  }

  /** Ends what runs of a VM whose record cannot be read, and removes all that was kept of it. */
  static async removeDamaged(host: MachineHost, folder: string): Promise<void> {
    await removeRecord(folder)
    await removeRemains(host.vtpm, folder)
  }

  /** The VM's folder, 0700. */
  get folder(): string {
    return this.#life.files.path
  }

  /** Its own disk's file: QEMU's account writes to it, and to the folder it lies in. */
  get diskFile(): string {
    return this.#life.files.disk
  }

  get spec(): MachineRecord['spec'] {
    return this.#life.record.spec
  }

  /** EK, AK and generation on record: what the VM's evidence is held against. Null: it has no vTPM. */
  get identity(): VtpmIdentity | null {
    return this.#life.record.identity
  }

  /** The accounts of its QEMU and its swtpm. */
  get accounts(): Accounts {
    return this.#life.record.accounts
  }

  /** Whether it is to run: asked to start and not to stop since, and its guest did not power off by itself. */
  get wanted(): boolean {
    return this.#life.record.wanted
  }

  /** Its processes while it runs, else null. */
  get processes(): MachineRecord['run'] {
    return this.#life.record.run
  }

  /** The VM's own disk; to be read or edited only while it is not running. */
  get disk(): MachineLife['disk'] {
    return this.#life.disk
  }

  /** The VM's variable store file as it is now. */
  readVariables(): Promise<Uint8Array> {
    return this.#life.files.readVariables()
  }

  /** The agent's port, while the VM runs. @throws {MachineError} `machine-not-running` */
  get channel(): GuestChannel {
    return this.#life.running().channel
  }

  status(): MachineStatus {
    return statusOf(this.#life)
  }

  /**
   * Starts the VM, after the vTPM and the variable store were checked.
   * @throws {MachineError} `machine-running`, `machine-missing`, `machine-not-here`: the host is drained;
   * `machine-half-restored`
   * @throws {FirmwareError} `secure-boot-not-enforced`
   * @throws {VtpmError}
   * @throws {ProcessError} with what QEMU said, for instance that a forwarded port is taken.
   */
  start(): Promise<void> {
    return this.#life.whileStopped(() => {
      this.#host.admit()
      return this.#life.start()
    })
  }

  /**
   * Stops the VM: by its power button, and after `timeoutMs` (or with `graceful: false`, or a VM that is
   * held, at once) by force. Nothing happens when it does not run. It is not wanted any more, but with
   * `wanted`: then `Host.startWanted` starts it again.
   * @returns whether the guest powered off by itself.
   */
  stop(
    options: { graceful?: boolean; timeoutMs?: number; wanted?: boolean } = {},
  ): Promise<{ graceful: boolean }> {
    return this.#life.next(async () => {
      if (options.wanted !== true) await this.#life.want(false)
      const { live, holding } = this.#life
      const asked = live !== null && holding.held === null && (options.graceful ?? true)
      const graceful = asked && (await live.buttons.powerDown(options.timeoutMs ?? GRACE_MS))
      await this.#life.stop()
      return { graceful }
    })
  }

  /**
   * Presses the reset button; a VM that was held goes on. One whose vTPM was lost is stopped and started.
   * @throws {MachineError} `machine-not-running`, and as `start`
   */
  reset(): Promise<void> {
    return this.#life.next(() => this.#life.reset())
  }

  /** Ends the VM if it runs and removes all that was kept of it; nothing happens when it is gone. */
  delete(): Promise<void> {
    return this.#life.next(() => this.#life.remove())
  }

  /**
   * Waits until the agent answers.
   * @throws {BootFailure} the guest did not come up; the VM is left as it stands, held where it was stopped.
   * @throws {MachineError} `machine-not-running`
   */
  waitForAgent(timeoutMs: number): Promise<AgentInfo> {
    return this.#booting.waitForAgent(timeoutMs)
  }

  /**
   * Evidence of the guest, for a verifier: it proves nothing here. The rollback index is not asked for while
   * too many nonces of this session are unanswered. @throws {MachineError} `machine-no-vtpm`, `machine-vtpm-lost`, and
   * as `channel`
   * @throws {AgentError} @throws {VtpmError}
   */
  collectEvidence(request: EvidenceRequest): Promise<Evidence> {
    return this.#evidence.collect(request)
  }

  /** The starts of its vTPM, as this host knows them; null: it has no vTPM, or does not run. @throws {VtpmError} */
  starts(): Promise<MachineStarts | null> {
    return startsOf(this.#life, this.#host.vtpm)
  }

  /** What it runs with, as the host's kernel and its vTPM's keeper tell. @throws {VtpmError} */
  facts(): Promise<MachineFacts> {
    return factsOf(this.#life, this.#host.vtpm)
  }

  /**
   * Has the guest's qemu-guest-agent run a script of a shell, with a time it may take and the ends of what it writes.
   * @throws {MachineError} `machine-not-running`; `machine-no-commands`: the VM was made without;
   * `machine-commands-silent`: no agent answers; `machine-command-failed`: it does not do as asked.
   */
  async runScript(script: GuestScript): Promise<GuestScriptEnd> {
    const { commands } = this.#life.running()
    if (this.spec.guestCommands) return commands.run(script)
    throw new MachineError('machine-no-commands', 'the VM was made without guest commands')
  }

  /** Whether its network's link is off. */
  get isolated(): boolean {
    return this.#life.record.isolated
  }

  /**
   * Takes its network away, or gives it back: at once, and at each start before the guest's first instruction. What
   * goes between guest and agent's port goes on. @throws {MachineError} `machine-unreachable`: it is on record, and
   * done when it can be asked again. @throws {QmpError}
   */
  setIsolated(isolated: boolean): Promise<void> {
    return this.#life.next(() => this.#life.isolate(isolated))
  }

  /**
   * Puts the stopped VM back to a restore point: disks, variable store, vTPM; whoever looks at its index next is told.
   * Killed at any moment it is as it was, or does not start until it is restored again.
   * @param luns the data disks that are put back too.
   * @throws {MachineError} `machine-running`; `machine-bad-spec`: it does not fit. @throws {SealedFileError}
   * @throws {VtpmError} its vTPM's state is of a former generation, or none that opens: nothing changed.
   */
  restore(point: RestorePoint, luns: readonly number[], signal: AbortSignal): Promise<void> {
    return this.#life.whileStopped(() => this.#restoring.restore(point, luns, signal))
  }

  /**
   * A new vTPM identity on purpose, of the next generation.
   * @throws {MachineError} `machine-running`, `machine-no-vtpm`
   */
  reprovision(): Promise<VtpmIdentity> {
    return this.#life.whileStopped(() => this.#life.vtpm.reprovision())
  }

  /** Lets go of the VM: it runs on, for the next manager. */
  release(): Promise<void> {
    return this.#life.release()
  }
}
