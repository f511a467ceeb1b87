import { basename, join } from 'node:path'
import { toUtf8 } from '@trusted-launch/codec'
import { fromBase64url, toBase64url } from '@trusted-launch/crypto'
import {
  formatSecureBootTemplate,
  parseSecureBootTemplate,
  type SecureBootTemplate,
} from '@trusted-launch/uefi'
import type { Accounts } from '../accounts.ts'
import type { DataDisk } from '../data-disk.ts'
import { StateError } from '../errors.ts'
import type { Invocation } from '../invocation.ts'
import type { MachineNetwork } from '../network.ts'
import type { ProcessIdentity } from '../process.ts'
import { readJson, writeDurably } from '../state-directory.ts'
import type { CapturedVtpm, VtpmIdentity } from '../vtpm-port.ts'
import type { KeptStore } from './kept-store.ts'
import type { Seed } from './seed.ts'

/** What a VM is to be. */
export interface MachineSpec {
  /** Names its folder: lower case letters, digits and `-`, at most 64. */
  readonly id: string
  /** What people call it. */
  readonly name: string
  readonly memoryMiB: number
  readonly vcpus: number
  /** The image its own disk is copied from; the image is never written to. */
  readonly disk: { readonly path: string; readonly format: 'raw' | 'qcow2' }
  /** Whether the firmware must refuse unsigned code; enforced, or the VM does not start. */
  readonly secureBoot: boolean
  /** The keys of the firmware; null: none, setup mode. */
  readonly signatures: SecureBootTemplate | null
  /** A variable store of OVMF to begin with, in place of one with `signatures`: of a VM that comes from elsewhere. */
  readonly variables?: Uint8Array | null
  /** Another VM's vTPM, to be this one's too; by default a new one. It is kept with the vTPM alone. */
  readonly vtpmOf?: CapturedVtpm | null
  /** Certificates, in DER, that shim is to trust besides its vendor's; by default none. They are kept in the variables alone. */
  readonly machineOwnerKeys?: readonly Uint8Array[]
  /** Null: no TPM, and no identity. */
  readonly vtpm: { readonly banks: readonly ('sha256' | 'sha384')[] } | null
  /** Null, also when not given: no network interface. */
  readonly network?: MachineNetwork | null
  /** Null, also when not given: the guest is told nothing. Only a guest with cloud-init listens. */
  readonly seed?: Seed | null
  /** Null, also when not given: none, and none can come while it runs. Of a list, disks come and go. */
  readonly dataDisks?: readonly DataDisk[] | null
  /** `windows`: told of Hyper-V, and able to virtualize itself; runs under KVM only. By default `linux`. */
  readonly guest?: 'linux' | 'windows'
  /** Whether the guest has an IOMMU, for its own protection from devices. By default not. */
  readonly iommu?: boolean
  /** `bios`: generation 1, for a disk that has no boot loader of UEFI: no Secure Boot, no TPM. By default `uefi`. */
  readonly firmware?: 'uefi' | 'bios'
  /** Whether its manager may have qemu-guest-agent run programs in it. By default not: then the agent finds no port. */
  readonly guestCommands?: boolean
}

type NotOnRecord = 'disk' | 'seed' | 'machineOwnerKeys' | 'variables' | 'vtpmOf'

/** The same on record: nothing is left open, and disks are the VM's own files. */
export interface RecordedSpec extends Required<Omit<MachineSpec, NotOnRecord>> {
  readonly disk: { readonly format: 'raw' | 'qcow2' }
  /** Whether there is one. */
  readonly seed: boolean
}

/** A spec as it is written down. */
export function recordedSpec({
  disk,
  seed,
  machineOwnerKeys: _,
  variables: __,
  vtpmOf: ___,
  ...spec
}: MachineSpec): RecordedSpec {
  return completed({ ...spec, disk: { format: disk.format }, seed: seed != null })
}

/** What could not be given yet when it was written down is not there. */
function completed(spec: WrittenSpec): RecordedSpec {
  const absent = {
    network: null,
    seed: false,
    dataDisks: null,
    guest: 'linux',
    iommu: false,
    guestCommands: false,
    firmware: 'uefi',
  } as const
  return { ...absent, ...spec }
}

type WrittenSpec = Omit<MachineSpec, NotOnRecord> &
  Pick<RecordedSpec, 'disk'> &
  Partial<Pick<RecordedSpec, 'seed'>>

/**
 * Why a VM stands still on purpose: it started over and over, its firmware refused what it was to start, or its vTPM
 * went away while it ran.
 */
export type Held = 'boot-loop' | 'refused' | 'vtpm-lost'

/** Its processes, once they run; null in between: a manager that died there left them unnamed. */
export interface Run {
  readonly qemu: ProcessIdentity | null
  readonly swtpm: ProcessIdentity | null
  /** Written once the firmware was let go. */
  readonly released: boolean
  /** Written before it is held, and gone before it goes on: who takes it over leaves it as it stands. */
  readonly held?: Held
  /** How QEMU was to be started; not there: by a program that did not write it down. */
  readonly asked?: Invocation
}

export interface Kept {
  readonly vtpm: NonNullable<MachineSpec['vtpm']>
  readonly identity: VtpmIdentity
}

/** How the last run ended; `never` before the first. */
export type LastEnd = 'never' | 'stopped' | 'exited' | 'crashed' | 'vtpm-lost'

/** `machine.json`: all that is known of a VM besides its disk, variables and vTPM. */
export interface MachineRecord {
  readonly version: 1
  readonly spec: RecordedSpec
  readonly uuid: string
  readonly accounts: Accounts
  /** Of its vTPM; null when there is none. */
  readonly identity: VtpmIdentity | null
  /** The vTPM that was switched off: its state stays, sealed, until it is switched on. */
  readonly kept: Kept | null
  /** Whether it is to run: asked to start and not to stop since, and its guest did not power off by itself. */
  readonly wanted: boolean
  /** Whether its network's link is off: as from a cable that is out. */
  readonly isolated: boolean
  readonly run: Run | null
  readonly lastEnd: LastEnd
  /** The restore point that it is being put back to: it does not start until that is done. */
  readonly restoring?: string | null
  /** Of its variable store; null, or not there: nobody saw it stop. */
  readonly store?: KeptStore | null
}

export const RECORD = 'machine.json'
/** In the record's place while the VM is being made or removed. */
const UNFINISHED = { version: 1, unfinished: true }

/**
 * Null when the VM was never finished, or is half removed. @throws {StateError} `state-malformed`, also when
 * there is no record: a folder half put back is not to be taken for one half removed.
 */
export function readRecord(folder: string): MachineRecord | null {
  const path = join(folder, RECORD)
  const value = readJson(path) as any
  if (value === null) throw new StateError('state-malformed', path, 'the folder has no record')
  if (value.version === 1 && value.unfinished === true) return null
  if (value.version !== 1 || typeof value.spec?.id !== 'string')
    throw new StateError('state-malformed', path, 'not a machine of version 1')
  if (value.spec.id !== basename(folder))
    throw new StateError('state-malformed', path, 'the machine of another folder')
  const { signatures } = value.spec
  const spec = completed({
    ...value.spec,
    signatures: signatures === null ? null : parseSecureBootTemplate(signatures),
  })
  const { identity, kept = null, wanted = value.run !== null, isolated = false } = value
  return { ...value, spec, wanted, isolated, identity: withBytes(identity), kept: withBytes(kept) }
}

export async function writeRecord(folder: string, record: MachineRecord): Promise<void> {
  const { signatures } = record.spec
  const spec = {
    ...record.spec,
    signatures: signatures === null ? null : formatSecureBootTemplate(signatures),
  }
  const { identity, kept } = record
  await write(folder, { ...record, spec, identity: withText(identity), kept: withText(kept) })
}

/** What comes into the folder is no VM yet. */
export function beginRecord(folder: string): Promise<void> {
  return write(folder, UNFINISHED)
}

/** What is left of the folder is then no VM. */
export function removeRecord(folder: string): Promise<void> {
  return write(folder, UNFINISHED)
}

function write(folder: string, json: object): Promise<void> {
  return writeDurably(join(folder, RECORD), toUtf8(`${JSON.stringify(json, null, 2)}\n`), 0o600)
}

const BYTES = 'base64url:'

/** Bytes, wherever they are, as text. */
function withText(value: unknown): unknown {
  if (value instanceof Uint8Array) return BYTES + toBase64url(value)
  return mapValues(value, withText)
}

function withBytes(value: unknown): unknown {
  if (typeof value === 'string' && value.startsWith(BYTES))
    return fromBase64url(value.slice(BYTES.length))
  return mapValues(value, withBytes)
}

/** Of an object or a list each value; what is neither is itself. */
function mapValues(value: unknown, map: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(map)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, map(each)]))
}
