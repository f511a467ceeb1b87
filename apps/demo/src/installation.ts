import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { ControlPlane } from './control-plane.ts'
import { demoFolder } from './paths.ts'

const lockLimitMs = 60_000
/** Each run has a signer of its own: records of so many are believed. */
const signersMax = 64

/** What stays between runs: the certificate authority of all vTPMs. */
export const authorityFolder = join(demoFolder, 'authority')

/** Does something that only one run of this installation may do at a time. */
export async function alone<T>(work: () => Promise<T>): Promise<T> {
  mkdirSync(authorityFolder, { recursive: true, mode: 0o700 })
  const lock = new DatabaseSync(join(demoFolder, 'lock'), { timeout: lockLimitMs })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return await work()
  } finally {
    lock.close()
  }
}

/** Writes a file that others may be reading: they see the old one or the new one, whole. */
export function replaceFile(path: string, bytes: string | Uint8Array, mode = 0o644): void {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`
  writeFileSync(temporary, bytes, { mode })
  renameSync(temporary, path)
}

/**
 * What `tl appraise` trusts by default, in PEM: the keys that this run's control plane and those before it signed
 * with, and the authority of their vTPMs.
 */
export async function keepTrust(plane: ControlPlane): Promise<void> {
  const path = join(demoFolder, 'signer.pem')
  const before = existsSync(path) ? blocksOf(readFileSync(path, 'utf8')) : []
  const signers = [...blocksOf(await plane.published('signers')), ...before]
  replaceFile(path, signers.slice(0, signersMax).join('\n'))
  replaceFile(join(demoFolder, 'anchors.pem'), await plane.published('anchors'))
}

function blocksOf(pem: string): string[] {
  return pem.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? []
}
