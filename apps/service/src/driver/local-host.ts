import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { ArmError } from '@trusted-launch/api'
import {
  encodeReferenceValues,
  type MachineShape,
  type ReferenceFirmware,
  type ReferenceValues,
} from '@trusted-launch/attestation'
import { BootChainError, predict } from '@trusted-launch/bootchain'
import type { Evidence, EvidenceRequest } from '@trusted-launch/channel'
import { MalformedError, toUtf8 } from '@trusted-launch/codec'
import { Certificate } from '@trusted-launch/crypto'
import type { RandomAccess } from '@trusted-launch/disk'
import {
  BootFailure,
  buildImage,
  examineFile,
  FirmwareError,
  type Host,
  HostError,
  type Image,
  type Machine,
  MachineError,
  type MachineSpec,
  makeVariableStore,
  modulesOfImage,
  openDiskFile,
  openHost,
  ownSecureBootTemplate,
  type RecordedSpec,
  readDurably,
  VtpmError,
  whyNoWindows,
  writeDurably,
} from '@trusted-launch/host'
import type { SecureBootTemplate } from '@trusted-launch/uefi'
import type { Logger } from 'pino'
import {
  type Boot,
  type Capacity,
  type DiskPlan,
  type Filled,
  type Filling,
  type HostDriver,
  type HostFacts,
  type KeptImage,
  type MachinePlan,
  type MachinePower,
  StartRefused,
} from '../domain/host-driver.ts'
import type { AllowedSource, Source } from '../domain/sources.ts'
import type { Command, CommandEnd } from '../domain/vm/run-command.ts'
import { DiskFiles } from './disk-files.ts'
import { FileHash, hostPartOf } from './host-part.ts'
import { keysFor, LocalImages } from './local-images.ts'
import { stepsUntil } from './steps-until.ts'

/** What decides about a boot, of a VM's plan. */
type Foretold = Pick<MachinePlan, 'id' | 'secureBoot' | 'memoryMiB' | 'vcpus' | 'machineOwnerKeys'>

/** Reference values hold every module of an image. */
const REFERENCES_BYTES_MAX = 16 << 20
const NEEDED_FOR_UEFI: readonly string[] = ['partition table', 'EFI system partition']
const BANKS = ['sha256'] as const
const GIB = 2 ** 30

export interface LocalHostOptions {
  /** Where VMs and their vTPMs are kept. */
  readonly stateDirectory: string
  /** Reference values, one file a VM, outside of the VMs' folders. */
  readonly referencesDirectory: string
  /** Data disks, on the file system of the state directory. */
  readonly disksDirectory: string
  /** Images of others, and uploads; on the same file system. */
  readonly imagesDirectory: string
  /** The hosts that something may be fetched from. */
  readonly allowedSources: readonly AllowedSource[]
  /** Where images are built and kept: `.cache` of the project. */
  readonly cacheDirectory: string
  readonly log: Logger
  /** What is believed of a firmware on machines of this shape; learnt where it is not known. */
  readonly believe: (shape: MachineShape, signal: AbortSignal) => Promise<ReferenceFirmware | null>
}

/** The host that this process holds. */
export class LocalHost implements HostDriver {
  readonly name = 'local'
  readonly #options: LocalHostOptions
  readonly #host: Host
  /** As it was when the host was opened: what reference values are made with. */
  readonly #firmwareSha256: string
  readonly #firmwareFile: FileHash
  readonly #disks: DiskFiles
  readonly #images: LocalImages

  #told: (id: string) => void = () => {}

  private constructor(host: Host, options: LocalHostOptions) {
    this.#host = host
    this.#options = options
    this.#disks = new DiskFiles(options.disksDirectory)
    this.#images = new LocalImages(options.imagesDirectory, options.allowedSources)
    this.#firmwareFile = new FileHash(host.firmware.code)
    this.#firmwareSha256 = createHash('sha256')
      .update(readFileSync(host.firmware.code))
      .digest('hex')
  }

  /** Takes over the VMs that run. @throws {HostError} */
  static async open(options: LocalHostOptions): Promise<LocalHost> {
    mkdirSync(options.referencesDirectory, { recursive: true, mode: 0o700 })
    const log = options.log
    let opened: LocalHost | null = null
    const host = await openHost({
      stateDirectory: options.stateDirectory,
      onEnd: (id) => opened?.ended(id),
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
  ): Promise<void> {
    if (diskIn(name) === null) await this.#image(name, signal, tell)
  }

  writeUpload(id: string, piece: Uint8Array, offset: number, sizeBytes: number): Promise<void> {
    return this.#images.uploads.write(id, piece, offset, sizeBytes)
  }

  forgetOldUploads(): Promise<void> {
    return this.#images.uploads.forgetOld()
  }

  takeImage(source: Source, tell: (step: string) => void, signal: AbortSignal): Promise<KeptImage> {
    return this.#images.take(source, tell, signal)
  }

  removeImage(name: string): Promise<void> {
    return this.#images.remove(name)
  }

  forgetSource(source: Source): Promise<void> {
    return this.#images.forget(source)
  }

  async #image(name: string, signal: AbortSignal, tell = (_: string) => {}): Promise<Image> {
    const { cacheDirectory } = this.#options
    if (name.startsWith('sha256:')) return this.#images.require(name)
    return buildImage(name, { cacheDirectory, step: stepsUntil(signal, tell) })
  }

  async create(plan: MachinePlan, signal: AbortSignal): Promise<void> {
    const own = diskIn(plan.image)
    if (own !== null) return this.#createOf(own, plan)
    const image = await this.#image(plan.image, signal)
    if (this.#find(plan.id) === null)
      await this.#host.create(specOf(plan, image, this.#keysOf(image)))
    if ((await readDurably(this.#referencesPath(plan.id), REFERENCES_BYTES_MAX)) === null)
      await this.#foretell(plan, image, signal)
  }

  /** A VM that takes a disk as its own has its bytes from then on; its vTPM is a new one. */
  async #createOf(diskId: string, plan: MachinePlan): Promise<void> {
    if (this.#find(plan.id) === null) {
      const path = this.#disks.require(diskId)
      const image = { name: plan.image, sha256: '', path, format: 'qcow2' as const }
      const variables = await this.#disks.variablesOf(diskId)
      const keys = keysFor(this.#disks.osTypeOf(diskId))
      await this.#host.create({ ...specOf(plan, image, keys), variables })
    }
    await this.#disks.giveUp(diskId)
  }

  /**
   * What the VM's next boot is to measure: from the pristine image and a variable store as the firmware's maker
   * leaves it, with the keys and the setting that were asked for. Nothing of it comes from the VM.
   */
  async #foretell(plan: Foretold, image: Image, signal: AbortSignal): Promise<void> {
    const disk = openDiskFile(image.path, image.format)
    try {
      const values = encodeReferenceValues(await this.#foretold(plan, image, disk, signal))
      await writeDurably(this.#referencesPath(plan.id), values, 0o600)
    } catch (error) {
      // Nothing is believed in their place: a verdict says that they are missing.
      const isOthers = image.name.startsWith('sha256:')
      const isUnforetold = error instanceof BootChainError || error instanceof MalformedError
      if (!isOthers || !isUnforetold) throw error
      await rm(this.#referencesPath(plan.id), { force: true })
    } finally {
      disk.close()
    }
  }

  async #foretold(
    plan: Foretold,
    image: Image,
    disk: RandomAccess,
    signal: AbortSignal,
  ): Promise<ReferenceValues> {
    const { name, sha256 } = image
    const signatures = this.#keysOf(image)
    const variables = await makeVariableStore(
      this.#host.firmware,
      signatures,
      plan.secureBoot,
      plan.machineOwnerKeys,
    )
    const firmware = await this.#options.believe(await this.#shapeOf(plan), signal)
    const modules = modulesOfImage(image)
    const source = { disk, image: { name, sha256 }, variables, modules }
    return { version: 2, variants: [predict({ ...source, banks: BANKS, firmware })] }
  }

  /** A unified kernel image of ours is signed by a key of this installation; others by keys of Microsoft's. */
  #keysOf(image: Image): SecureBootTemplate {
    if (image.name.startsWith('sha256:')) return this.#images.keysOf(image)
    return image.name === 'uki'
      ? ownSecureBootTemplate(this.#options.cacheDirectory)
      : keysFor('Linux')
  }

  #referencesPath(id: string): string {
    return join(this.#options.referencesDirectory, `${id}.json`)
  }

  async delete(id: string, kept: string | null = null): Promise<void> {
    const machine = this.#find(id)
    if (machine !== null && kept !== null) await this.#keepDisk(machine, kept)
    try {
      await this.#host.delete(id)
    } catch (error) {
      if (!isMissing(error)) throw error
    }
    await rm(this.#referencesPath(id), { force: true })
  }

  /** Its disk's bytes and its variables, for another VM. */
  async #keepDisk(machine: Machine, diskId: string): Promise<void> {
    await machine.stop({ graceful: false })
    const variables = await machine.readVariables()
    await this.#disks.keepFacts(diskId, { variables, osType: this.#disks.osTypeOf(diskId) })
    await this.#disks.keep(machine.diskFile, diskId, machine.spec.disk.format)
  }

  async power(id: string): Promise<MachinePower | null> {
    const status = this.#find(id)?.status()
    if (status === undefined) return null
    if (status.held !== null) return 'held'
    const powers: Readonly<Record<string, MachinePower>> = {
      running: 'running',
      unreachable: 'unreachable',
      exited: 'exited',
      crashed: 'crashed',
      'vtpm-lost': 'crashed',
    }
    return powers[status.state] ?? 'stopped'
  }

  async machines(): Promise<readonly string[]> {
    return this.#host.machines().map(({ id }) => id)
  }

  async start(id: string): Promise<void> {
    const machine = this.#host.machine(id)
    if (machine.status().state === 'running') return
    try {
      await machine.start()
    } catch (error) {
      throw refusalOf(error) ?? error
    }
  }

  async stop(id: string, { graceful }: { graceful: boolean }): Promise<void> {
    await this.#find(id)?.stop({ graceful })
  }

  async restart(id: string): Promise<void> {
    await this.#host.machine(id).reset()
  }

  async waitForBoot(id: string, timeoutMs: number, signal: AbortSignal): Promise<Boot> {
    const machine = this.#host.machine(id)
    try {
      const info = await Promise.race([machine.waitForAgent(timeoutMs), aborted(signal)])
      return { kind: 'agent', version: info.agentVersion }
    } catch (error) {
      if (!(error instanceof BootFailure)) throw error
      const { code, component, message, confirmed, console } = error
      if (code === 'agent-silent') return { kind: 'silent' }
      const lastLine = console.at(-1) ?? ''
      return { kind: 'failed', code, component, message, confirmed, lastLine }
    }
  }

  async change(plan: MachinePlan, signal: AbortSignal): Promise<void> {
    const { id, vcpus, memoryMiB, secureBoot, vTpm } = plan
    const machine = this.#host.machine(id)
    const { spec } = machine
    const isOther = vcpus !== spec.vcpus || memoryMiB !== spec.memoryMiB
    const firmware = firmwareOf(plan)
    const isSame = secureBoot === spec.secureBoot && vTpm === (spec.vtpm !== null)
    if (!isOther && isSame && firmware === spec.firmware) return
    // First what is to be measured: killed in between, it is done again. Of a disk that ran before nothing is foretold.
    if (diskIn(plan.image) === null)
      await this.#foretell(plan, await this.#image(plan.image, signal), signal)
    if (isOther) await machine.reshape({ vcpus, memoryMiB })
    if (firmware !== spec.firmware) await machine.setFirmware(firmware)
    if (vTpm !== (spec.vtpm !== null)) await machine.setVtpm(vTpm)
    if (secureBoot !== spec.secureBoot) await machine.setSecureBoot(secureBoot)
  }

  async reimage(plan: MachinePlan, signal: AbortSignal): Promise<void> {
    const image = await this.#image(plan.image, signal)
    await this.#foretell(plan, image, signal)
    await this.#host.machine(plan.id).replaceDisk({ path: image.path, format: image.format })
  }

  async putDataDisks(id: string, disks: readonly DiskPlan[]): Promise<void> {
    const machine = this.#host.machine(id)
    const wanted = new Map(disks.map((disk) => [disk.lun, this.#disks.pathOf(disk.diskId)]))
    for (const { lun, path } of machine.spec.dataDisks ?? [])
      if (wanted.get(lun) !== path) await machine.detachDisk(lun)
    for (const { lun, diskId, sizeGiB } of disks) {
      const path = await this.#disks.ensure(diskId, sizeGiB)
      const isThere = machine.spec.dataDisks?.some((disk) => disk.lun === lun) ?? false
      if (!isThere) await machine.attachDisk({ lun, path, format: 'qcow2' })
      await machine.resizeDisk(lun, sizeGiB * GIB)
    }
  }

  async fillDisk(
    { diskId, source, variables, sizeGib: asked, isSystem }: Filling,
    tell: (step: string) => void,
    signal: AbortSignal,
  ): Promise<Filled> {
    if (source.kind === 'disk') {
      const sizeGib = await this.#disks.copy(source.id, diskId, asked!)
      return { sizeGib, examination: null }
    }
    return this.#images.withFile(source, tell, signal, async (path) => {
      const examination = isSystem ? await this.#images.look(path, tell) : null
      const store =
        variables === null ? null : await this.#images.variablesIn(variables, tell, signal)
      tell('making the disk')
      const sizeGib = await this.#disks.take(path, diskId, asked)
      const osType = examination?.osType ?? 'Linux'
      await this.#disks.keepFacts(diskId, { variables: store, osType })
      return { sizeGib, examination }
    })
  }

  async lacksForUefi(id: string): Promise<readonly string[]> {
    const { disk, spec } = this.#host.machine(id)
    const { rows } = await examineFile(disk.path, disk.format, keysFor(systemOf(spec)))
    return rows
      .filter(({ what, state }) => NEEDED_FOR_UEFI.includes(what) && state !== 'works')
      .map(({ what, reason }) => `${what} (${reason})`)
  }

  async deleteDisk(diskId: string): Promise<void> {
    this.#disks.remove(diskId)
  }

  /** From the system: nobody listens there now. */
  async freePort(): Promise<number> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    return port
  }

  async facts(id: string): Promise<HostFacts | null> {
    const machine = this.#find(id)
    const references = await readDurably(this.#referencesPath(id), REFERENCES_BYTES_MAX)
    const identity = machine?.identity ?? null
    if (machine === null || identity === null) return null
    const { vm, generation, akName, retiredAkNames } = identity
    const anchors = [Certificate.decode(this.#host.trustAnchor)]
    const shape = await this.#shapeOf(machine.spec)
    const expectation = { vm, generation, akName, retiredAkNames, anchors, machine: shape }
    // Without them the VM may have come with variables of its own, which nobody asked for.
    if (references === null) return { expectation, references, host: null }
    const now = await this.#firmwareFile.get()
    return { expectation, references, host: await hostPartOf(machine, now, this.#firmwareSha256) }
  }

  async #shapeOf({
    memoryMiB,
    vcpus,
  }: Pick<MachinePlan, 'memoryMiB' | 'vcpus'>): Promise<MachineShape> {
    const { accelerator } = await this.#host.acceleration()
    return { firmwareSha256: this.#firmwareSha256, memoryMiB, vcpus, accelerator }
  }

  async anchors(): Promise<readonly Uint8Array[]> {
    return [this.#host.trustAnchor]
  }

  collectEvidence(id: string, request: EvidenceRequest): Promise<Evidence> {
    return this.#host.machine(id).collectEvidence(request)
  }

  async console(id: string): Promise<string | null> {
    return this.#find(id)?.consoleTail() ?? null
  }

  async runCommand(id: string, command: Command, timeoutSeconds: number): Promise<CommandEnd> {
    try {
      return await this.#host.machine(id).runScript({ ...command, timeoutSeconds })
    } catch (error) {
      if (!(error instanceof MachineError)) throw error
      throw new ArmError({
        status: 409,
        code: 'VMAgentStatusCommunicationError',
        message: error.message,
      })
    }
  }

  async screenshot(id: string): Promise<Uint8Array | null> {
    const machine = this.#find(id)
    return machine?.status().state === 'running' ? machine.screenshot() : null
  }

  async capacity(): Promise<Capacity> {
    const acceleration = await this.#host.acceleration()
    const { accelerator } = acceleration
    const noWindows = whyNoWindows(acceleration)
    const diskGib = await this.#disks.roomGib()
    return { ...this.#host.capacity(), accelerator, noWindows, diskGib }
  }

  /** What the host tells. */
  ended(id: string): void {
    this.#told(id)
  }

  watch(told: (id: string) => void): void {
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

function specOf(plan: MachinePlan, image: Image, signatures: SecureBootTemplate): MachineSpec {
  const { id, name, vcpus, memoryMiB, secureBoot, vTpm, network, seed } = plan
  const { machineOwnerKeys, guestCommands } = plan
  return {
    ...{ id, name, vcpus, memoryMiB, secureBoot, machineOwnerKeys, guestCommands },
    disk: { path: image.path, format: image.format },
    guest: plan.osType === 'Windows' ? 'windows' : 'linux',
    // Of no use to a kernel that does not ask for it; Windows' protection of its kernel from devices does.
    iommu: plan.osType === 'Windows',
    firmware: firmwareOf(plan),
    // also without Secure Boot: it may be switched on later
    signatures,
    vtpm: vTpm ? { banks: BANKS } : null,
    network: network === null ? null : userNetwork(network),
    dataDisks: [],
    seed:
      seed === null ? null : { userData: toUtf8(seed.userData), metaData: toUtf8(seed.metaData) },
  }
}

function firmwareOf({ generation }: Pick<MachinePlan, 'generation'>): 'uefi' | 'bios' {
  return generation === 'V1' ? 'bios' : 'uefi'
}

function systemOf({ guest }: Pick<RecordedSpec, 'guest'>): 'Linux' | 'Windows' {
  return guest === 'windows' ? 'Windows' : 'Linux'
}

function userNetwork({
  macAddress,
  sshPort,
}: NonNullable<MachinePlan['network']>): NonNullable<MachineSpec['network']> {
  const forwards =
    sshPort === null
      ? []
      : [{ hostAddress: '127.0.0.1' as const, hostPort: sshPort, guestPort: 22 }]
  return { kind: 'user', mac: macAddress, forwards }
}

/** The disk that a VM takes as its own; null: it is made of an image. */
function diskIn(image: string): string | null {
  return image.startsWith('disk:') ? image.slice('disk:'.length) : null
}

/** The host's own trouble, no refusal. */
const VTPM_TROUBLES: readonly string[] = ['vtpm-failed', 'vtpm-exists']

function refusalOf(error: unknown): StartRefused | null {
  const isVtpms = error instanceof VtpmError && !VTPM_TROUBLES.includes(error.code)
  const isFirmwares = error instanceof FirmwareError && error.code !== 'firmware-missing'
  if (!isVtpms && !isFirmwares) return null
  const component = isVtpms ? 'vTPM' : 'variable store'
  return new StartRefused(error.code, component, error.message, { cause: error })
}

function isMissing(error: unknown): boolean {
  return error instanceof HostError && error.code === 'machine-missing'
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(signal.reason)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}
