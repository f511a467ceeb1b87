import { equalBytes } from '@trusted-launch/codec'
import { type ChainFaultCode, type ChainOptions, verifyChain } from './chain.ts'
import type { SignedData, SignerInfo } from './cms.ts'
import { DER, inside, readDer } from './der.ts'
import { digest } from './digest.ts'
import { verifySignature } from './signature.ts'
import { type Certificate, EXTENSION } from './x509.ts'

const contentTypeAttribute = '1.2.840.113549.1.9.3'
const messageDigestAttribute = '1.2.840.113549.1.9.4'

/** Why a SignedData is not believed: in its signature, or in the signer's certificate. */
export interface SignatureFault {
  readonly fault:
    | 'no-signer'
    | 'no-content'
    | 'unknown-algorithm'
    | 'signer-certificate-missing'
    | 'attributes-mismatch'
    | 'digest-mismatch'
    | 'bad-signature'
    | ChainFaultCode
  readonly detail: string
}

/** A signer whose signature holds, and the path from its certificate to an anchor. */
export interface VerifiedSigner {
  readonly signer: Certificate
  readonly chain: readonly Certificate[]
}

/**
 * Whether every signer of `data` signed its content and is vouched for by an anchor. At least one
 * signer is wanted. The content itself is not judged: Authenticode's image digest, for one, is the
 * caller's to compare.
 * @param options.content what was signed, when the signature is detached.
 * @see RFC 2315, 9.3-9.4
 */
export function verifySignedData(
  data: SignedData,
  options: ChainOptions & { content?: Uint8Array },
): { readonly signers: readonly VerifiedSigner[] } | SignatureFault {
  const content = data.content ?? options.content
  if (content === undefined) return { fault: 'no-content', detail: 'a detached signature' }
  if (data.signers.length === 0) return { fault: 'no-signer', detail: 'nobody signed' }
  const signers: VerifiedSigner[] = []
  for (const info of data.signers) {
    const found = verifySigner(data, info, content, options)
    if ('fault' in found) return found
    signers.push(found)
  }
  return { signers }
}

/** The certificate a signer names, among those that came along. */
export function certificateOf(data: SignedData, { identifier }: SignerInfo): Certificate | null {
  const named = (certificate: Certificate) => {
    if ('serial' in identifier)
      return (
        certificate.serial === identifier.serial &&
        equalBytes(certificate.issuerDer, identifier.issuerDer)
      )
    const key = certificate.extension(EXTENSION.subjectKeyIdentifier)
    return key !== null && equalBytes(octetsIn(key.value), identifier.subjectKeyIdentifier)
  }
  return data.certificates.find(named) ?? null
}

function verifySigner(
  data: SignedData,
  info: SignerInfo,
  content: Uint8Array,
  options: ChainOptions,
): VerifiedSigner | SignatureFault {
  const signer = certificateOf(data, info)
  if (signer === null) return { fault: 'signer-certificate-missing', detail: 'not among them' }
  const fault = faultOfSignature(data, info, content, signer)
  if (fault !== null) return fault
  const path = verifyChain(signer, { ...options, intermediates: data.certificates })
  if ('fault' in path) return { fault: path.fault, detail: path.detail }
  return { signer, chain: path.chain }
}

function faultOfSignature(
  data: SignedData,
  info: SignerInfo,
  content: Uint8Array,
  signer: Certificate,
): SignatureFault | null {
  const { digestAlgorithm, signatureScheme, signedAttributes, signature } = info
  if (digestAlgorithm === null || signatureScheme === null)
    return { fault: 'unknown-algorithm', detail: 'of the digest or the signature' }
  if (signatureScheme.hash !== digestAlgorithm)
    return { fault: 'unknown-algorithm', detail: 'the signature uses another hash' }
  const fault = signedAttributes === null ? null : faultOfAttributes(data, info, content)
  if (fault !== null) return fault
  const signed = signedAttributes ?? content
  if (!verifySignature(signer.publicKey, signatureScheme, signed, signature))
    return { fault: 'bad-signature', detail: `not by ${signer.subject}` }
  return null
}

function faultOfAttributes(
  data: SignedData,
  { attributes, digestAlgorithm }: SignerInfo,
  content: Uint8Array,
): SignatureFault | null {
  const type = attributes.get(contentTypeAttribute)
  const message = attributes.get(messageDigestAttribute)
  if (type?.length !== 1 || message?.length !== 1)
    return { fault: 'attributes-mismatch', detail: 'no content type, or no message digest' }
  if (oidIn(type[0]!.bytes) !== data.contentType)
    return { fault: 'attributes-mismatch', detail: 'another content type' }
  const [given] = message
  const computed = digest(digestAlgorithm!, content)
  if (given!.tag !== DER.OCTET_STRING || !equalBytes(given!.content, computed))
    return { fault: 'digest-mismatch', detail: 'the content has another digest' }
  return null
}

function octetsIn(bytes: Uint8Array): Uint8Array {
  try {
    return readDer(bytes, DER.OCTET_STRING).content
  } catch {
    return bytes
  }
}

function oidIn(bytes: Uint8Array): string | null {
  try {
    return inside({ tag: 0, content: bytes, bytes, position: 0 }).oid()
  } catch {
    return null
  }
}
