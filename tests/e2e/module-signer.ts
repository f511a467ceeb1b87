import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { concat, fromHex, toUtf8 } from '@trusted-launch/codec'
import {
  basicConstraints,
  Certificate,
  contextTag,
  DER,
  der,
  derOid,
  derUnsigned,
  issueCertificate,
  SigningKey,
} from '@trusted-launch/crypto'

/** Somebody who signs kernel modules, with a certificate of their own. */
export interface ModuleSigner {
  /** In DER. */
  readonly certificate: Uint8Array
  sign(module: Uint8Array): Uint8Array
}

const DAY_MS = 86_400_000
const oid = {
  signedData: '1.2.840.113549.1.7.2',
  data: '1.2.840.113549.1.7.1',
  rsaEncryption: '1.2.840.113549.1.1.1',
  sha256: '2.16.840.1.101.3.4.2.1',
}
const scheme = { scheme: 'rsassa', hash: 'sha256' } as const
const sequence = (...parts: Uint8Array[]) => der(DER.SEQUENCE, ...parts)
const algorithm = (id: string) => sequence(derOid(id), der(DER.NULL))
const version1 = derUnsigned(Uint8Array.of(1))

export function moduleSigner(commonName: string): ModuleSigner {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = SigningKey.fromPkcs8(privateKey.export({ format: 'der', type: 'pkcs8' }))
  const certificate = selfSigned(commonName, key)
  return { certificate, sign: (module) => signed(module, certificate, key) }
}

function selfSigned(commonName: string, key: SigningKey): Uint8Array {
  const subject = [{ oid: '2.5.4.3', value: commonName }]
  const serial = Uint8Array.of(0x40, ...randomBytes(15))
  const notBefore = Math.floor(Date.now() / 1000) * 1000 - DAY_MS
  const validity = { notBefore, notAfter: notBefore + 365 * DAY_MS }
  const extensions = [basicConstraints({ ca: true })]
  const { publicKey } = key
  return issueCertificate(
    { serial, issuer: subject, subject, ...validity, publicKey, extensions },
    key,
    scheme,
  )
}

/** A module with its signature behind it. Linux, scripts/sign-file.c, `struct module_signature`. */
function signed(module: Uint8Array, certificate: Uint8Array, key: SigningKey): Uint8Array {
  const signature = detached(module, certificate, key)
  const descriptor = new Uint8Array(12)
  descriptor[2] = 2 // PKEY_ID_PKCS7
  new DataView(descriptor.buffer).setUint32(8, signature.length)
  return concat(module, signature, descriptor, toUtf8('~Module signature appended~\n'))
}

/** RFC 2315 (PKCS #7 1.5), section 9, without attributes and without the content. */
function detached(module: Uint8Array, certificate: Uint8Array, key: SigningKey): Uint8Array {
  const { issuerDer, serial } = Certificate.decode(certificate)
  const signer = sequence(
    version1,
    sequence(issuerDer, derUnsigned(fromHex(serial))),
    algorithm(oid.sha256),
    algorithm(oid.rsaEncryption),
    der(DER.OCTET_STRING, key.sign(scheme, module)),
  )
  const content = sequence(
    version1,
    der(DER.SET, algorithm(oid.sha256)),
    sequence(derOid(oid.data)),
    der(DER.SET, signer),
  )
  return sequence(derOid(oid.signedData), der(contextTag(0), content))
}
