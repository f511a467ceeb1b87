import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { basicConstraints, issueCertificate, SigningKey } from '@trusted-launch/crypto'
import { type SecureBootTemplate, templateOfCertificates } from '@trusted-launch/uefi'

/** Secure Boot keys of this installation: RSA-2048, each with a self-signed certificate (DER). */
export interface OwnKeys {
  readonly PK: Uint8Array
  readonly KEK: Uint8Array
  readonly db: Uint8Array
  /** Signs what machines with these keys may start. PK's and KEK's private keys are thrown away. */
  readonly signingKey: SigningKey
}

/** The owner written beside our certificates in KEK and db. */
const owner = '5b5a4a0c-6d9c-4c7c-9a39-6f6f1d3b4f0e'
const yearMs = 365 * 24 * 3600 * 1000

/** The keys under `<cache>/keys/secure-boot`, made at first use; the private key is 0600. */
export function ownKeys(cacheDirectory: string): OwnKeys {
  const folder = join(cacheDirectory, 'keys/secure-boot')
  if (!existsSync(folder)) makeKeys(folder)
  const read = (name: string) => new Uint8Array(readFileSync(join(folder, name)))
  return {
    PK: read('PK.der'),
    KEK: read('KEK.der'),
    db: read('db.der'),
    signingKey: SigningKey.fromPkcs8(read('db.pkcs8')),
  }
}

/** What a machine trusts that is to start only what this installation signed. */
export function ownSecureBootTemplate(cacheDirectory: string): SecureBootTemplate {
  const { PK, KEK, db } = ownKeys(cacheDirectory)
  return templateOfCertificates(owner, { PK, KEK: [KEK], db: [db] })
}

function makeKeys(folder: string): void {
  const work = `${folder}.${randomBytes(8).toString('hex')}.part`
  mkdirSync(work, { recursive: true, mode: 0o700 })
  for (const role of ['PK', 'KEK', 'db']) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
    writeFileSync(join(work, `${role}.der`), certificateOf(role, SigningKey.fromPkcs8(pkcs8)))
    if (role === 'db') writeFileSync(join(work, 'db.pkcs8'), pkcs8, { mode: 0o600 })
  }
  try {
    renameSync(work, folder)
  } catch (e) {
    rmSync(work, { recursive: true })
    if (!existsSync(folder)) throw e
  }
}

function certificateOf(role: string, key: SigningKey): Uint8Array {
  const name = [{ oid: '2.5.4.3', value: `trusted-launch ${role}` }]
  const notBefore = Math.floor(Date.now() / 1000) * 1000
  const serial = new Uint8Array(randomBytes(16))
  serial[0] = (serial[0]! & 0x3f) | 0x40
  return issueCertificate(
    {
      serial,
      issuer: name,
      subject: name,
      notBefore,
      notAfter: notBefore + 20 * yearMs,
      publicKey: key.publicKey,
      extensions: [basicConstraints({ ca: true })],
    },
    key,
    { scheme: 'rsassa', hash: 'sha256' },
  )
}
