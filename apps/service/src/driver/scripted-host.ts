import { createHash } from 'node:crypto'
import { type Duplex, PassThrough } from 'node:stream'
import { ArmError } from '@trusted-launch/api'
import type { Examination } from '@trusted-launch/bootchain'
import type { Evidence, EvidenceRequest } from '@trusted-launch/channel'
import { concat, encode } from '@trusted-launch/codec'
import {
  databaseOf,
  decodeSignatureDatabase,
  type MoreSignatures,
  missingSignatures,
  SignatureDatabase,
} from '@trusted-launch/uefi'
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
import type { ImageSource, Source } from '../domain/sources.ts'
import type { Command, CommandEnd } from '../domain/vm/run-command.ts'
import { NamedTurns } from './named-turns.ts'

/** What a scripted host is to do; time and failures are all that it makes up. */
export interface Script {
  /** Before each deed, by its name and the VM. @throws what the deed is to fail with. */
  readonly before?: (deed: string, id: string, signal?: AbortSignal) => Promise<void> | void
  readonly boot?: (id: string) => Boot
  readonly capacity?: Partial<Capacity>
  /** The exact name of an image; by default the one that was asked for. */
  readonly prepared?: (image: string) => string
  /** By default the one that it has. */
  readonly sshPort?: (id: string, kept: number | null) => number
  /** What is found when an image is looked at. */
  readonly examination?: Partial<Examination>
  /** What the disks of its VMs lack to boot by UEFI. */
  readonly lacks?: readonly string[]
  /** What the firmware of its VMs begins with; by default nothing at all. */
  readonly firmwareKeys?: FirmwareKeys
  /** What on the disks of its VMs would be refused with more keys. */
  readonly refuses?: string
  /** A VM's serial port; by default it prints what is typed. */
  readonly serial?: (id: string) => Duplex
  /** Its screen, by RFB; by default there is none. */
  readonly screen?: (id: string) => Duplex
  /** How a command ends; by default its script is its output. */
  readonly command?: (command: Command) => CommandEnd
}

/** What it keeps of a disk, and how large one is that it was told nothing of. */
const CONTENTS_MAX = 64 << 20
const DISK_BYTES = 1 << 20
const NOTHING = new Uint8Array(0)
const NO_KEYS: FirmwareKeys = { KEK: NOTHING, db: NOTHING, dbx: NOTHING }
const SIZE_MAX_GIB = 32_767
const SUPPORTED: Examination = {
  rows: [],
  hyperVGeneration: 'V2',
  startsBy: 'UEFI',
  architecture: 'x64',
  osType: 'Linux',
  distribution: 'debian',
  securityType: 'TrustedLaunchSupported',
  conclusion: 'TrustedLaunchSupported',
  sizeBytes: 1 << 30,
}

/**
 * A host without VMs: it remembers what it was told, so that what the control plane does can be tried without
 * booting. What it remembers may be kept outside, to outlive the process that drives it.
 */
export class ScriptedHost implements HostDriver {
  readonly name = 'local'
  /** The data disks that each VM has. */
  readonly disks = new Map<string, readonly DiskPlan[]>()
  /** The images of others, by name, and the bytes of uploads. */
  readonly images = new Set<string>()
  readonly uploads = new Map<string, number>()
  /** The bytes of uploads, disks and snapshots, where they are few. */
  readonly contents = new Map<string, Uint8Array>()
  /** The disks that were given bytes, and whose. */
  readonly filled = new Map<string, Filling>()
  /** The snapshots that were taken, and of what. */
  readonly snapshots = new Map<string, SnapshotSource>()
  /** The restore points that were taken, by their names here. */
  readonly points = new Map<string, AskedRestorePoint>()
  /** What was put back, in order. */
  readonly restored: { readonly id: string; readonly point: string; luns: readonly number[] }[] = []
  /** The keys of firmware that were added to, by the VM. */
  readonly firmware = new Map<string, FirmwareKeys>()
  /** The VMs without a network. */
  readonly isolated = new Set<string>()
  /** The own disks that were kept when their VM went. */
  readonly kept: string[] = []
  /** The virtual networks there are, by their ids. */
  readonly networkPlans = new Map<string, NetworkPlan>()
  /** The files that lie there, by the names that records have for them. */
  readonly files = new Set<Leftover>()
  readonly #imageTurns = new NamedTurns()
  readonly #script: Script
  #told: (id: string, what: HostEvent) => void = () => {}
  readonly #machines: Map<string, { plan: MachinePlan; power: MachinePower }>

  constructor(
    script: Script = {},
    machines = new Map<string, { plan: MachinePlan; power: MachinePower }>(),
  ) {
    this.#script = script
    this.#machines = machines
  }

  async prepareImage(
    image: string,
    _tell: (step: string) => void,
    signal: AbortSignal,
  ): Promise<string> {
    await this.#do('prepareImage', image, signal)
    return this.#script.prepared?.(image) ?? image
  }

  async writeUpload(
    id: string,
    piece: Uint8Array,
    offset: number,
    sizeBytes: number,
  ): Promise<void> {
    await this.#do('writeUpload', id)
    this.uploads.set(id, (this.uploads.get(id) ?? 0) + piece.length)
    if (sizeBytes > CONTENTS_MAX) return
    const bytes = this.contents.get(id) ?? new Uint8Array(sizeBytes)
    bytes.set(piece, offset)
    this.contents.set(id, bytes)
  }

  async hasUpload(id: string): Promise<boolean> {
    return this.uploads.has(id)
  }

  async readUpload(id: string, offset: number, length: number): Promise<Uint8Array> {
    return this.contents.get(id)?.slice(offset, offset + length) ?? new Uint8Array(length)
  }

  async forgetOldUploads(): Promise<void> {
    await this.#do('forgetOldUploads', '')
  }

  /** Its name follows from where it comes from. */
  async takeImage(
    source: ImageSource,
    _tell: (step: string) => void,
    signal: AbortSignal,
    isKept: (kept: KeptImage) => Promise<void>,
  ): Promise<void> {
    const from = source.kind === 'url' ? source.url : source.id
    await this.#do('takeImage', from, signal)
    const sha256 = createHash('sha256').update(from).digest('hex')
    const name = `sha256:${sha256}`
    const examination = { ...SUPPORTED, ...this.#script.examination }
    await this.#imageTurns.take(name, async () => {
      this.images.add(name)
      await isKept({ name, sha256, format: 'raw', fileBytes: 1 << 30, examination })
    })
  }

  removeImage(name: string, isSomebodys: () => Promise<boolean>): Promise<void> {
    return this.#imageTurns.take(name, async () => {
      if (await isSomebodys()) return
      await this.#do('removeImage', name)
      this.images.delete(name)
    })
  }

  async forgetSource(source: Source): Promise<void> {
    if (source.kind !== 'upload') return
    this.uploads.delete(source.id)
    this.contents.delete(source.id)
  }

  async create(plan: MachinePlan): Promise<void> {
    await this.#do('create', plan.id)
    if (!this.#machines.has(plan.id)) this.#machines.set(plan.id, { plan, power: 'stopped' })
  }

  async delete(id: string, kept: string | null = null): Promise<void> {
    await this.#do('delete', id)
    if (kept !== null && this.#machines.has(id)) this.kept.push(kept)
    this.#machines.delete(id)
  }

  async power(id: string): Promise<MachinePower | null> {
    return this.#machines.get(id)?.power ?? null
  }

  async machines(): Promise<readonly string[]> {
    return [...this.#machines.keys()]
  }

  start(id: string): Promise<void> {
    return this.#set('start', id, 'running')
  }

  stop(id: string): Promise<void> {
    return this.#set('stop', id, 'stopped')
  }

  restart(id: string): Promise<void> {
    return this.#set('restart', id, 'running')
  }

  async setIsolated(id: string, isolated: boolean): Promise<void> {
    await this.#do(isolated ? 'isolate' : 'connect', id)
    if (isolated) this.isolated.add(id)
    else this.isolated.delete(id)
  }

  async waitForBoot(id: string): Promise<Boot> {
    await this.#do('waitForBoot', id)
    return this.#script.boot?.(id) ?? { kind: 'silent' }
  }

  async change(plan: MachinePlan): Promise<void> {
    await this.#do('change', plan.id)
    this.#machines.set(plan.id, { ...this.#require(plan.id), plan })
  }

  async reimage(plan: MachinePlan): Promise<void> {
    await this.#do('reimage', plan.id)
    this.#machines.set(plan.id, { ...this.#require(plan.id), plan })
  }

  async putDataDisks(id: string, disks: readonly DiskPlan[]): Promise<void> {
    await this.#do('putDataDisks', id)
    this.disks.set(id, disks)
  }

  async fillDisk(
    filling: Filling,
    _tell: (step: string) => void,
    signal: AbortSignal,
  ): Promise<Filled> {
    const { diskId, sizeGib, isSystem } = filling
    await this.#do('fillDisk', diskId, signal)
    this.filled.set(diskId, filling)
    const from = filling.source.kind === 'url' ? undefined : this.contents.get(filling.source.id)
    if (from !== undefined) this.contents.set(diskId, from)
    const examination = isSystem ? { ...SUPPORTED, ...this.#script.examination } : null
    return { sizeGib: sizeGib ?? 1, examination }
  }

  async takeSnapshot(
    { id, source }: { id: string; source: SnapshotSource },
    _tell: (step: string) => void,
    signal: AbortSignal,
  ): Promise<TakenSnapshot> {
    await this.#do('takeSnapshot', id, signal)
    this.snapshots.set(id, source)
    this.contents.set(id, (this.contents.get(source.id) ?? new Uint8Array(DISK_BYTES)).slice())
    const holder = source.kind === 'disk' ? source.holder : null
    const isRunning = holder !== null && (await this.power(holder.machine)) === 'running'
    return { consistency: isRunning ? 'crash' : 'stopped' }
  }

  async snapshotBytes(id: string): Promise<number> {
    return this.#content(id).length
  }

  async readSnapshot(id: string, offset: number, length: number): Promise<Uint8Array> {
    await this.#do('readSnapshot', id)
    return this.#content(id).slice(offset, offset + length)
  }

  async guestState(id: string): Promise<Uint8Array | null> {
    return Buffer.from(`sealed ${id}`)
  }

  async deleteSnapshot(id: string): Promise<void> {
    await this.#do('deleteSnapshot', id)
    this.snapshots.delete(id)
    this.contents.delete(id)
  }

  async takeRestorePoint(
    asked: AskedRestorePoint,
    _tell: (step: string) => void,
    signal: AbortSignal,
  ): Promise<TakenRestorePoint> {
    await this.#do('takeRestorePoint', asked.point, signal)
    this.points.set(asked.point, asked)
    const isRunning = (await this.power(asked.machine)) === 'running'
    return { consistency: isRunning ? 'crash' : 'stopped', generation: 1 }
  }

  async deleteRestorePoint(point: string): Promise<void> {
    await this.#do('deleteRestorePoint', point)
    this.points.delete(point)
  }

  async restore(id: string, point: string, luns: readonly number[]): Promise<void> {
    await this.#do('restore', id)
    this.restored.push({ id, point, luns })
  }

  async firmwareKeys(id: string): Promise<FirmwareKeys | null> {
    if (this.plan(id)?.generation === 'V1') return null
    return this.firmware.get(id) ?? this.#script.firmwareKeys ?? NO_KEYS
  }

  async refusesWith(): Promise<string | null> {
    return this.#script.refuses ?? null
  }

  async addFirmwareKeys(
    plan: MachinePlan,
    more: MoreSignatures,
    signal: AbortSignal,
  ): Promise<FirmwareKeys> {
    await this.#do('addFirmwareKeys', plan.id, signal)
    const held = (await this.firmwareKeys(plan.id))!
    const databases = {
      KEK: decodeSignatureDatabase(held.KEK),
      db: decodeSignatureDatabase(held.db),
      dbx: decodeSignatureDatabase(held.dbx),
    }
    const missing = missingSignatures(databases, more)
    const bytes = (list: keyof FirmwareKeys) =>
      concat(held[list], encode(SignatureDatabase, databaseOf(missing[list])))
    const keys = { KEK: bytes('KEK'), db: bytes('db'), dbx: bytes('dbx') }
    this.firmware.set(plan.id, keys)
    return keys
  }

  async lacksForUefi(): Promise<readonly string[]> {
    return this.#script.lacks ?? []
  }

  async deleteDisk(diskId: string): Promise<void> {
    await this.#do('deleteDisk', diskId)
    this.snapshots.delete(copyOf(diskId))
    for (const sent of [uploadOf(diskId), guestStateOf(diskId)]) this.uploads.delete(sent)
    for (const id of [diskId, ...this.contents.keys()])
      if (id.startsWith(diskId)) this.contents.delete(id)
  }

  async putNetwork(plan: NetworkPlan): Promise<void> {
    await this.#do('putNetwork', plan.id)
    this.networkPlans.set(plan.id, plan)
  }

  async removeNetwork(id: string): Promise<void> {
    await this.#do('removeNetwork', id)
    this.networkPlans.delete(id)
  }

  async networks(): Promise<readonly string[]> {
    return [...this.networkPlans.keys()]
  }

  async sshPort(id: string, kept: number | null): Promise<number> {
    return this.#script.sshPort?.(id, kept) ?? kept ?? 22
  }

  async leftovers(named: () => AsyncIterable<NamedFile>): Promise<readonly Leftover[]> {
    const left = new Set(this.files)
    await this.#do('leftovers', '')
    for await (const { kind, name } of named())
      for (const file of left) if (file.kind === kind && file.name === name) left.delete(file)
    return [...left]
  }

  async removeLeftover(file: Leftover, isSomebodys: () => Promise<boolean>): Promise<boolean> {
    if (await isSomebodys()) return false
    await this.#do('removeLeftover', file.name)
    return this.files.delete(file)
  }

  async facts(): Promise<HostFacts | null> {
    return null
  }

  async anchors(): Promise<readonly Uint8Array[]> {
    return []
  }

  async collectEvidence(_id: string, _request: EvidenceRequest): Promise<Evidence> {
    throw new Error('a scripted host has no evidence')
  }

  async console(): Promise<string> {
    return 'Linux version 0.0.0\n'
  }

  async openConsole(id: string): Promise<Duplex> {
    await this.#do('openConsole', id)
    return this.#script.serial?.(id) ?? new PassThrough()
  }

  async openScreen(id: string): Promise<Duplex> {
    await this.#do('openScreen', id)
    const screen = this.#script.screen?.(id)
    if (screen !== undefined) return screen
    throw new ArmError({ status: 409, code: 'ScreenNotThere', message: 'it has no screen' })
  }

  async runCommand(id: string, command: Command): Promise<CommandEnd> {
    await this.#do('runCommand', id)
    return this.#script.command?.(command) ?? { exitCode: 0, stdout: command.script, stderr: '' }
  }

  async screenshot(): Promise<Uint8Array | null> {
    return null
  }

  async capacity(): Promise<Capacity> {
    return {
      vcpus: 64,
      memoryMiB: 1 << 20,
      freeMemoryMiB: 1 << 20,
      runningVcpus: 0,
      accelerator: 'tcg',
      diskGib: SIZE_MAX_GIB,
      noWindows: 'it has no KVM',
      noNetworks: null,
      images: {},
      ...this.#script.capacity,
    }
  }

  watch(told: (id: string, what: HostEvent) => void): void {
    this.#told = told
  }

  async close(): Promise<void> {}

  /** A VM that ends without being asked to, and tells. */
  end(id: string, power: 'exited' | 'crashed' | 'vtpm-lost' | 'unreachable'): void {
    this.#machines.set(id, { ...this.#require(id), power })
    this.#told(id, 'ended')
  }

  /** What else is seen of a VM. */
  tell(id: string, what: HostEvent): void {
    this.#told(id, what)
  }

  /** What a VM was last told to be; undefined: there is none. */
  plan(id: string): MachinePlan | undefined {
    return this.#machines.get(id)?.plan
  }

  async #do(deed: string, id: string, signal?: AbortSignal): Promise<void> {
    await this.#script.before?.(deed, id, signal)
  }

  async #set(deed: string, id: string, power: MachinePower): Promise<void> {
    await this.#do(deed, id)
    this.#machines.set(id, { ...this.#require(id), power })
  }

  #content(id: string): Uint8Array {
    const bytes = this.contents.get(id)
    if (bytes === undefined) throw new Error(`there is no snapshot ${id}`)
    return bytes
  }

  #require(id: string) {
    const machine = this.#machines.get(id)
    if (machine === undefined) throw new Error(`there is no VM ${id}`)
    return machine
  }
}
