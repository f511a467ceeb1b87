import { basename, join } from 'node:path'
import { fromBase64url, toBase64url, toUtf8 } from '@trusted-launch/codec'
import {
  formatSecureBootTemplate,
  parseSecureBootTemplate,
  type SecureBootTemplate,
} from '@trusted-launch/uefi'
import type { Accounts } from '../accounts.ts'
import { StateError } from '../errors.ts'
import type { UserNetwork } from '../network.ts'
import type { ProcessIdentity } from '../process.ts'
import { readJson, writeDurably } from '../state-directory.ts'
import type { VtpmIdentity } from '../vtpm-port.ts'

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
  readonly vtpm: { readonly banks: readonly ('sha256' | 'sha384')[] }
  /** Null, also when not given: no network interface. */
  readonly network?: UserNetwork | null
}

/** The same on record: nothing is left open, and the disk is the VM's own. */
export interface RecordedSpec extends Required<Omit<MachineSpec, 'disk'>> {
  readonly disk: { readonly format: 'raw' | 'qcow2' }
}

/** What was not given, or could not be given when the record was written. */
export function recordedSpec(spec: Omit<MachineSpec, 'disk'> & RecordedDisk): RecordedSpec {
  return { network: null, ...spec, disk: { format: spec.disk.format } }
}

type RecordedDisk = Pick<RecordedSpec, 'disk'>

/** Why a VM stands still on purpose: it started over and over, or its firmware refused what it was to start. */
export type Held = 'boot-loop' | 'refused'

/** Its processes, once they run; null in between: a manager that died there left them unnamed. */
export interface Run {
  readonly qemu: ProcessIdentity | null
  readonly swtpm: ProcessIdentity | null
  /** Written once the firmware was let go. */
  readonly released: boolean
  /** Written before it is held, and gone before it goes on: who takes it over leaves it as it stands. */
  readonly held?: Held
}

/** How the last run ended; `never` before the first. */
export type LastEnd = 'never' | 'stopped' | 'exited' | 'crashed' | 'vtpm-lost'

/** `machine.json`: all that is known of a VM besides its disk, variables and vTPM. */
export interface MachineRecord {
  readonly version: 1
  readonly spec: RecordedSpec
  readonly uuid: string
  readonly accounts: Accounts
  readonly identity: VtpmIdentity
  readonly run: Run | null
  readonly lastEnd: LastEnd
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
  const spec = recordedSpec({
    ...value.spec,
    signatures: signatures === null ? null : parseSecureBootTemplate(signatures),
  })
  return { ...value, spec, identity: withBytes(value.identity) }
}

export async function writeRecord(folder: string, record: MachineRecord): Promise<void> {
  const { signatures } = record.spec
  const spec = {
    ...record.spec,
    signatures: signatures === null ? null : formatSecureBootTemplate(signatures),
  }
  const json = { ...record, spec, identity: withText(record.identity) }
  await write(folder, json)
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

function withText(identity: VtpmIdentity): object {
  return mapValues(identity, textOf)
}

function textOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(textOf)
  return value instanceof Uint8Array ? BYTES + toBase64url(value) : value
}

function withBytes(identity: object): VtpmIdentity {
  return mapValues(identity, bytesOf) as unknown as VtpmIdentity
}

function bytesOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bytesOf)
  return typeof value === 'string' && value.startsWith(BYTES)
    ? fromBase64url(value.slice(BYTES.length))
    : value
}

function mapValues(object: object, map: (value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]))
}
