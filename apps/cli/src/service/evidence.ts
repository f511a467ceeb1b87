import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ArmError } from '@trusted-launch/api'
import type { AttestationResult } from '@trusted-launch/attestation'
import { reasonOf } from '../input-file.ts'
import type { Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import type { Connection } from './connection.ts'
import { configFolder } from './profile.ts'

/** Where the verdicts of a VM are. */
export function evidencePath(vm: string): string {
  return `${vm}/providers/TrustedLaunch/evidence`
}

/** A verdict of the control plane, and where its record is. */
export interface Verdict {
  readonly result: AttestationResult
  /** The path of the record, as a file. */
  readonly record: string
}

/** A VM's newest verdict. @throws {Error} it is there, and has none. */
export async function lastVerdict({ client }: Connection, vm: string): Promise<Verdict> {
  const path = evidencePath(vm)
  await client.get(vm)
  const { latest } = (await client.get(`${path}?$top=1`)) as any
  if (latest === undefined) throw noVerdict(vm)
  return { result: latest.result, record: `${path}/${latest.id}?format=record` }
}

/** The verdict of one id. */
export async function verdictOf({ client }: Connection, vm: string, id: string): Promise<Verdict> {
  const path = `${evidencePath(vm)}/${encodeURIComponent(id)}`
  const { properties } = (await client.get(path).catch(noneSuch(vm, id))) as any
  return { result: properties.result, record: `${path}?format=record` }
}

function noVerdict(vm: string): Error {
  const name = nameOf(vm)
  const why = 'it was not booted, has no vTPM, or its image no agent'
  return new Error(`there is no verdict on ${name} yet: ${why}; tl vm show ${name}`)
}

/** @throws {Error} what is to be typed to see which there are. */
function noneSuch(vm: string, id: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ArmError) || error.fault.status !== 404) throw error
    if (error.fault.code !== 'ResourceNotFound' || /virtualMachines/.test(error.message))
      throw error
    throw new Error(`${nameOf(vm)} has no evidence ${plain(id)}; tl evidence list ${nameOf(vm)}`)
  }
}

function nameOf(vm: string): string {
  return decodeURIComponent(vm.slice(vm.lastIndexOf('/') + 1))
}

/** Before anything is asked for. @throws {Error} a file can't be written there. */
export function requireWritable(file: string): void {
  try {
    accessSync(dirname(resolve(file)), constants.W_OK)
    if (!existsSync(file)) return
    accessSync(file, constants.W_OK)
    if (statSync(file).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
  } catch (cause) {
    const folder = dirname(file)
    const why = existsSync(folder) ? reasonOf(cause) : `there is no folder ${folder}`
    throw new Error(`cannot write ${file}: ${why}; name another file`, { cause })
  }
}

/** Where a record goes. */
export interface RecordFile {
  readonly file: string
  /** Whether something else that is in the file may be lost. */
  readonly force?: boolean | undefined
}

/**
 * @param bytes what may be in it already; null: nothing that is there is what will come.
 * @throws {Error} something else is in the file: a record may be the only one that there is.
 */
export function requireNoOther(file: string, bytes: Uint8Array | null): void {
  const there = statSync(file, { throwIfNoEntry: false })
  if (there === undefined || !there.isFile() || there.size === 0) return
  if (bytes !== null && Buffer.compare(readFileSync(file), bytes) === 0) return
  throw new Error(`${file} holds something else: name another file, or --force overwrites it`)
}

/**
 * Saves a record, and what makes it worth something without the control plane: the keys that it signs with and the
 * authorities of its vTPMs. `tl appraise` believes both from now on, as this user believes the control plane.
 * @throws {Error} something else is in the file.
 */
export async function exportRecord(
  connection: Connection,
  { record }: Verdict,
  { file, force = false }: RecordFile,
  { err }: Output,
): Promise<void> {
  const bytes = await connection.client.getBytes(record)
  if (!force) requireNoOther(file, bytes)
  await keepTrust(connection)
  writeFileSync(file, bytes, { mode: 0o600 })
  if (statSync(file).isFile()) chmodSync(file, 0o600)
  err(`${file} holds evidence and verdict; tl appraise ${file} makes the verdict again, offline\n`)
}

/** Keeps the keys that the control plane signs with, and its vTPMs' authorities: this user believes them from now on. */
export async function keepTrust(connection: Connection): Promise<void> {
  const { endpoint, subscriptionId } = connection.profile
  const folder = trustFolder()
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const kind of ['signers', 'anchors'] as const) {
    const pem = await connection.signed(`${endpoint}/attestation/${kind}.pem`)
    if (pem.length === 0) continue
    const path = join(folder, `${subscriptionId.replaceAll(/[^\w-]/g, '_')}.${kind}.pem`)
    writeFileSync(`${path}.${process.pid}`, pem, { mode: 0o600 })
    renameSync(`${path}.${process.pid}`, path)
  }
}

/** Keys and authorities of the control planes that records were exported from. */
export function trustFolder(): string {
  return join(configFolder(), 'trust')
}
