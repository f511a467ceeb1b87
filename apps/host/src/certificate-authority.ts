import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { toHex, toUtf8 } from '@trusted-launch/codec'
import { DER, der, derOid } from '@trusted-launch/crypto'
import { readDurably, writeDurably } from './state-directory.ts'

type CryptoKey = webcrypto.CryptoKey

/** tcg-kp-EKCertificate. TCG EK Credential Profile 2.5, 3.2. */
export const EK_CERTIFICATE_USAGE = '2.23.133.8.1'
/** tcg-kp-AIKCertificate. TCG Credential Profiles 1.2. */
export const AK_CERTIFICATE_USAGE = '2.23.133.8.3'

/** What an EK certificate says of the TPM: as the TPM itself does (TPM_PT). */
export interface TpmDescription {
  /** TPM_PT_MANUFACTURER */
  readonly manufacturer: number
  readonly model: string
  /** TPM_PT_FIRMWARE_VERSION_1 */
  readonly firmwareVersion: number
  /** TPM_PT_REVISION: 164 is revision 1.64. */
  readonly revision: number
}

const DAY_MS = 86_400_000
const ROOT_LIFE_MS = 20 * 365 * DAY_MS
const AK_LIFE_MS = 365 * DAY_MS
/** Clocks differ: certificates are good from a little before they are made. */
const CLOCK_DIFFERENCE_MS = 3_600_000
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const FILE_LIMIT = 16_384

/**
 * The vTPM certificate authority of one installation: EC P-256, made at first use. It says "this key
 * is in the vTPM of that VM", and nothing else: it is neither the TLS root nor the token key.
 */
export class CertificateAuthority {
  /** The root certificate, DER: the verifier's trust anchor. */
  readonly root: Uint8Array
  readonly #certificate: X509Certificate
  readonly #key: CryptoKey

  private constructor(certificate: X509Certificate, key: CryptoKey) {
    this.root = new Uint8Array(certificate.rawData)
    this.#certificate = certificate
    this.#key = key
  }

  /** Opens the authority in `folder` (0700; `authority.key` 0600), or makes it. `time` in ms. */
  static async open(folder: string, time: number): Promise<CertificateAuthority> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await chmod(folder, 0o700)
    const keys = await keysOf(join(folder, 'authority.key'))
    const path = join(folder, 'authority.der')
    const found = await readDurably(path, FILE_LIMIT)
    if (found !== null)
      return new CertificateAuthority(new X509Certificate(Uint8Array.from(found)), keys.privateKey)
    const certificate = await makeRoot(keys, time)
    await writeDurably(path, new Uint8Array(certificate.rawData), 0o644)
    return new CertificateAuthority(certificate, keys.privateKey)
  }

  /**
   * An EK certificate: subject empty, the TPM named in a critical subjectAltName, as good as the root
   * itself. It proves which TPM, not which VM: that is on record with the host.
   * @see TCG EK Credential Profile 2.5, 3.2
   */
  issueEk(spki: Uint8Array, tpm: TpmDescription, time: number): Promise<Uint8Array> {
    const names = [
      `2.23.133.2.1=id:${toHex(u32(tpm.manufacturer)).toUpperCase()}`,
      `2.23.133.2.2=${tpm.model}`,
      `2.23.133.2.3=id:${toHex(u32(tpm.firmwareVersion)).toUpperCase()}`,
    ]
    return this.#issue(spki, {
      subject: '',
      notBefore: time - CLOCK_DIFFERENCE_MS,
      notAfter: this.#certificate.notAfter.getTime(),
      usages: KeyUsageFlags.keyEncipherment,
      purpose: EK_CERTIFICATE_USAGE,
      names: new SubjectAlternativeNameExtension([{ type: 'dn', value: names.join('+') }], true),
      more: [specification(tpm.revision)],
    })
  }

  /** An AK certificate, good for a year: this key attests for that VM, in that generation. */
  issueAk(
    spki: Uint8Array,
    { vm, generation }: { vm: string; generation: number },
    time: number,
  ): Promise<Uint8Array> {
    const urn = `urn:trusted-launch:vm:${vm}:generation:${generation}`
    const notBefore = time - CLOCK_DIFFERENCE_MS
    return this.#issue(spki, {
      subject: `CN=${vm}`,
      notBefore,
      notAfter: Math.min(notBefore + AK_LIFE_MS, this.#certificate.notAfter.getTime()),
      usages: KeyUsageFlags.digitalSignature,
      purpose: AK_CERTIFICATE_USAGE,
      names: new SubjectAlternativeNameExtension([{ type: 'url', value: urn }]),
      more: [],
    })
  }

  async #issue(spki: Uint8Array, what: Issue): Promise<Uint8Array> {
    const publicKey = new PublicKey(Uint8Array.from(spki))
    const certificate = await X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      issuer: this.#certificate.subject,
      subject: what.subject,
      notBefore: new Date(what.notBefore),
      notAfter: new Date(what.notAfter),
      publicKey,
      signingKey: this.#key,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(what.usages, true),
        new ExtendedKeyUsageExtension([what.purpose]),
        what.names,
        await SubjectKeyIdentifierExtension.create(publicKey),
        await AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey),
        ...what.more,
      ],
    })
    return new Uint8Array(certificate.rawData)
  }
}

interface Issue {
  readonly subject: string
  readonly notBefore: number
  readonly notAfter: number
  readonly usages: KeyUsageFlags
  readonly purpose: string
  readonly names: Extension
  readonly more: readonly Extension[]
}

/** subjectDirectoryAttributes with tcg-at-tpmSpecification: TPM 2.0, level 0, revision. Profile 3.2. */
function specification(revision: number): Extension {
  const short = revision < 0x80
  const digits = short ? Uint8Array.of(revision) : Uint8Array.of(revision >> 8, revision & 0xff)
  const family = der(DER.UTF8_STRING, toUtf8('2.0'))
  const level = der(DER.INTEGER, Uint8Array.of(0))
  const value = der(DER.SEQUENCE, family, level, der(DER.INTEGER, digits))
  const attribute = der(DER.SEQUENCE, derOid('2.23.133.2.16'), der(DER.SET, value))
  return new Extension('2.5.29.9', false, Uint8Array.from(der(DER.SEQUENCE, attribute)))
}

/** Positive, 16 random bytes. RFC 5280, 4.1.2.2. */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x3f) | 0x40
  return bytes.toString('hex')
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
}

interface Keys {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

/** The key in the file, PKCS#8; made when there is none. */
async function keysOf(path: string): Promise<Keys> {
  const { subtle } = webcrypto
  let pkcs8 = await readDurably(path, FILE_LIMIT)
  if (pkcs8 === null) {
    const pair = (await subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as Keys
    pkcs8 = new Uint8Array(await subtle.exportKey('pkcs8', pair.privateKey))
    await writeDurably(path, pkcs8, 0o600)
  }
  const bytes = Uint8Array.from(pkcs8)
  const readable = await subtle.importKey('pkcs8', bytes, ALGORITHM, true, ['sign'])
  const { kty, crv, x, y } = await subtle.exportKey('jwk', readable)
  const point = { kty, crv, x, y } as webcrypto.JsonWebKey
  const publicKey = await subtle.importKey('jwk', point, ALGORITHM, true, ['verify'])
  const privateKey = await subtle.importKey('pkcs8', bytes, ALGORITHM, false, ['sign'])
  return { privateKey, publicKey }
}

async function makeRoot(keys: Keys, time: number): Promise<X509Certificate> {
  const notBefore = time - CLOCK_DIFFERENCE_MS
  return X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=trusted-launch vTPM authority',
    notBefore: new Date(notBefore),
    notAfter: new Date(notBefore + ROOT_LIFE_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
}
