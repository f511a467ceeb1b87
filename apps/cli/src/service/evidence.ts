import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ArmError } from '@trusted-launch/api'
import type { AttestationResult } from '@trusted-launch/attestation'
import type { Output } from '../output.ts'
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
  const { latest } = (await client.get(`${path}?$top=1`).catch(noVerdict(vm))) as any
  return { result: latest.result, record: `${path}/${latest.id}?format=record` }
}

/** The verdict of one id. */
export async function verdictOf({ client }: Connection, vm: string, id: string): Promise<Verdict> {
  const path = `${evidencePath(vm)}/${encodeURIComponent(id)}`
  const { properties } = (await client.get(path)) as any
  return { result: properties.result, record: `${path}?format=record` }
}

/** The VM is there: what was not found is a verdict on it. */
function noVerdict(vm: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ArmError) || error.fault.status !== 404) throw error
    const name = decodeURIComponent(vm.slice(vm.lastIndexOf('/') + 1))
    throw new Error(
      `there is no verdict on ${name} yet: it was not booted, has no vTPM, or its image no agent; tl vm show ${name}`,
    )
  }
}

/**
 * Saves a record, and what makes it worth something without the control plane: the keys that it signs with and the
 * authorities of its vTPMs. `tl appraise` believes both from now on, as this user believes the control plane.
 */
export async function exportRecord(
  connection: Connection,
  { record }: Verdict,
  file: string,
  { err }: Output,
): Promise<void> {
  const bytes = await connection.client.getBytes(record)
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
  writeFileSync(file, bytes)
  err(`${file} holds evidence and verdict; tl appraise ${file} makes the verdict again, offline\n`)
}

/** Keys and authorities of the control planes that records were exported from. */
export function trustFolder(): string {
  return join(configFolder(), 'trust')
}
