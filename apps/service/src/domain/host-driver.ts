import type { Duplex } from 'node:stream'
import type { Expectation, HostPart, HostStart, MachineShape } from '@trusted-launch/attestation'
import type { Examination } from '@trusted-launch/bootchain'
import type { Evidence, EvidenceRequest } from '@trusted-launch/channel'
import type { MoreSignatures, SecureBootTemplate } from '@trusted-launch/uefi'
import type { NetworkPlan } from './network/network-plan.ts'
import type { NetworkPart } from './network/planned.ts'
import type { DiskSource, ImageSource, Source } from './sources.ts'
import type { Command, CommandEnd } from './vm/run-command.ts'

/** What a VM is to be on its host. */
export interface MachinePlan {
  /** Names it on the host: lower case letters, digits and `-`, at most 64. */
  readonly id: string
  readonly name: string
  readonly vcpus: number
  readonly memoryMiB: number
  /**
   * `small@2026.11.28`: a platform image in a version; `small` of a VM that was made before they had any; `sha256:…` of
   * an imported one, or `disk:ID` of a disk that it takes as its own.
   */
  readonly image: string
  /** How large its own disk is at least, in GiB; null: as large as its image's. */
  readonly osDiskGib: number | null
  readonly secureBoot: boolean
  /** False: a VM without a TPM, which proves nothing. */
  readonly vTpm: boolean
  /** The restore point whose vTPM it begins with; null, also when not given: a new one. */
  readonly vtpmOf?: string | null
  readonly network: {
    readonly macAddress: string
    readonly sshPort: number | null
    /** Its part in a virtual network; null: none. */
    readonly part: NetworkPart | null
  } | null
  readonly osType: 'Linux' | 'Windows'
  /** Generation 1 is started by a BIOS: no Secure Boot, no vTPM. */
  readonly generation: 'V1' | 'V2'
  /** The keys that its firmware begins with; null: its system's own. */
  readonly signatures: SecureBootTemplate | null
  /** Certificates, in DER, that shim is to trust besides its vendor's. */
  readonly machineOwnerKeys: readonly Uint8Array[]
  /** Whether its guest's agent may be asked to run commands. */
  readonly guestCommands: boolean
  /** cloud-init's, or null. */
  readonly seed: { readonly userData: string; readonly metaData: string } | null
}

/** Somebody's image as its host keeps it. */
export interface KeptImage {
  /** `sha256:…`, of its file. */
  readonly name: string
  readonly sha256: string
  readonly format: 'raw' | 'qcow2'
  readonly fileBytes: number
  readonly examination: Examination
}

/** What a new disk is to hold. */
export interface Filling {
  readonly diskId: string
  readonly source: DiskSource
  /** A variable store of OVMF that its VM is to begin with; null: none. */
  readonly variables: Source | null
  /** Null: what the source has. */
  readonly sizeGib: number | null
  /** Whether a VM may start from it: it is looked at then. */
  readonly isSystem: boolean
  /** Null, also when not given: it was not sent for this disk. */
  readonly sent?: Sent | null
}

/** A file that was sent for a disk. */
export interface Sent {
  /** What it has to hash to, in hexadecimal; null: nobody said. */
  readonly sha256: string | null
  readonly sizeBytes: number
}

export interface Filled {
  /** At least what was asked for. */
  readonly sizeGib: number
  /** Null: it was not looked at. */
  readonly examination: Examination | null
}

/** What a snapshot is taken of: another snapshot, or a disk, with the machine that its resource says has it. */
export type SnapshotSource =
  | { readonly kind: 'snapshot'; readonly id: string }
  | {
      readonly kind: 'disk'
      readonly id: string
      readonly sizeGib: number
      /** `isOwn`: the machine starts from it. */
      readonly holder: { readonly machine: string; readonly isOwn: boolean } | null
    }

export interface TakenSnapshot {
  /** `stopped`: nobody wrote to it. `crash`: as after a power cut at that moment. */
  readonly consistency: 'stopped' | 'crash'
}

/** A machine that is to be kept as it is, under a name of the point's own: its disks (null: its own), variables, vTPM. */
export interface AskedRestorePoint {
  readonly point: string
  readonly machine: string
  readonly luns: readonly (number | null)[]
}

export interface TakenRestorePoint extends TakenSnapshot {
  /** Which vTPM it has; null: none. */
  readonly generation: number | null
}

/** A data disk of a VM. */
export interface DiskPlan {
  /** 0 to 63 */
  readonly lun: number
  /** The id of its resource. */
  readonly diskId: string
  readonly sizeGiB: number
}

/**
 * `exited`: its guest powered off. `crashed`: nobody asked it to end. `vtpm-lost`: it stands still, since its vTPM went
 * away while it ran; nothing but a stop and a start gives it one again.
 */
export type MachinePower =
  | 'running'
  | 'held'
  | 'stopped'
  | 'exited'
  | 'crashed'
  | 'vtpm-lost'
  | 'unreachable'

/** How a boot went. */
export type Boot =
  | { readonly kind: 'agent'; readonly version: string }
  /** The deadline passed and nothing spoke against it: an image without an agent. */
  | { readonly kind: 'silent' }
  | {
      readonly kind: 'failed'
      readonly code: string
      readonly component: string | null
      readonly message: string
      /** What the stopped disk says, not the console alone, which a guest writes too. */
      readonly confirmed: boolean
      /** Its console's last line that says something; empty: none does. */
      readonly lastLine: string
    }

/** A host does not start a VM whose vTPM or variables are not what it has on record. */
export class StartRefused extends Error {
  /** `vtpm-…`, or the firmware's. */
  readonly code: string
  readonly component: 'vTPM' | 'variable store'

  constructor(
    code: string,
    component: StartRefused['component'],
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'StartRefused'
    this.code = code
    this.component = component
  }
}

/** What a verdict on a VM needs from the host's own records; nothing of it from the guest. */
export interface HostFacts {
  readonly expectation: Pick<
    Expectation,
    'vm' | 'generation' | 'akName' | 'retiredAkNames' | 'machine' | 'anchors'
  >
  /** Reference values made before the first boot, as kept; null: its boot could not be foretold. */
  readonly references: Uint8Array | null
  /** What the host runs it with, and what it was asked to; null: nothing was asked that it could compare. */
  readonly host: { readonly actual: HostPart; readonly wanted: HostPart } | null
  /** What it did to the vTPM, and saw of it; null: it does not say. */
  readonly starts: HostStarts | null
}

/** The starts of a vTPM, as its host knows them. */
export interface HostStarts {
  /** What the extend-only index held at each of the last ones, oldest first. */
  readonly index: readonly HostStart[]
  /** Nonces (hexadecimal) that were sent since the last of them and not answered, oldest first. */
  readonly unanswered: readonly string[]
  /** How often it was started, counted from where only the host knows: to be compared while `run` is the same. */
  readonly resets: number
  /** Another one: the host did not see all that happened in between. */
  readonly run: string
}

/**
 * `ended`: by itself, it stands still without its vTPM, or it cannot be asked any more; `power` tells which. `reset`: the guest, or somebody, started it
 * anew. `agent`: its agent opened its port.
 */
export type HostEvent = 'ended' | 'reset' | 'agent'

export interface Capacity {
  readonly vcpus: number
  readonly memoryMiB: number
  /** What no VM has been promised. */
  readonly freeMemoryMiB: number
  /** Of the VMs that run. */
  readonly runningVcpus: number
  readonly accelerator: 'kvm' | 'tcg'
  /** What disks may take in all, used or not, in GiB: the host's own reserve and what others use is not in it. */
  readonly diskGib: number
  /** Why it runs no Windows guest; null: it does. */
  readonly noWindows: string | null
  /** Why it makes no virtual networks, so that each VM is alone; null: it does. */
  readonly noNetworks: string | null
  /**
   * The versions of the platform's images, by name, the oldest first: those it keeps, and the one that it would build
   * now. One it tells nothing of is built when it is first used.
   */
  readonly images: Readonly<Record<string, readonly string[]>>
}

/** What files on a host are named by on record. */
export type HostFileKind = 'disk' | 'snapshot' | 'restorePoint' | 'image'

/** A file that a record names: by the id of a disk or snapshot, a restore point's own name, an image's `sha256:…`. */
export interface NamedFile {
  readonly kind: HostFileKind
  readonly name: string
}

/** A file on a host that no record names: of what was killed half-way, or could not be undone. */
export interface Leftover {
  readonly kind: HostFileKind
  /** What the host calls it. */
  readonly name: string
  /** What it takes. */
  readonly bytes: number
  /** When its host last changed anything of it: `st_ctime`, which nobody sets. Milliseconds since 1970. */
  readonly changedAt: number
}

/** KEK, db and dbx of a VM's variable store, byte for byte; empty: not there. */
export type FirmwareKeys = Readonly<Record<'KEK' | 'db' | 'dbx', Uint8Array>>

/** Another process drives the host, or none does yet: whoever asked asks again, or there. */
export class HostElsewhere extends Error {
  constructor() {
    super('another service of this installation drives the host')
    this.name = 'HostElsewhere'
  }
}

/** A host, as the control plane drives it. Each call may be made again after a crash of either side. */
export interface HostDriver {
  /** The name of the lease whose holder may call. */
  readonly name: string
  /**
   * Makes the image where it is not there yet.
   * @returns its exact name: what is built now may be of another version than the one that was to be built.
   */
  prepareImage(image: string, tell: (step: string) => void, signal: AbortSignal): Promise<string>
  /** Writes a piece of a file that is to become an image or a disk. @throws {ArmError} no room for it. */
  writeUpload(id: string, piece: Uint8Array, offset: number, sizeBytes: number): Promise<void>
  /** Whether anything was written to it, and is there still. */
  hasUpload(id: string): Promise<boolean>
  /** So much of it; what nobody wrote is zeros. */
  readUpload(id: string, offset: number, length: number): Promise<Uint8Array>
  /** Of files that had no piece for a day nothing stays. */
  forgetOldUploads(): Promise<void>
  /**
   * Fetches somebody's image, or copies a disk that nobody writes to, looks at it and keeps it. `isKept` writes down
   * whose it is: the bytes are there when it begins, and no removal of the same bytes comes between.
   * @throws {ArmError}; what `isKept` throws, and the bytes stay.
   */
  takeImage(
    source: ImageSource,
    tell: (step: string) => void,
    signal: AbortSignal,
    isKept: (kept: KeptImage) => Promise<void>,
  ): Promise<void>
  /** Removes an image's bytes, unless they are somebody's: asked when nobody is about to become so. Again is the same. */
  removeImage(name: string, isSomebodys: () => Promise<boolean>): Promise<void>
  /** What was uploaded is not wanted any more. */
  forgetSource(source: Source): Promise<void>
  /** Makes the VM and its reference values, before anything of it boots; nothing happens when it is there. */
  create(plan: MachinePlan, signal: AbortSignal): Promise<void>
  /**
   * Nothing happens when it is gone. With `kept`, the id of its own disk's resource, that disk's bytes and the VM's
   * variables are kept under it: for another VM.
   */
  delete(id: string, kept?: string | null): Promise<void>
  /** Null: there is none. */
  power(id: string): Promise<MachinePower | null>
  machines(): Promise<readonly string[]>
  /** Nothing happens when it runs. @throws {StartRefused} what the VM is kept in is not what it was. */
  start(id: string): Promise<void>
  stop(id: string, options: { readonly graceful: boolean }): Promise<void>
  /** The reset button. */
  restart(id: string): Promise<void>
  /** Takes a VM's network away, or gives it back: at once, and at each start from the beginning on. */
  setIsolated(id: string, isolated: boolean): Promise<void>
  /** Waits until the agent answers, the boot fails, or the time is over. */
  waitForBoot(id: string, timeoutMs: number, signal: AbortSignal): Promise<Boot>
  /** Brings a stopped VM, and what it is to measure, to its plan: shape, Secure Boot, vTPM, network, the size of its disk. */
  change(plan: MachinePlan, signal: AbortSignal): Promise<void>
  /** The pristine disk again, the same vTPM; a stopped VM only. */
  reimage(plan: MachinePlan, signal: AbortSignal): Promise<void>
  /** Attaches, detaches and grows until the VM has these data disks; while it runs, too. */
  putDataDisks(id: string, disks: readonly DiskPlan[]): Promise<void>
  /**
   * Gives a new disk its bytes; done again it is the same.
   * @throws {ArmError} no disk file, larger than asked for, or no room.
   */
  fillDisk(filling: Filling, tell: (step: string) => void, signal: AbortSignal): Promise<Filled>
  /**
   * Keeps a disk as it is at one moment, with the variable store of the machine that starts from it; a machine that
   * runs goes on. Done again it is the same. @throws {ArmError} no room, or no bytes of it are here.
   */
  takeSnapshot(
    snapshot: { readonly id: string; readonly source: SnapshotSource },
    tell: (step: string) => void,
    signal: AbortSignal,
  ): Promise<TakenSnapshot>
  /** The size of the disk in a snapshot. @throws {ArmError} it is not here. */
  snapshotBytes(id: string): Promise<number>
  /** @throws {ArmError} it is not here. */
  readSnapshot(id: string, offset: number, length: number): Promise<Uint8Array>
  /** The variable store that a snapshot has, sealed: only this host opens it. Null: it has none. */
  guestState(id: string): Promise<Uint8Array | null>
  /** Nothing happens when it is gone. */
  deleteSnapshot(id: string): Promise<void>
  /** Keeps a machine as it is at one moment, sealed; one that runs goes on. Nothing happens when it is there. @throws {ArmError} */
  takeRestorePoint(
    asked: AskedRestorePoint,
    tell: (step: string) => void,
    signal: AbortSignal,
  ): Promise<TakenRestorePoint>
  /** Nothing happens when it is gone. */
  deleteRestorePoint(point: string): Promise<void>
  /**
   * Puts a stopped machine back to a point, its own disk and the data disks at these places, and lets whoever looks
   * at its vTPM next know. Begun and not done, it does not start until it is done again. @throws {ArmError}
   */
  restore(id: string, point: string, luns: readonly number[], signal: AbortSignal): Promise<void>
  /** What the firmware of a VM trusts and forbids now; null: no UEFI starts it. */
  firmwareKeys(id: string): Promise<FirmwareKeys | null>
  /**
   * What the disk of a stopped VM starts, and its firmware would refuse with these keys and does not now: `loader`,
   * `GRUB`, `kernel`; null: nothing, or it can't be told. @throws {ArmError} its firmware keeps no more.
   */
  refusesWith(id: string, more: MoreSignatures): Promise<string | null>
  /**
   * Adds keys to those of a stopped VM, as far as it has them not, and first to what it is to measure. Done again it is
   * the same. @returns what its firmware has then. @throws {ArmError} its firmware keeps no more.
   */
  addFirmwareKeys(
    plan: MachinePlan,
    more: MoreSignatures,
    signal: AbortSignal,
  ): Promise<FirmwareKeys>
  /** What the disk of a stopped VM lacks to boot by UEFI: `a GPT …`; none: nothing. */
  lacksForUefi(id: string): Promise<readonly string[]>
  /** What a disk held, the copy that may be read of it, and what was sent for it are gone; nothing happens when there is none. */
  deleteDisk(diskId: string): Promise<void>
  /**
   * The port of the host's loopback that leads to a stopped VM's SSH: `kept`, unless somebody else has it by now;
   * else one that no connection of the system's own takes. Null: it has none yet.
   */
  sshPort(id: string, kept: number | null): Promise<number>
  /**
   * Makes a virtual network what it is to be, for VMs that run, too; where the host makes none, nothing happens: its VMs
   * are each alone.
   */
  putNetwork(plan: NetworkPlan): Promise<void>
  /** Nothing happens when it is gone. */
  removeNetwork(id: string): Promise<void>
  /** The ids of the networks there are. */
  networks(): Promise<readonly string[]>
  /** The files that no record names. `named` is asked once they are all listed: what is made meanwhile is on record first. */
  leftovers(named: () => AsyncIterable<NamedFile>): Promise<readonly Leftover[]>
  /**
   * Removes a file that no record names, unless it changed since, a VM has it, or `isSomebodys`: asked when nobody is
   * about to become so. @returns whether it went.
   */
  removeLeftover(file: Leftover, isSomebodys: () => Promise<boolean>): Promise<boolean>
  facts(id: string): Promise<HostFacts | null>
  /** The authorities that certify its vTPMs' keys, in DER. */
  anchors(): Promise<readonly Uint8Array[]>
  collectEvidence(id: string, request: EvidenceRequest): Promise<Evidence>
  /** The serial console's end, Latin-1; null: there is no such VM. */
  console(id: string): Promise<string | null>
  /**
   * The serial console of a running VM: what it prints from now on, and what is written is typed. One has it at a time.
   * @throws {ArmError} a `ConsoleEnd`
   */
  openConsole(id: string): Promise<Duplex>
  /** The screen of a running VM and its keyboard, by RFB. @throws {ArmError} a `ConsoleEnd` */
  openScreen(id: string): Promise<Duplex>
  /** Has the guest of a running VM run a script. @throws {ArmError} nobody there does. */
  runCommand(id: string, command: Command, timeoutSeconds: number): Promise<CommandEnd>
  /** PNG; null: it does not run. */
  screenshot(id: string): Promise<Uint8Array | null>
  capacity(): Promise<Capacity>
  /** Tells, from now on, what becomes of a VM that nobody asked for. */
  watch(told: (id: string, what: HostEvent) => void): void
  close(): Promise<void>
}

export type { MachineShape }
