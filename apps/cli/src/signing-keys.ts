import { createPrivateKey, type KeyObject } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type Certificate, formatPem, SigningKey } from '@trusted-launch/crypto'
import { UsageError } from './exit-code.ts'
import { configFolder } from './service/profile.ts'
import { certificatesFrom } from './trust.ts'

/** A signing key as it is kept: the private key as PEM, which may be encrypted, and its certificate. */
export interface KeptSigningKey {
  readonly name: string
  readonly folder: string
  readonly certificate: Certificate
  readonly keyPem: string
}

const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/
const KEY_FILE = 'key.pem'
const CERTIFICATE_FILE = 'certificate.pem'
/** Firmware takes no shorter ones as signatures of programs. */
const BITS_MIN = 2048

const keysFolder = () => join(configFolder(), 'signing-keys')

/** @throws {UsageError} it is none, or there is one of this name: no key goes but by hand. */
export function requireFreeName(name: string): void {
  if (!NAME.test(name))
    throw new UsageError(
      `${name} is no name of a signing key: letters, digits, '.', '_' and '-', 64 at most, a letter or digit first`,
    )
  if (existsSync(join(keysFolder(), name)))
    throw new UsageError(`there is a signing key ${name} already: tl signing-key show ${name}`)
}

/** Keeps one for its owner alone, whole or not at all. */
export function keepSigningKey(
  name: string,
  keyPem: string,
  certificate: Certificate,
): KeptSigningKey {
  requireFreeName(name)
  mkdirSync(keysFolder(), { recursive: true, mode: 0o700 })
  const folder = join(keysFolder(), name)
  const next = join(keysFolder(), `.${name}.${process.pid}`)
  rmSync(next, { recursive: true, force: true })
  mkdirSync(next, { mode: 0o700 })
  writeFileSync(join(next, KEY_FILE), keyPem, { mode: 0o600 })
  writeFileSync(join(next, CERTIFICATE_FILE), pemOf(certificate), { mode: 0o644 })
  renameSync(next, folder)
  return { name, folder, certificate, keyPem }
}

/** The names there are, sorted. */
export function signingKeyNames(): string[] {
  if (!existsSync(keysFolder())) return []
  return readdirSync(keysFolder())
    .filter((name) => NAME.test(name))
    .sort()
}

/** @throws {UsageError} there is none of this name. */
export function keptSigningKey(name: string): KeptSigningKey {
  if (!signingKeyNames().includes(name))
    throw new UsageError(`there is no signing key ${name}: tl signing-key list`)
  const folder = join(keysFolder(), name)
  const read = (file: string) => readFileSync(join(folder, file))
  const [certificate] = certificatesFrom(new Uint8Array(read(CERTIFICATE_FILE)))
  return { name, folder, certificate: certificate!, keyPem: read(KEY_FILE).toString('latin1') }
}

export const pemOf = ({ der }: Certificate) => formatPem({ label: 'CERTIFICATE', der })

/** Whether a password opens a private key in PEM: PKCS #8's encryption, or OpenSSL's older one. */
export const isEncrypted = (keyPem: string) => /ENCRYPTED/.test(keyPem)

/**
 * @param askPassword asked of an encrypted key only.
 * @throws {UsageError} no private key, the wrong password, or a key that firmware takes no signatures of.
 */
export async function openSigningKey(
  keyPem: string,
  askPassword: () => Promise<string>,
): Promise<SigningKey> {
  const password = isEncrypted(keyPem) ? await askPassword() : null
  const object = openedKey(keyPem, password)
  const bits = object.asymmetricKeyDetails?.modulusLength ?? 0
  if (object.asymmetricKeyType !== 'rsa' || bits < BITS_MIN)
    throw new UsageError(
      `firmware takes signatures of RSA keys of ${BITS_MIN} bits or more; this one is ${object.asymmetricKeyType}${bits > 0 ? ` of ${bits} bits` : ''}`,
    )
  const pkcs8 = object.export({ format: 'der', type: 'pkcs8' })
  try {
    return SigningKey.fromPkcs8(pkcs8)
  } finally {
    pkcs8.fill(0)
  }
}

function openedKey(keyPem: string, password: string | null): KeyObject {
  try {
    return createPrivateKey({ key: keyPem, ...(password !== null && { passphrase: password }) })
  } catch {
    const reason =
      password === null ? 'it is no private key in PEM' : 'the password does not open it'
    // what OpenSSL says may quote what it read
    throw new UsageError(`the private key cannot be used: ${reason}`)
  }
}
