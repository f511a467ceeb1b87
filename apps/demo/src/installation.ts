import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  X509Certificate,
} from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SigningKey } from '@trusted-launch/crypto'
import { demoFolder } from './paths.ts'

const lockLimitMs = 60_000

/** What stays between runs: the certificate authority of all vTPMs, and the signer of all records. */
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
 * The signer of records, its private half 0600; made at first use. Beside it, in PEM, what `tl appraise`
 * trusts by default: the signer's public half, and the authority of the vTPMs.
 */
export function installSigner(authority: Uint8Array): SigningKey {
  const path = join(demoFolder, 'signer.key')
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    replaceFile(path, privateKey.export({ format: 'der', type: 'pkcs8' }), 0o600)
  }
  const pkcs8 = readFileSync(path)
  const publicKey = createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }))
  replaceFile(join(demoFolder, 'signer.pem'), publicKey.export({ format: 'pem', type: 'spki' }))
  replaceFile(join(demoFolder, 'anchors.pem'), new X509Certificate(authority).toString())
  return SigningKey.fromPkcs8(new Uint8Array(pkcs8))
}
