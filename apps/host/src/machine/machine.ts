import type { Duplex } from 'node:stream'
import {
  type AgentInfo,
  ChannelError,
  type Evidence,
  type EvidenceRequest,
} from '@trusted-launch/channel'
import { type MoreSignatures, templateWithMore } from '@trusted-launch/uefi'
import type { Accounts } from '../accounts.ts'
import type { DataDisk } from '../data-disk.ts'
import { addSignatures, switchSecureBoot } from '../firmware.ts'
import type { GuestChannel } from '../guest-channel.ts'
import type { GuestScript, GuestScriptEnd } from '../guest-script.ts'
import { type Invocation, invocationOf } from '../invocation.ts'
import { checkNetwork, type MachineNetwork } from '../network.ts'
import type { RestorePoint } from '../restore-points.ts'
import { VtpmError } from '../vtpm/errors.ts'
import { UNANSWERED_MAX } from '../vtpm/rollback-index.ts'
import type { VtpmFacts, VtpmIdentity, VtpmStarts } from '../vtpm-port.ts'
import { BOOT_COMPONENTS, type BootComponent } from './boot-failure.ts'
import { BootWait, type BootWays } from './boot-wait.ts'
import { type Consistency, type DiskCopy, MachineCopies } from './copies.ts'
import { checkFirmware, checkShape, createMachine, removeRemains, type Shape } from './creation.ts'
import { MachineDisks } from './disks.ts'
import { MachineError } from './errors.ts'
import { storeStopped } from './kept-store.ts'
import { MachineLife } from './life.ts'
import {
  type Held,
  type LastEnd,
  type MachineRecord,
  type MachineSpec,
  readRecord,
  removeRecord,
} from './record.ts'
import { whetherRefused } from './refusal.ts'
import { MachineRestoring } from './restoring.ts'
import type { RunningMachine } from './running-machine.ts'
import type { MachineHost } from './shared.ts'

/**
 * - `stopped`: by us, or never started. - `exited`: the guest powered off. - `crashed`: QEMU is gone and
 * nobody asked it. - `vtpm-lost`: its swtpm went away while it ran; it stood still until it was stopped. - `unreachable`: its
 * QEMU runs and its monitor does not answer: `start`, `waitForAgent` and `collectEvidence` ask it again, `stop`
 * ends it by force.
 */
export type MachineState = 'running' | 'unreachable' | Exclude<LastEnd, 'never'>

export interface MachineStatus {
  readonly state: MachineState
  readonly agentPortOpen: boolean
  readonly released: boolean
  readonly held: Held | null
}

/** What a host knows of the starts of a VM's vTPM. */
export type MachineStarts = Pick<VtpmStarts, 'index' | 'pending'> & {
  readonly resets: number
  readonly run: string
}

/** What a host runs a VM with, and what is on record of it. */
export interface MachineFacts {
  /** How its QEMU was to be started, and how it runs; null: it does not, or its start was not written down. */
  readonly qemu: { readonly asked: Invocation; readonly actual: Invocation } | null
  /** Null: it has no vTPM. */
  readonly vtpm: VtpmFacts | null
  /** Its variable store's file when it stopped, and when it started after that; null: it does not run, or nobody saw it stop. */
  readonly store: { readonly stopped: string; readonly started: string } | null
}

type Banks = NonNullable<MachineSpec['vtpm']>['banks']

const GRACE_MS = 60_000
/** So long a guest that left nonces unanswered may take to show that it answers. */
const TRIED_MS = 30_000

/** One VM. Operations on it happen one after the other. Made by `Host` only. */
export class Machine {
  readonly id: string
  readonly #host: MachineHost
  readonly #life: MachineLife
  readonly #disks: MachineDisks
  readonly #copies: MachineCopies
  readonly #restoring: MachineRestoring

  private constructor(host: MachineHost, folder: string, record: MachineRecord) {
    this.#host = host
    this.id = record.spec.id
    this.#life = new MachineLife(host, folder, record)
    this.#disks = new MachineDisks(this.#life)
    this.#copies = new MachineCopies(this.#life)
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
    await machine.#life.takeOver()
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
  get disk(): { path: string; format: 'raw' | 'qcow2' } {
    return { path: this.#life.files.disk, format: this.spec.disk.format }
  }

  /** The VM's variable store file as it is now. */
  readVariables(): Promise<Uint8Array> {
    return this.#life.files.readVariables()
  }

  /** The agent's port, while the VM runs. @throws {MachineError} `machine-not-running` */
  get channel(): GuestChannel {
    return this.#life.running().channel
  }

  /** `held`: why the running VM stands still on purpose, until `reset` or `stop`. */
  status(): MachineStatus {
    const { live, record, unreachable, held } = this.#life
    if (unreachable) return { state: 'unreachable', agentPortOpen: false, released: true, held }
    if (live !== null && live.end === null)
      return { state: 'running', agentPortOpen: live.portOpen, released: true, held }
    const how = live?.end?.how ?? record.lastEnd
    if (how === 'unreachable') return { state: how, agentPortOpen: false, released: true, held }
    const state = how === 'never' ? 'stopped' : how
    return { state, agentPortOpen: false, released: false, held: null }
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
      const { live, held } = this.#life
      const asked = live !== null && held === null && (options.graceful ?? true)
      const graceful = asked && (await live.powerDown(options.timeoutMs ?? GRACE_MS))
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
  async waitForAgent(timeoutMs: number): Promise<AgentInfo> {
    await this.#life.retake()
    const live = this.#life.running()
    const ways: BootWays = {
      confirm: (component) => this.#confirm(live, component),
      hold: (why) => this.#life.hold(live, why),
      held: this.#life.held,
    }
    return new BootWait(live, ways).agent(timeoutMs)
  }

  /**
   * Evidence of the guest, for a verifier: it proves nothing here. The rollback index is not asked for while
   * too many nonces of this session are unanswered. @throws {MachineError} `machine-no-vtpm`, `machine-vtpm-lost`, and
   * as `channel`
   * @throws {AgentError} @throws {VtpmError}
   */
  async collectEvidence(request: EvidenceRequest): Promise<Evidence> {
    this.#life.vtpm.required()
    await this.#life.retake()
    if (this.#life.held === 'vtpm-lost')
      throw new MachineError('machine-vtpm-lost', `the vTPM of ${this.id} went away while it ran`)
    const { channel } = this
    const nonce = await this.#issue(channel, request)
    const evidence = await channel.collectEvidence({ ...request, extendNonce: nonce })
    if (nonce !== null && evidence.rollback !== null) {
      const index = await this.#host.vtpm.recordAttested(this.id, nonce, evidence.rollback)
      if (index !== 'continued') this.#life.log('warning', 'rollback-index', `the index ${index}`)
    }
    return evidence
  }

  /** The nonce, once it is remembered; null when no more of them can be. */
  async #issue(channel: GuestChannel, request: EvidenceRequest): Promise<Uint8Array | null> {
    const nonce = request.extendNonce ?? null
    if (nonce === null) return null
    // An agent that is not there leaves no nonce unanswered.
    await channel.ask('info', undefined as never)
    await this.#tried(channel, request)
    try {
      await this.#host.vtpm.recordIssued(this.id, nonce)
      return nonce
    } catch (e) {
      if (!(e instanceof VtpmError && e.code === 'vtpm-unanswered')) throw e
      this.#life.log('warning', 'rollback-index', e.message)
      return null
    }
  }

  /**
   * A guest that left some nonces unanswered gives evidence without the index before it is sent another: one that can
   * not, for however long, leaves no more, and what it says after that has its index. @throws {ChannelError} @throws {AgentError}
   */
  async #tried(channel: GuestChannel, request: EvidenceRequest): Promise<void> {
    const { pending } = await this.#host.vtpm.starts(this.id)
    if (pending.length < UNANSWERED_MAX / 2) return
    const late = performance.now() + TRIED_MS
    await channel.collectEvidence({ ...request, extendNonce: null })
    // Whoever asks waits no longer: a nonce that is sent then is one that nobody knows of.
    if (performance.now() > late) throw new ChannelError('answer-late', 'no evidence in time')
  }

  /**
   * The starts of its vTPM, as this host knows them; null: it has no vTPM, or does not run. `resets` is what the TPM's
   * own count must be, up to a number that stays the same while `run` does.
   * @throws {VtpmError}
   */
  async starts(): Promise<MachineStarts | null> {
    const { live, record } = this.#life
    if (record.identity === null || live === null) return null
    const { index, pending, resetCount, counting } = await this.#host.vtpm.starts(this.id)
    const { since, count } = live.seenResets
    const isWhole = since === 'launch'
    // The firmware starts it once by itself: at the launch, and after each reset.
    const resets = isWhole ? resetCount + 1 + count : count
    return { index, pending, resets, run: isWhole ? `launch ${counting}` : since }
  }

  /** What it runs with, as the host's kernel and its vTPM's keeper tell. @throws {VtpmError} */
  async facts(): Promise<MachineFacts> {
    const { record, vtpm } = this.#life
    const { qemu = null, asked } = record.run ?? {}
    const { stopped = null, started = null } = record.store ?? {}
    const actual = qemu === null ? null : invocationOf(qemu)
    return {
      qemu: actual === null || asked === undefined ? null : { asked, actual },
      vtpm: record.identity === null ? null : await this.#host.vtpm.facts(vtpm.required().place),
      store: stopped === null || started === null ? null : { stopped, started },
    }
  }

  /** The end of the serial console, of this boot and the ones before; Latin-1. */
  consoleTail(max?: number): string {
    return this.#life.files.console.tail(max)
  }

  /**
   * The serial console of a running VM, for a person: what it prints from now on, and what is written is typed.
   * One at a time; it ends with the VM, and a manager that lets the VM go closes it. `consoleTail` goes on.
   * @throws {MachineError} `machine-not-running`, `machine-console-in-use` @throws {QmpError}
   */
  console(): Promise<Duplex> {
    return this.#life.settled(() => this.#life.running().console.open())
  }

  /**
   * The screen of a running VM and its keyboard, for a person: RFB (RFC 6143). Several may look; it ends with the VM,
   * and a manager that lets the VM go closes it.
   * @throws {MachineError} `machine-not-running`; `machine-no-screen`: QEMU was started without: stop and start it once.
   */
  screen(): Promise<Duplex> {
    return this.#life.settled(() => this.#life.running().screen.open())
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

  /** A picture of the screen, PNG. @throws {MachineError} `machine-not-running` */
  async screenshot(): Promise<Uint8Array> {
    const live = this.#life.running()
    return this.#life.files.screenshot((name) => live.draw(name))
  }

  /** Switches Secure Boot in the VM's own settings, keys kept. @throws {MachineError} `machine-running` */
  setSecureBoot(secureBoot: boolean): Promise<void> {
    return this.#life.whileStopped(async () => {
      checkFirmware({ ...this.spec, secureBoot })
      const variables = switchSecureBoot(await this.readVariables(), secureBoot)
      await this.#life.files.writeVariables(variables)
      const store = storeStopped(variables)
      await this.#life.write({ spec: { ...this.spec, secureBoot }, store })
    })
  }

  /**
   * More at the end of KEK, db and dbx, in the VM's variables and in what it is to have: what is there stays, and done
   * again it is the same. @throws {MachineError} `machine-running` @throws {UefiError} more than its firmware keeps.
   */
  addSignatures(more: MoreSignatures): Promise<void> {
    return this.#life.whileStopped(async () => {
      const variables = addSignatures(await this.readVariables(), more)
      await this.#life.files.writeVariables(variables)
      const { signatures } = this.spec
      const spec =
        signatures === null
          ? this.spec
          : { ...this.spec, signatures: templateWithMore(signatures, more) }
      await this.#life.write({ spec, store: storeStopped(variables) })
    })
  }

  /**
   * The first of what its stopped disk starts that it would refuse with these, and does not now; null: none, or it
   * can't be told. @throws {UefiError} more than its firmware keeps.
   */
  async refusesWith(more: MoreSignatures): Promise<BootComponent | null> {
    const former = await this.readVariables()
    const variables = addSignatures(former, more)
    for (const component of BOOT_COMPONENTS) {
      const question = { component, disk: this.disk }
      if ((await whetherRefused({ ...question, variables })) !== true) continue
      if ((await whetherRefused({ ...question, variables: former })) !== true) return component
    }
    return null
  }

  /** Other processors and memory from the next start on. @throws {MachineError} `machine-running`, `machine-bad-spec` */
  reshape({ memoryMiB, vcpus }: Shape): Promise<void> {
    return this.#life.whileStopped(async () => {
      checkShape({ memoryMiB, vcpus })
      await this.#life.write({ spec: { ...this.spec, memoryMiB, vcpus } })
    })
  }

  /** Generation 2 from the next start on, or 1 again. @throws {MachineError} `machine-running`, `machine-bad-spec` */
  setFirmware(firmware: 'uefi' | 'bios'): Promise<void> {
    return this.#life.whileStopped(async () => {
      checkFirmware({ ...this.spec, firmware })
      await this.#life.write({ spec: { ...this.spec, firmware } })
    })
  }

  /** Another network, or none, from the next start on. @throws {MachineError} `machine-running`, `machine-bad-spec` */
  setNetwork(network: MachineNetwork | null): Promise<void> {
    return this.#life.whileStopped(async () => {
      if (network !== null) checkNetwork(network)
      await this.#life.write({ spec: { ...this.spec, network } })
    })
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
   * A data disk comes, while the VM runs or is stopped.
   * @throws {MachineError} `machine-bad-spec`: also when the VM runs and was started without a list of them.
   * `machine-disk-in-use`, `machine-disk-missing` @throws {QmpError}
   */
  attachDisk(disk: DataDisk): Promise<void> {
    return this.#life.settled(() => this.#disks.attach(disk))
  }

  /** A data disk goes, whole as it is. @throws {MachineError} `machine-disk-missing` @throws {QmpError} */
  detachDisk(lun: number): Promise<void> {
    return this.#life.settled(() => this.#disks.detach(lun))
  }

  /**
   * Makes the VM's own disk (`null`) or a data disk larger, in multiples of 512 bytes; a running guest sees it at
   * once. @throws {MachineError} `machine-bad-spec`, `machine-disk-missing`, `machine-disk-failed`: also when
   * it would be smaller. @throws {QmpError}
   */
  resizeDisk(lun: number | null, sizeBytes: number): Promise<void> {
    return this.#life.settled(() => this.#disks.resize(lun, sizeBytes))
  }

  /**
   * Copies disks to qcow2 files, all as they are at one moment; a VM that runs goes on meanwhile.
   * @param work a path on the state directory's file system where nothing is; nothing is there afterwards.
   * @returns what the copies are consistent with, and the variable store of that moment.
   * @throws {MachineError} `machine-disk-missing`, `machine-disk-failed` @throws {QmpError} it ended meanwhile.
   */
  async copyDisks(
    copies: readonly DiskCopy[],
    work: string,
    signal: AbortSignal,
  ): Promise<{ consistency: Consistency; variables: Uint8Array }> {
    const read = () => this.readVariables()
    const { consistency, beside } = await this.#copies.make(copies, work, read, signal)
    return { consistency, variables: beside }
  }

  /**
   * The same, with the variable store and the vTPM of that moment, which holds its keys: for a restore point.
   * @throws as `copyDisks` @throws {VtpmError} its vTPM is not the one on record.
   */
  async copyMoment(copies: readonly DiskCopy[], work: string, signal: AbortSignal) {
    const read = async () => ({
      variables: await this.readVariables(),
      vtpm: await this.#life.vtpm.capture(),
    })
    const { consistency, beside } = await this.#copies.make(copies, work, read, signal)
    return { consistency, ...beside }
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

  /** Another disk in place of the VM's own: a copy of that image. vTPM and variables stay. @throws {MachineError} `machine-running` */
  replaceDisk(image: MachineSpec['disk']): Promise<void> {
    return this.#life.whileStopped(() => this.#disks.replace(image))
  }

  /**
   * Switches the vTPM off: its state stays, sealed; or on: as it was, the same identity again, or a new one
   * when there never was one. @throws {MachineError} `machine-running`, `machine-bad-spec` @throws {VtpmError}
   */
  setVtpm(on: boolean, banks: Banks = ['sha256']): Promise<void> {
    return this.#life.whileStopped(async () => {
      const vtpm = on ? { banks } : null
      checkFirmware({ ...this.spec, vtpm })
      await this.#life.vtpm.switch(vtpm?.banks ?? null)
    })
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

  /** Stops the VM, looks at the disk, and lets the VM go on when the console said what is not so. */
  async #confirm(live: RunningMachine, component: BootComponent): Promise<boolean | null> {
    await live.pause()
    const variables = await this.readVariables()
    const refused = await whetherRefused({ component, disk: this.disk, variables })
    if (refused !== false) {
      await this.#life.hold(live, 'refused')
      return refused
    }
    const said = `the console says that the ${component} was refused; disk and variables say otherwise`
    this.#life.log('info', 'violation-refuted', said)
    await this.#life.goOn(live)
    return false
  }
}
