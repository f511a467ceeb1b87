import { join, resolve } from 'node:path'
import type { Acceleration } from './acceleration.ts'
import { HostError } from './errors.ts'
import { type Firmware, findFirmware } from './firmware.ts'
import { capacityOf, type FleetOptions, forEach, type HostCapacity, type Outcome } from './fleet.ts'
import { GuestStates } from './guest-states.ts'
import { HostSupport } from './host-support.ts'
import type { Log } from './log.ts'
import { BootFailure } from './machine/boot-failure.ts'
import { MachineError } from './machine/errors.ts'
import type { Machine } from './machine/machine.ts'
import type { MachineSpec } from './machine/record.ts'
import type { MachineEvent } from './machine/shared.ts'
import { Machines } from './machines.ts'
import { Networks } from './networks/networks.ts'
import type { NetworkMode } from './networks/support.ts'
import { findProgram } from './process.ts'
import { RestorePoints } from './restore-points.ts'
import { StateDirectory } from './state-directory.ts'
import { openVtpmKeeper } from './vtpm/keeper.ts'
import type { KeyRotation, VtpmKeeper } from './vtpm-port.ts'

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

/** The VMs of one state directory, and the programs they run on. Made by `openHost`. */
export class Host {
  readonly firmware: Firmware
  readonly networks: Networks
  /** What its VMs were. */
  readonly points: RestorePoints
  /** What of its VMs' guest states leaves it, and comes back. */
  readonly guestStates: GuestStates
  readonly #state: StateDirectory
  readonly #vtpm: VtpmKeeper
  readonly #log: Log
  readonly #support: HostSupport
  readonly #machines: Machines
  #drained = false

  private constructor(state: StateDirectory, parts: Parts, points: RestorePoints) {
    const { qemu, firmware, vtpm, log = () => {}, onEvent: saw = () => {} } = parts
    const stateDirectory = state.path
    this.#state = state
    this.#vtpm = vtpm
    this.#log = log
    this.points = points
    this.guestStates = new GuestStates(stateDirectory, vtpm)
    this.firmware = firmware
    this.#support = new HostSupport({ stateDirectory, qemu, firmware, log })
    this.networks = new Networks({
      stateDirectory,
      log,
      mode: () => this.networkMode(),
      accountOf: (id) => this.#machines.find(id)?.accounts.qemu?.uid ?? null,
    })
    const does = {
      acceleration: () => this.acceleration(),
      admit: () => this.#admit(),
      closeLoopback: () => this.#support.closeLoopback(),
      plug: (network: string, id: string) => this.networks.plug(network, id),
      saw,
      forget: (id: string) => this.#machines.forget(id),
    }
    this.#machines = new Machines(state, { qemu, firmware, vtpm, log, ...does })
  }

  static async open(state: StateDirectory, parts: Parts): Promise<Host> {
    const points = await RestorePoints.open(state.path, parts.vtpm)
    const host = new Host(state, parts, points)
    host.#support.sayBoundary()
    await host.#support.removeProbes()
    try {
      await host.#machines.adopt()
      await host.#vtpm.finishRotation(host.#folders(), await host.#sealedFiles())
      await host.networks.reconcile()
      return host
    } catch (e) {
      await host.#machines.release()
      throw e
    }
  }

  /** The certificate (DER) that the VMs' EK and AK certificates lead to: a verifier's trust anchor. */
  get trustAnchor(): Uint8Array {
    return this.#vtpm.authorityRoot
  }

  /** Every VM there is, by id. */
  machines(): readonly Machine[] {
    return this.#machines.all()
  }

  /** @throws {MachineError} `machine-missing`; `machine-damaged`: its record cannot be read. */
  machine(id: string): Machine {
    return this.#machines.get(id)
  }

  /**
   * Makes a VM: its own copy of the disk, a variable store with its keys, a vTPM with its identity.
   * @throws {MachineError} `machine-exists`, `machine-bad-spec`; `machine-not-here`: Windows, and no KVM for it
   * @throws {StateError} `state-bad-id`
   * @throws {FirmwareError} `secure-boot-not-enforced` @throws {VtpmError}
   */
  create(spec: MachineSpec): Promise<Machine> {
    return this.#machines.create(spec)
  }

  /**
   * Ends a VM if it runs, and removes all of it: of a damaged one too, and of one whose folder is gone what its
   * vTPM's keeper remembers. @throws {MachineError} `machine-missing`
   */
  delete(id: string): Promise<void> {
    return this.#machines.delete(id)
  }

  /**
   * A new key-encryption key: wraps the keys of every VM's vTPM, of every restore point and of guest states with it and forgets the former one.
   * VMs run on. Killed at any moment, every vTPM still opens, and the next manager does the rest.
   */
  async rotateKeys(): Promise<KeyRotation> {
    return this.#vtpm.rotate(this.#folders(), await this.#sealedFiles())
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
    return this.#support.acceleration()
  }

  /** How VMs are connected here; tried at the first asking. */
  networkMode(): Promise<NetworkMode> {
    return this.#support.networkMode()
  }

  /** Lets everything go: VMs run on, the state directory is free for the next manager. */
  async close(): Promise<void> {
    this.networks.close()
    const idle = this.machines().every((machine) => machine.processes === null)
    if (idle) await this.#support.openLoopback()
    // Nobody has a part in them any more, and nobody may open this state directory again.
    if (this.machines().length === 0)
      for (const { id } of this.networks.plans())
        await this.networks.remove(id).catch((e) => this.#sayStays(id, e))
    await this.#machines.release()
    this.#state.close()
  }

  #sayStays(network: string, error: unknown): void {
    const message = `network ${network} stays: ${error}`
    this.#log({ level: 'warning', event: 'network-failed', vm: null, message })
  }
}
