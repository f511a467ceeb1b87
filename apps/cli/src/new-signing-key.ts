import { generateKeyPairSync, randomBytes } from 'node:crypto'
import {
  basicConstraints,
  Certificate,
  extendedKeyUsage,
  issueCertificate,
  SigningKey,
} from '@trusted-launch/crypto'
import { UsageError } from './exit-code.ts'
import { openSigningKey } from './signing-keys.ts'

const YEARS = 10
const DAY_MS = 86_400_000
/** id-kp-codeSigning, RFC 5280, 4.2.1.12. */
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3'
const COMMON_NAME = '2.5.4.3'

/** A new RSA key of 2048 bits, which every firmware takes, and a certificate for it that it signed itself. */
export function newSigningKey(name: string): { keyPem: string; certificate: Certificate } {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = SigningKey.fromPkcs8(privateKey.export({ format: 'der', type: 'pkcs8' }))
  const subject = [{ oid: COMMON_NAME, value: name }]
  const notBefore = Math.floor(Date.now() / 1000) * 1000
  const serial = new Uint8Array(randomBytes(16))
  serial[0] = (serial[0]! & 0x3f) | 0x40
  const der = issueCertificate(
    {
      ...{ serial, issuer: subject, subject, publicKey: key.publicKey },
      ...{ notBefore, notAfter: notBefore + YEARS * 365 * DAY_MS },
      extensions: [basicConstraints({ ca: false }), extendedKeyUsage(CODE_SIGNING)],
    },
    key,
    { scheme: 'rsassa', hash: 'sha256' },
  )
  const keyPem = String(privateKey.export({ format: 'pem', type: 'pkcs8' }))
  return { keyPem, certificate: Certificate.decode(der) }
}

const PRIVATE_KEY = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?-----END \1-----/

/**
 * A private key and its certificate as others made them: of a key file the one block that is a private key, which
 * stays encrypted where it is.
 * @throws {UsageError} no such key; none of the certificates is its own, or that is not valid now.
 */
export async function foreignSigningKey(
  keyFile: string,
  certificates: readonly Certificate[],
  askPassword: () => Promise<string>,
): Promise<{ keyPem: string; certificate: Certificate }> {
  const block = PRIVATE_KEY.exec(keyFile)?.[0]
  if (block === undefined) throw new UsageError('there is no private key in PEM in the key file')
  const key = await openSigningKey(block, askPassword)
  const certificate = certificates.find(({ publicKey }) => publicKey.equals(key.publicKey))
  if (certificate === undefined)
    throw new UsageError(
      'the certificate is another key’s: a signature by this one would not be believed',
    )
  const now = Date.now()
  if (now > certificate.notAfter)
    throw new UsageError(`the certificate ended at ${new Date(certificate.notAfter).toISOString()}`)
  if (now < certificate.notBefore)
    throw new UsageError(
      `the certificate begins at ${new Date(certificate.notBefore).toISOString()}`,
    )
  return { keyPem: `${block}\n`, certificate }
}
