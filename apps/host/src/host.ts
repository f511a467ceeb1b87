import { readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Acceleration, chooseAcceleration, PROBE_FOLDER } from './acceleration.ts'
import { type Accounts, accountsOf, allocateAccounts } from './accounts.ts'
import { HostError } from './errors.ts'
import { type Firmware, findFirmware } from './firmware.ts'
import { capacityOf, type FleetOptions, forEach, type HostCapacity, type Outcome } from './fleet.ts'
import { GuestStates } from './guest-states.ts'
import type { Log } from './log.ts'
import { closeLoopback, openLoopback } from './loopback-boundary.ts'
import { BootFailure } from './machine/boot-failure.ts'
import { MachineError } from './machine/errors.ts'
import { Machine } from './machine/machine.ts'
import { killStrays } from './machine/qemu-process.ts'
import type { MachineSpec } from './machine/record.ts'
import type { MachineEvent, MachineHost } from './machine/shared.ts'
import { Networks } from './networks/networks.ts'
import { findNetworkMode, type NetworkMode } from './networks/support.ts'
import { findProgram } from './process.ts'
import { RestorePoints } from './restore-points.ts'
import { StateDirectory } from './state-directory.ts'
import { openVtpmKeeper } from './vtpm/keeper.ts'
import type { KeyRotation, VtpmKeeper } from './vtpm-port.ts'
import { nestedVirtualization, virtualizationFor } from './windows.ts'

export interface HostOptions {
  /** Where this manager keeps what it knows; one manager at a time. */
  readonly stateDirectory: string
  /**
   * Where the vTPMs' journals are: outside of the VMs' folders, so that a copy of one put back is seen.
   * By default `journal` in the state directory; better on another disk.
   */
  readonly journalDirectory?: string
  readonly log?: Log
  /** Told of what becomes of a VM that nobody asked for. */
  readonly onEvent?: (id: string, what: MachineEvent) => void
}

/**
 * Opens a host: takes the state directory, takes over the VMs that run, and says what became of the others.
 * @throws {StateError} `state-locked` while another manager has it.
 * @throws {HostError} `program-missing` @throws {FirmwareError} `firmware-missing`
 */
export async function openHost(options: HostOptions): Promise<Host> {
  const firmware = findFirmware()
  const qemu = findProgram('qemu-system-x86_64')
  if (qemu === null) throw new HostError('program-missing', 'qemu-system-x86_64 is not installed')
  const state = StateDirectory.open(resolve(options.stateDirectory))
  try {
    const journalDirectory = resolve(options.journalDirectory ?? join(state.path, 'journal'))
    const vtpm = await openVtpmKeeper({ stateDirectory: state.path, journalDirectory })
    return await Host.open(state, { ...options, firmware, qemu, vtpm })
  } catch (e) {
    state.close()
    throw e
  }
}

interface Parts extends HostOptions {
  readonly firmware: Firmware
  readonly qemu: string
  readonly vtpm: VtpmKeeper
}

interface Damaged {
  readonly error: unknown
  readonly accounts: Accounts
  removal?: Promise<void>
}

/** The VMs of one state directory, and the programs they run on. Made by `openHost`. */
export class Host {
  readonly firmware: Firmware
  readonly networks: Networks
  /** What its VMs were. */
  readonly points: RestorePoints
  /** What of its VMs' guest states leaves it, and comes back. */
  readonly guestStates: GuestStates
  readonly #state: StateDirectory
  readonly #shared: MachineHost
  readonly #machines = new Map<string, Machine>()
  /** VMs whose record cannot be read: left as they are, until they are deleted. */
  readonly #damaged = new Map<string, Damaged>()
  /** Being made: their accounts are taken already. */
  readonly #pending = new Set<{ readonly accounts: Accounts }>()
  #acceleration: Promise<Acceleration> | null = null
  #networkMode: Promise<NetworkMode> | null = null
  #drained = false
  /** That the loopback is open is told once. */
  #loopbackSaid = false

  private constructor(state: StateDirectory, parts: Parts, points: RestorePoints) {
    this.#state = state
    this.points = points
    this.guestStates = new GuestStates(state.path, parts.vtpm)
    this.firmware = parts.firmware
    const { qemu, firmware, vtpm, log = () => {}, onEvent: saw = () => {} } = parts
    const acceleration = () => this.acceleration()
    const forget = (id: string) => this.#machines.delete(id)
    const closeLoopback = () => this.#closeLoopback()
    const admit = () => this.#admit()
    this.networks = new Networks({
      stateDirectory: state.path,
      log,
      mode: () => this.networkMode(),
      accountOf: (id) => this.#machines.get(id)?.accounts.qemu?.uid ?? null,
    })
    const plug = (network: string, id: string) => this.networks.plug(network, id)
    const does = { acceleration, admit, closeLoopback, plug, saw, forget }
    this.#shared = { qemu, firmware, vtpm, log, ...does }
  }

  static async open(state: StateDirectory, parts: Parts): Promise<Host> {
    const points = await RestorePoints.open(state.path, parts.vtpm)
    const host = new Host(state, parts, points)
    host.#sayBoundary()
    await removeProbes(state.path)
    try {
      await Promise.all(state.vms().map((id) => host.#adopt(id)))
      await host.#shared.vtpm.finishRotation(host.#folders(), await host.#sealedFiles())
      await host.networks.reconcile()
      return host
    } catch (e) {
      await host.#release()
      throw e
    }
  }

  /** One VM that cannot be read or asked is no reason to leave the others. */
  async #adopt(id: string): Promise<void> {
    const folder = this.#state.folder(id)
    try {
      const machine = await Machine.adopt(this.#shared, folder)
      if (machine !== null) this.#machines.set(id, machine)
    } catch (e) {
      const message = e instanceof Error ? e.message : String(e)
      this.#shared.log({ level: 'warning', event: 'damaged', vm: id, message })
      this.#damaged.set(id, { error: e, accounts: accountsOf(folder) })
    }
  }

  /** The certificate (DER) that the VMs' EK and AK certificates lead to: a verifier's trust anchor. */
  get trustAnchor(): Uint8Array {
    return this.#shared.vtpm.authorityRoot
  }

  /** Every VM there is, by id. */
  machines(): readonly Machine[] {
    return [...this.#machines.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** @throws {MachineError} `machine-missing`; `machine-damaged`: its record cannot be read. */
  machine(id: string): Machine {
    const machine = this.#machines.get(id)
    if (machine !== undefined) return machine
    const cause = this.#damaged.get(id)?.error
    if (cause === undefined) throw new MachineError('machine-missing', `there is no VM ${id}`)
    throw new MachineError(
      'machine-damaged',
      `the record of ${id} cannot be read: mend it, or delete the VM`,
      { cause },
    )
  }

  /**
   * Makes a VM: its own copy of the disk, a variable store with its keys, a vTPM with its identity.
   * @throws {MachineError} `machine-exists`, `machine-bad-spec`; `machine-not-here`: Windows, and no KVM for it
   * @throws {StateError} `state-bad-id`
   * @throws {FirmwareError} `secure-boot-not-enforced` @throws {VtpmError}
   */
  async create(spec: MachineSpec): Promise<Machine> {
    const folder = this.#state.folder(spec.id)
    if (spec.guest === 'windows')
      virtualizationFor(await this.acceleration(), nestedVirtualization())
    const others = [...this.#machines.values(), ...this.#damaged.values(), ...this.#pending]
    const accounts = allocateAccounts(
      this.#state.path,
      others.map((each) => each.accounts),
    )
    const pending = { accounts }
    this.#pending.add(pending)
    try {
      const machine = await Machine.create(this.#shared, folder, spec, accounts)
      this.#machines.set(spec.id, machine)
      return machine
    } finally {
      this.#pending.delete(pending)
    }
  }

  /**
   * Ends a VM if it runs, and removes all of it: of a damaged one too, and of one whose folder is gone what its
   * vTPM's keeper remembers. @throws {MachineError} `machine-missing`
   */
  async delete(id: string): Promise<void> {
    const damaged = this.#damaged.get(id)
    if (damaged !== undefined) return this.#removeDamaged(id, damaged)
    if (this.#machines.has(id) || !(await this.#isRemembered(id))) return this.machine(id).delete()
    await this.#shared.vtpm.forget(id)
  }

  async #removeDamaged(id: string, damaged: Damaged): Promise<void> {
    damaged.removal ??= Machine.removeDamaged(this.#shared, this.#state.folder(id))
    try {
      await damaged.removal
      this.#damaged.delete(id)
    } catch (e) {
      delete damaged.removal
      throw e
    }
  }

  /** Whether a VM is only remembered: there is no folder of it, nor one being made. */
  async #isRemembered(id: string): Promise<boolean> {
    const known = await this.#shared.vtpm.vms()
    return known.includes(id) && !this.#state.vms().includes(id)
  }

  /**
   * A new key-encryption key: wraps the keys of every VM's vTPM, of every restore point and of guest states with it and forgets the former one.
   * VMs run on. Killed at any moment, every vTPM still opens, and the next manager does the rest.
   */
  async rotateKeys(): Promise<KeyRotation> {
    return this.#shared.vtpm.rotate(this.#folders(), await this.#sealedFiles())
  }

  async #sealedFiles() {
    return [...(await this.points.sealedFiles()), ...this.guestStates.sealedFiles()]
  }

  /** Of VMs being made and of damaged ones, too: no key of theirs may be lost to a rotation. */
  #folders() {
    return this.#state.vms().map((id) => ({ vm: id, folder: this.#state.folder(id) }))
  }

  /** What there is for VMs, now. */
  capacity(): HostCapacity {
    return capacityOf(this.machines())
  }

  /**
   * Starts the VMs that are to run and do not, as after a power cut: so many at a time, each given up to `bootMs`
   * (by default 60 s) until its agent answers before the next begins. Ends a drain.
   */
  startWanted({
    bootMs = 60_000,
    ...how
  }: FleetOptions & { bootMs?: number } = {}): Promise<Outcome[]> {
    this.#drained = false
    const ended = this.machines().filter(({ wanted, processes }) => wanted && processes === null)
    return forEach(ended, how, async (machine) => {
      await machine.start()
      await machine.waitForAgent(bootMs).catch((e: unknown) => {
        if (!(e instanceof BootFailure && e.code === 'agent-silent')) throw e
      })
    })
  }

  /** Stops every VM, to be started again by `startWanted`, and starts none until then or until the next manager. */
  drain({ timeoutMs, ...how }: FleetOptions & { timeoutMs?: number } = {}): Promise<Outcome[]> {
    this.#drained = true
    const running = this.machines().filter(({ processes }) => processes !== null)
    const options = { wanted: true, ...(timeoutMs === undefined ? {} : { timeoutMs }) }
    return forEach(running, how, (machine) => machine.stop(options))
  }

  #admit(): void {
    if (this.#drained) throw new MachineError('machine-not-here', 'this host is being drained')
  }

  /** How VMs run here; probed at the first asking, and said aloud then when it is emulation. */
  acceleration(): Promise<Acceleration> {
    this.#acceleration ??= this.#probe()
    return this.#acceleration
  }

  /** How VMs are connected here; tried at the first asking. */
  networkMode(): Promise<NetworkMode> {
    this.#networkMode ??= findNetworkMode(this.#state.path)
    return this.#networkMode
  }

  /** Lets everything go: VMs run on, the state directory is free for the next manager. */
  async close(): Promise<void> {
    this.networks.close()
    const idle = this.machines().every((machine) => machine.processes === null)
    if (idle) await openLoopback(this.#state.path)
    // Nobody has a part in them any more, and nobody may open this state directory again.
    if (this.machines().length === 0)
      for (const { id } of this.networks.plans())
        await this.networks
          .remove(id)
          .catch((e) => this.#say('network-failed', `network ${id} stays: ${e}`))
    await this.#release()
    this.#state.close()
  }

  async #release(): Promise<void> {
    await Promise.all(this.machines().map((machine) => machine.release()))
  }

  /** Each time anew: somebody may have loaded other rules since. */
  async #closeLoopback(): Promise<void> {
    const fault = await closeLoopback(this.#state.path)
    if (fault === null || this.#loopbackSaid) return
    this.#loopbackSaid = true
    this.#say('loopback-open', `guests with a network reach what listens on this host: ${fault}`)
  }

  async #probe(): Promise<Acceleration> {
    const { code, variables } = this.firmware
    const { qemu: account } = allocateAccounts(`${this.#state.path}#probe`, [])
    const folder = this.#state.path
    const found = await chooseAcceleration({
      qemu: this.#shared.qemu,
      code,
      variables,
      account,
      folder,
    })
    if (found.accelerator === 'tcg')
      this.#say('emulation', `VMs run under emulation, slowly: ${found.reason}`)
    return found
  }

  #sayBoundary(): void {
    if (process.getuid?.() === 0) return
    this.#say(
      'no-user-boundary',
      'not root: QEMU and swtpm run as this user, and no user boundary protects a vTPM from its QEMU',
    )
  }

  #say(event: string, message: string): void {
    this.#shared.log({ level: 'warning', event, vm: null, message })
  }
}

/** What a manager left that died while it probed. */
async function removeProbes(stateDirectory: string): Promise<void> {
  const names = await readdir(stateDirectory)
  for (const name of names.filter((each) => each.startsWith(PROBE_FOLDER))) {
    await killStrays(join(stateDirectory, name))
    await rm(join(stateDirectory, name), { recursive: true, force: true })
  }
}
