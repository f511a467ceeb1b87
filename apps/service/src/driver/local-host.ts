import { mkdirSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import type { Evidence, EvidenceRequest } from '@trusted-launch/channel'
import { type Host, HostError, type Machine, openHost, whyNoWindows } from '@trusted-launch/host'
import { type MoreSignatures, templateWithMore } from '@trusted-launch/uefi'
import type { Logger } from 'pino'
import { platformImages } from '../catalogue/images.ts'
import { copyOf, guestStateOf, uploadOf } from '../domain/disk/access.ts'
import type { Filled, Filling } from '../domain/host/disks.ts'
import type { HostFacts } from '../domain/host/evidence.ts'
import type { FirmwareKeys } from '../domain/host/firmware-keys.ts'
import type { KeptImage } from '../domain/host/images.ts'
import type { Leftover, NamedFile } from '../domain/host/leftovers.ts'
import type { Boot, DiskPlan, MachinePlan, MachinePower } from '../domain/host/machines.ts'
import type { AskedRestorePoint, TakenRestorePoint } from '../domain/host/restore-points.ts'
import type { SnapshotSource, TakenSnapshot } from '../domain/host/snapshots.ts'
import type { Capacity, HostDriver, HostEvent } from '../domain/host-driver.ts'
import type { NetworkPlan } from '../domain/network/network-plan.ts'
import type { AllowedSource, ImageSource, Source } from '../domain/sources.ts'
import type { Command, CommandEnd } from '../domain/vm/run-command.ts'
import { type CopiedDisk, copyDisk } from './copied-disk.ts'
import { putDataDisks } from './data-disks.ts'
import { DiskFiles } from './disk-files.ts'
import { fillDisk } from './disk-filling.ts'
import { addFirmwareKeys, firmwareKeysOf, roomFor, withItsKeys } from './firmware-keys.ts'
import { runInGuest } from './guest-command.ts'
import { openGuestConsole } from './guest-console.ts'
import { factsOf } from './host-facts.ts'
import { HostFirmware } from './host-firmware.ts'
import { leftoversOn, type Shelf } from './leftovers.ts'
import { LocalImages } from './local-images.ts'
import { LocalReferences, type ReferencesOptions } from './local-references.ts'
import { changeMachine, growOwnDisk } from './machine-change.ts'
import { MachineImages } from './machine-images.ts'
import { bootOf, powerOf, startMachine } from './machine-power.ts'
import { specOf } from './machine-spec.ts'
import { diskIn, keepOwnDisk, lacksForUefi, specOfOwn } from './own-disk.ts'
import { explained, fillFromPoint, openPoint, putBack, takePoint } from './restore-points.ts'
import { diskShelf, pointShelf } from './shelves.ts'
import { Snapshots } from './snapshots.ts'
import { SshPorts } from './ssh-ports.ts'

export interface LocalHostOptions extends ReferencesOptions {
  /** Where VMs and their vTPMs are kept. */
  readonly stateDirectory: string
  /** Data disks, on the file system of the state directory. */
  readonly disksDirectory: string
  /** Snapshots of disks, on the same file system. */
  readonly snapshotsDirectory: string
  /** Images of others, and uploads; on the same file system. */
  readonly imagesDirectory: string
  /** The hosts that something may be fetched from. */
  readonly allowedSources: readonly AllowedSource[]
  /** Where images are built and kept: `.cache` of the project. */
  readonly cacheDirectory: string
  readonly log: Logger
}

/** The host that this process holds. */
export class LocalHost implements HostDriver {
  readonly name = 'local'
  readonly #host: Host
  readonly #firmware: HostFirmware
  readonly #disks: DiskFiles
  readonly #snapshots: Snapshots
  /** Images of others, and what is uploaded. */
  readonly #taken: LocalImages
  readonly #images: MachineImages
  readonly #references: LocalReferences
  readonly #shelves: readonly Shelf[]
  readonly #ports = new SshPorts()

  #told: (id: string, what: HostEvent) => void = () => {}

  private constructor(host: Host, options: LocalHostOptions) {
    this.#host = host
    this.#disks = new DiskFiles(options.disksDirectory)
    this.#snapshots = new Snapshots(new DiskFiles(options.snapshotsDirectory), this.#disks, (id) =>
      this.#find(id),
    )
    this.#taken = new LocalImages(options.imagesDirectory, options.allowedSources, (bytes) =>
      host.guestStates.open(bytes),
    )
    this.#images = new MachineImages(this.#taken, options.cacheDirectory)
    this.#firmware = new HostFirmware(host)
    this.#references = new LocalReferences(options, this.#firmware, this.#images)
    const isInUse = (path: string) =>
      host.machines().some(({ spec }) => spec.dataDisks?.some((disk) => disk.path === path))
    this.#shelves = [
      diskShelf('disk', this.#disks, isInUse),
      diskShelf('snapshot', this.#snapshots.files, isInUse),
      pointShelf(host),
      this.#taken.store,
    ]
  }

  /** Takes over the VMs that run. @throws {HostError} */
  static async open(options: LocalHostOptions): Promise<LocalHost> {
    mkdirSync(options.referencesDirectory, { recursive: true, mode: 0o700 })
    const log = options.log
    let opened: LocalHost | null = null
    const host = await openHost({
      stateDirectory: options.stateDirectory,
      onEvent: (id, what) => opened?.saw(id, what),
      log: ({ level, event, vm, message }) =>
        log[level === 'warning' ? 'warn' : 'info']({ event, vm }, message),
    })
    opened = new LocalHost(host, options)
    return opened
  }

  async prepareImage(
    name: string,
    tell: (step: string) => void,
    signal: AbortSignal,
  ): Promise<string> {
    return diskIn(name) === null ? this.#images.prepare(name, signal, tell) : name
  }

  writeUpload(id: string, piece: Uint8Array, offset: number, sizeBytes: number): Promise<void> {
    return this.#taken.uploads.write(id, piece, offset, sizeBytes)
  }

  hasUpload(id: string): Promise<boolean> {
    return this.#taken.uploads.has(id)
  }

  readUpload(id: string, offset: number, length: number): Promise<Uint8Array> {
    return this.#taken.uploads.read(id, offset, length)
  }

  forgetOldUploads(): Promise<void> {
    return this.#taken.uploads.forgetOld()
  }

  async takeImage(
    source: ImageSource,
    tell: (step: string) => void,
    signal: AbortSignal,
    isKept: (kept: KeptImage) => Promise<void>,
  ): Promise<void> {
    if (source.kind === 'upload' || source.kind === 'url')
      return this.#taken.take(source, tell, signal, isKept)
    const disk = this.#diskOf(source)
    return this.#taken.takeCopy((to) => copyDisk(disk, to, signal), tell, signal, isKept)
  }

  #diskOf({ kind, id }: Exclude<ImageSource, Source>): CopiedDisk {
    if (kind === 'disk')
      return { path: this.#disks.require(id), format: 'qcow2', isMachines: false }
    if (kind === 'snapshot')
      return { path: this.#snapshots.files.require(id), format: 'qcow2', isMachines: false }
    const machine = this.#host.machine(id)
    return { path: machine.diskFile, format: machine.spec.disk.format, isMachines: true }
  }

  removeImage(name: string, isSomebodys: () => Promise<boolean>): Promise<void> {
    return this.#taken.remove(name, isSomebodys)
  }

  forgetSource(source: Source): Promise<void> {
    return this.#taken.forget(source)
  }

  async create(plan: MachinePlan, signal: AbortSignal): Promise<void> {
    const own = diskIn(plan.image)
    if (own !== null) return this.#createOf(own, plan)
    const image = await this.#images.get(plan.image, signal)
    if (this.#find(plan.id) === null)
      await this.#host.create(
        specOf(plan, image, this.#images.keysOf(image, plan), await this.#isBridged()),
      )
    await growOwnDisk(this.#host.machine(plan.id), plan)
    if ((await this.#references.read(plan.id)) === null)
      await this.#references.foretell(plan, image, signal)
  }

  /** A VM that takes a disk as its own has its bytes from then on; its vTPM is a new one, or a restore point's. */
  async #createOf(diskId: string, plan: MachinePlan): Promise<void> {
    if (this.#find(plan.id) === null) {
      const { vtpmOf = null } = plan
      const spec = await specOfOwn(diskId, plan, this.#disks, await this.#isBridged())
      await explained(plan.name, async () => {
        const vtpm = vtpmOf === null ? null : (await openPoint(this.#host, vtpmOf)).vtpm
        await this.#host.create({ ...spec, vtpmOf: vtpm })
      })
    }
    await growOwnDisk(this.#host.machine(plan.id), plan)
    await this.#disks.giveUp(diskId)
  }

  async delete(id: string, kept: string | null = null): Promise<void> {
    const machine = this.#find(id)
    if (machine !== null && kept !== null) await keepOwnDisk(machine, kept, this.#disks)
    try {
      await this.#host.delete(id)
    } catch (error) {
      if (!isMissing(error)) throw error
    }
    await this.#references.remove(id)
    this.#ports.forget(id)
  }

  async power(id: string): Promise<MachinePower | null> {
    const machine = this.#find(id)
    return machine === null ? null : powerOf(machine)
  }

  async machines(): Promise<readonly string[]> {
    return this.#host.machines().map(({ id }) => id)
  }

  async start(id: string): Promise<void> {
    await startMachine(this.#host.machine(id))
  }

  async stop(id: string, { graceful }: { graceful: boolean }): Promise<void> {
    await this.#find(id)?.stop({ graceful })
  }

  async restart(id: string): Promise<void> {
    await this.#host.machine(id).reset()
  }

  async setIsolated(id: string, isolated: boolean): Promise<void> {
    await this.#host.machine(id).setIsolated(isolated)
  }

  async waitForBoot(id: string, timeoutMs: number, signal: AbortSignal): Promise<Boot> {
    return bootOf(this.#host.machine(id), timeoutMs, signal)
  }

  async change(plan: MachinePlan, signal: AbortSignal): Promise<void> {
    const machine = this.#host.machine(plan.id)
    const asItIs = withItsKeys(machine, plan)
    await changeMachine(machine, plan, await this.#isBridged(), () =>
      this.#foretell(asItIs, signal),
    )
  }

  /** Of a disk that ran before nothing is foretold. */
  async #foretell(plan: MachinePlan, signal: AbortSignal): Promise<void> {
    if (diskIn(plan.image) !== null) return
    await this.#references.foretell(plan, await this.#images.get(plan.image, signal), signal)
  }

  async reimage(plan: MachinePlan, signal: AbortSignal): Promise<void> {
    const image = await this.#images.get(plan.image, signal)
    const machine = this.#host.machine(plan.id)
    await this.#references.foretell(withItsKeys(machine, plan), image, signal)
    await machine.disks.replace({ path: image.path, format: image.format })
    await growOwnDisk(machine, plan)
  }

  async putDataDisks(id: string, disks: readonly DiskPlan[]): Promise<void> {
    await putDataDisks(this.#host.machine(id), disks, this.#disks)
  }

  async fillDisk(
    filling: Filling,
    tell: (step: string) => void,
    signal: AbortSignal,
  ): Promise<Filled> {
    const { source, diskId, sizeGib } = filling
    if (source.kind === 'restorePoint') {
      const from = { point: source.id, lun: source.lun, diskId }
      return fillFromPoint(this.#host, this.#disks, from, sizeGib!, signal)
    }
    return fillDisk(
      this.#disks,
      this.#taken,
      this.#snapshots.files,
      { ...filling, source },
      tell,
      signal,
    )
  }

  takeSnapshot(
    { id, source }: { id: string; source: SnapshotSource },
    tell: (step: string) => void,
    signal: AbortSignal,
  ): Promise<TakenSnapshot> {
    tell('copying the disk')
    return this.#snapshots.take(id, source, signal)
  }

  snapshotBytes(id: string): Promise<number> {
    return this.#snapshots.files.bytesOf(id)
  }

  readSnapshot(id: string, offset: number, length: number): Promise<Uint8Array> {
    return this.#snapshots.files.read(id, offset, length)
  }

  async guestState(id: string): Promise<Uint8Array | null> {
    const variables = await this.#snapshots.files.variablesOf(id)
    return variables === null ? null : this.#host.guestStates.seal(variables)
  }

  async deleteSnapshot(id: string): Promise<void> {
    this.#snapshots.files.remove(id)
  }

  takeRestorePoint(
    asked: AskedRestorePoint,
    tell: (step: string) => void,
    signal: AbortSignal,
  ): Promise<TakenRestorePoint> {
    tell('copying and sealing disks, variable store and vTPM')
    return takePoint(this.#host, asked, signal)
  }

  deleteRestorePoint(point: string): Promise<void> {
    return this.#host.points.remove(point)
  }

  restore(id: string, point: string, luns: readonly number[], signal: AbortSignal): Promise<void> {
    return putBack(this.#host, this.#host.machine(id), point, luns, signal)
  }

  async firmwareKeys(id: string): Promise<FirmwareKeys | null> {
    return firmwareKeysOf(this.#host.machine(id))
  }

  async refusesWith(id: string, more: MoreSignatures): Promise<string | null> {
    const machine = this.#host.machine(id)
    return roomFor(machine.spec.name, () => machine.keys.refusesWith(more))
  }

  addFirmwareKeys(
    plan: MachinePlan,
    more: MoreSignatures,
    signal: AbortSignal,
  ): Promise<FirmwareKeys> {
    const machine = this.#host.machine(plan.id)
    const { signatures } = machine.spec
    return addFirmwareKeys(machine, more, async () => {
      if (signatures !== null)
        await this.#foretell({ ...plan, signatures: templateWithMore(signatures, more) }, signal)
    })
  }

  async lacksForUefi(id: string): Promise<readonly string[]> {
    return lacksForUefi(this.#host.machine(id))
  }

  async deleteDisk(diskId: string): Promise<void> {
    this.#disks.remove(diskId)
    this.#snapshots.files.remove(copyOf(diskId))
    for (const sent of [uploadOf(diskId), guestStateOf(diskId)])
      await this.#taken.uploads.remove(sent)
  }

  async putNetwork(plan: NetworkPlan): Promise<void> {
    if (await this.#isBridged()) await this.#host.networks.put(plan)
  }

  async #isBridged(): Promise<boolean> {
    return (await this.#host.networkMode()).kind === 'bridged'
  }

  async removeNetwork(id: string): Promise<void> {
    await this.#host.networks.remove(id)
  }

  async networks(): Promise<readonly string[]> {
    return this.#host.networks.plans().map((plan) => plan.id)
  }

  sshPort(id: string, kept: number | null): Promise<number> {
    const others = this.#host.machines().filter((machine) => machine.id !== id)
    const alone = others.flatMap(({ spec }) =>
      spec.network?.kind === 'user' ? spec.network.forwards : [],
    )
    const parts = this.#host.networks.plans().flatMap(({ interfaces }) => interfaces)
    const led = parts.filter(({ machine }) => machine !== id).flatMap(({ forwards }) => forwards)
    const ports = [...alone, ...led]
    return this.#ports.portFor(id, kept, new Set(ports.map(({ hostPort }) => hostPort)))
  }

  leftovers(named: () => AsyncIterable<NamedFile>): Promise<readonly Leftover[]> {
    return leftoversOn(this.#shelves, named)
  }

  async removeLeftover(file: Leftover, isSomebodys: () => Promise<boolean>): Promise<boolean> {
    const shelf = this.#shelves.find(({ kind }) => kind === file.kind)
    return shelf === undefined ? false : shelf.remove(file, isSomebodys)
  }

  async facts(id: string): Promise<HostFacts | null> {
    const machine = this.#find(id)
    const references = await this.#references.read(id)
    if (machine === null) return null
    return factsOf(machine, references, this.#host.trustAnchor, this.#firmware)
  }

  async anchors(): Promise<readonly Uint8Array[]> {
    return [this.#host.trustAnchor]
  }

  collectEvidence(id: string, request: EvidenceRequest): Promise<Evidence> {
    return this.#host.machine(id).collectEvidence(request)
  }

  async console(id: string): Promise<string | null> {
    return this.#find(id)?.consoles.tail() ?? null
  }

  openConsole(id: string): Promise<Duplex> {
    return openGuestConsole(this.#host, id, (machine) => machine.consoles.openSerial())
  }

  openScreen(id: string): Promise<Duplex> {
    return openGuestConsole(this.#host, id, (machine) => machine.consoles.openScreen())
  }

  async runCommand(id: string, command: Command, timeoutSeconds: number): Promise<CommandEnd> {
    return runInGuest(this.#host, id, command, timeoutSeconds)
  }

  async screenshot(id: string): Promise<Uint8Array | null> {
    const machine = this.#find(id)
    return machine?.status().state === 'running' ? machine.consoles.screenshot() : null
  }

  async capacity(): Promise<Capacity> {
    const acceleration = await this.#host.acceleration()
    const { accelerator } = acceleration
    const noWindows = whyNoWindows(acceleration)
    const diskGib = await this.#disks.roomGib(this.#host.machines().map(({ diskFile }) => diskFile))
    const images: Record<string, readonly string[]> = {}
    for (const { host } of platformImages) images[host] = await this.#images.versionsOf(host)
    const mode = await this.#host.networkMode()
    const noNetworks = mode.kind === 'bridged' ? null : mode.reason
    return { ...this.#host.capacity(), accelerator, noWindows, noNetworks, diskGib, images }
  }

  /** What the host tells. */
  saw(id: string, what: HostEvent): void {
    this.#told(id, what)
  }

  watch(told: (id: string, what: HostEvent) => void): void {
    this.#told = told
  }

  /** VMs run on. */
  close(): Promise<void> {
    return this.#host.close()
  }

  #find(id: string): Machine | null {
    return this.#host.machines().find((machine) => machine.id === id) ?? null
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof HostError && error.code === 'machine-missing'
}
