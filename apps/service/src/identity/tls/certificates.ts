import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { toUtf8 } from '@trusted-launch/codec'
import {
  basicConstraints,
  Certificate,
  contextTag,
  DER,
  decodePem,
  der,
  digest,
  EXTENSION,
  type Extension,
  extendedKeyUsage,
  extension,
  issueCertificate,
  KEY_USAGE,
  keyUsage,
  type PublicKey,
  SigningKey,
} from '@trusted-launch/crypto'
import { readDurably, writeDurably } from '@trusted-launch/host'
import { isPermitted, nameConstraints, subjectAltName } from './names.ts'

/** What the service shows its clients, and what they check it with. */
export interface ServerCertificate {
  /** Absolute path of the authority's certificate, PEM. */
  readonly caFile: string
  /** PEM */
  readonly cert: string
  readonly key: string
}

const DAY_MS = 86_400_000
const AUTHORITY_LIFE_MS = 3_650 * DAY_MS
/** Clients refuse those that are good for longer than 398 days. */
const SERVER_LIFE_MS = 365 * DAY_MS
/** At a start in this time before its end a certificate is made anew. */
const AUTHORITY_SPARE_MS = 400 * DAY_MS
const SERVER_SPARE_MS = 90 * DAY_MS
const CLOCK_DIFFERENCE_MS = 3_600_000
const SCHEME = { scheme: 'ecdsa', hash: 'sha256' } as const
const COMMON_NAME = '2.5.4.3'
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const AUTHORITY_NAME = [{ oid: COMMON_NAME, value: 'trusted-launch TLS authority' }]
const SERVER_NAME = [{ oid: COMMON_NAME, value: 'trusted-launch' }]
const FILE_MAX = 65_536

/**
 * The certificate for these names and addresses, of the installation's own authority in `folder` (0700; keys
 * 0600): EC P-256, made at first use. The server's is made anew when names or time ask for it; the authority's
 * certificate, with the same key, when a name is not one that it may speak for: then clients need the new file.
 * This authority signs nothing but this: vTPMs have another.
 * @param folder absolute. @param time ms since 1970.
 */
export async function serverCertificate(
  folder: string,
  names: readonly string[],
  time: number,
): Promise<ServerCertificate> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  const caFile = join(folder, 'authority.pem')
  const signer = SigningKey.fromPkcs8(await keyIn(join(folder, 'authority.key')))
  const authority =
    (await found(caFile, (old) => isGoodAuthority(old, signer.publicKey, names, time))) ??
    (await written(caFile, issueAuthority(signer, names, time)))
  const pkcs8 = await keyIn(join(folder, 'server.key'))
  const { publicKey } = SigningKey.fromPkcs8(pkcs8)
  const path = join(folder, 'server.pem')
  const server =
    (await found(path, (old) => isGoodServer(old, publicKey, authority, names, time))) ??
    (await written(path, issueServer(publicKey, signer, names, time)))
  return { caFile, cert: pem('CERTIFICATE', server.der), key: pem('PRIVATE KEY', pkcs8) }
}

function isGoodAuthority(old: Certificate, key: PublicKey, names: readonly string[], time: number) {
  const constraints = old.extension(EXTENSION.nameConstraints)
  return (
    isOf(old, key) &&
    isFresh(old, time, AUTHORITY_SPARE_MS) &&
    constraints !== null &&
    isPermitted(constraints, names)
  )
}

function isGoodServer(
  old: Certificate,
  key: PublicKey,
  authority: Certificate,
  names: readonly string[],
  time: number,
): boolean {
  const altName = old.extension(EXTENSION.subjectAltName)?.value ?? new Uint8Array()
  return (
    isOf(old, key) &&
    isFresh(old, time, SERVER_SPARE_MS) &&
    old.signedBy(authority.publicKey) &&
    Buffer.from(altName).equals(subjectAltName(names).value)
  )
}

function isOf(certificate: Certificate, key: PublicKey): boolean {
  return Buffer.from(certificate.publicKey.spki).equals(key.spki)
}

function isFresh({ notBefore, notAfter }: Certificate, time: number, spareMs: number): boolean {
  return notBefore <= time && time + spareMs < notAfter
}

function issueAuthority(signer: SigningKey, names: readonly string[], time: number): Uint8Array {
  return issue(signer, signer.publicKey, AUTHORITY_NAME, time, AUTHORITY_LIFE_MS, [
    basicConstraints({ ca: true, pathLength: 0 }),
    keyUsage(KEY_USAGE.keyCertSign),
    nameConstraints(names),
    subjectKeyIdentifier(signer.publicKey),
  ])
}

function issueServer(
  publicKey: PublicKey,
  signer: SigningKey,
  names: readonly string[],
  time: number,
): Uint8Array {
  return issue(signer, publicKey, SERVER_NAME, time, SERVER_LIFE_MS, [
    basicConstraints({ ca: false }),
    keyUsage(KEY_USAGE.digitalSignature),
    extendedKeyUsage(SERVER_AUTH),
    subjectAltName(names),
    subjectKeyIdentifier(publicKey),
    authorityKeyIdentifier(signer.publicKey),
  ])
}

function issue(
  signer: SigningKey,
  publicKey: PublicKey,
  subject: typeof SERVER_NAME,
  time: number,
  lifeMs: number,
  extensions: readonly Extension[],
): Uint8Array {
  const notBefore = Math.floor((time - CLOCK_DIFFERENCE_MS) / 1_000) * 1_000
  const notAfter = notBefore + lifeMs
  // RFC 5280, 4.1.2.2: positive, at most 20 bytes.
  const serial = Uint8Array.from(randomBytes(16))
  serial[0] = (serial[0]! & 0x3f) | 0x40
  const fields = { serial, issuer: AUTHORITY_NAME, subject, notBefore, notAfter, publicKey }
  return issueCertificate({ ...fields, extensions }, signer, SCHEME)
}

/** RFC 7093, 2 (1): the first 160 bits of SHA-256. */
function identifierOf({ spki }: PublicKey): Uint8Array {
  return digest('sha256', spki).subarray(0, 20)
}

function subjectKeyIdentifier(key: PublicKey): Extension {
  const value = der(DER.OCTET_STRING, identifierOf(key))
  return extension(EXTENSION.subjectKeyIdentifier, false, value)
}

function authorityKeyIdentifier(key: PublicKey): Extension {
  const value = der(DER.SEQUENCE, der(contextTag(0, false), identifierOf(key)))
  return extension(EXTENSION.authorityKeyIdentifier, false, value)
}

/** The key in a file, PKCS#8; made when there is none. */
async function keyIn(path: string): Promise<Uint8Array> {
  const old = await readDurably(path, FILE_MAX)
  if (old !== null) return old
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pkcs8 = new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }))
  await writeDurably(path, pkcs8, 0o600)
  return pkcs8
}

/** The certificate in a file, if it still serves. */
async function found(
  path: string,
  isGood: (certificate: Certificate) => boolean,
): Promise<Certificate | null> {
  const bytes = await readDurably(path, FILE_MAX)
  if (bytes === null) return null
  try {
    const certificate = Certificate.decode(decodePem(bytes)[0]!.der)
    return isGood(certificate) ? certificate : null
  } catch {
    return null
  }
}

async function written(path: string, certificate: Uint8Array): Promise<Certificate> {
  await writeDurably(path, toUtf8(pem('CERTIFICATE', certificate)), 0o644)
  return Certificate.decode(certificate)
}

function pem(label: string, bytes: Uint8Array): string {
  const lines = Buffer.from(bytes)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n')
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`
}
