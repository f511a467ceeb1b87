import { equalBytes } from '@trusted-launch/codec'
import { type Certificate, EXTENSION, KEY_USAGE } from './x509.ts'

/** Why a certificate is not believed. */
export type ChainFaultCode =
  | 'unknown-issuer'
  | 'bad-signature'
  | 'not-yet-valid'
  | 'expired'
  | 'not-a-certificate-authority'
  | 'path-too-long'
  | 'wrong-key-usage'
  | 'wrong-extended-key-usage'
  | 'unknown-critical-extension'
  | 'name-constraints'
  | 'weak-key'
  | 'weak-signature'
  | 'too-much-work'

/** A verdict, not an error: the certificate it is about and what is wrong with it. */
export interface ChainFault {
  readonly fault: ChainFaultCode
  readonly certificate: Certificate
  readonly detail: string
}

/** From the leaf to the anchor. One certificate when the leaf is an anchor itself. */
export interface VerifiedChain {
  readonly chain: readonly Certificate[]
}

/** What `verifyChain` may believe, and what the leaf must be for. */
export interface ChainOptions {
  /** Believed for nothing; only what might lie between. At most 32 are looked at. */
  readonly intermediates?: readonly Certificate[]
  /** Believed: by name and key, or as the leaf itself, byte for byte. */
  readonly anchors: readonly Certificate[]
  /** Milliseconds since 1970. Null: dates are not looked at, as UEFI does for images. */
  readonly time: number | null
  /** An extended key usage that the leaf must name (and no CA above it exclude). */
  readonly eku?: string
  /** Whether the second signed the first; `Certificate.signedBy`, unless the caller remembers what it said. */
  readonly isSignedBy?: (certificate: Certificate, issuer: Certificate) => boolean
  /** Refuses RSA keys below 2048 bits, and SHA-1 in what the anchor vouches for. UEFI takes both. */
  readonly strong?: boolean
  /** Object identifiers of critical extensions that the caller itself understands. */
  readonly understood?: readonly string[]
}

const intermediatesMax = 32
const depthMax = 8
const signaturesMax = 64
const rsaBitsMin = 2048
const understoodHere: readonly string[] = [
  EXTENSION.subjectKeyIdentifier,
  EXTENSION.keyUsage,
  EXTENSION.subjectAltName,
  EXTENSION.basicConstraints,
  EXTENSION.certificatePolicies,
  EXTENSION.authorityKeyIdentifier,
  EXTENSION.extKeyUsage,
]

/**
 * Looks for a path from `leaf` to one of the anchors. This verifies that: each certificate is named
 * as issuer by the one below and signed it; each issuer is a certificate authority within its path
 * length that may sign certificates; all are within their dates (if time is given); none is weak (if
 * `strong`); the extended key usage is granted; and no extension on the way is critical and not understood. Name
 * constraints are not understood: a certificate that has them is refused.
 *
 * It does not prove that a certificate has not been revoked.
 * @see RFC 5280, 6.1
 */
export function verifyChain(leaf: Certificate, options: ChainOptions): VerifiedChain | ChainFault {
  const search = { ...options, signatures: 0 }
  const fault = faultOfLeaf(leaf, options)
  return fault ?? extend([leaf], search)
}

type Search = ChainOptions & { signatures: number }

function extend(path: readonly Certificate[], search: Search): VerifiedChain | ChainFault {
  const last = path.at(-1)!
  if (search.anchors.some((anchor) => anchor.equals(last))) return { chain: path }
  let fault: ChainFault = faultOf('unknown-issuer', last, `issued by ${last.issuer}`)
  if (path.length >= depthMax) return faultOf('path-too-long', last, `${depthMax} certificates`)
  const known = [...search.anchors, ...(search.intermediates ?? []).slice(0, intermediatesMax)]
  for (const issuer of known) {
    if (!equalBytes(last.issuerDer, issuer.subjectDer) || path.includes(issuer)) continue
    if (++search.signatures > signaturesMax)
      return faultOf('too-much-work', last, `${signaturesMax} signatures`)
    const found = step(path, issuer, search)
    if ('chain' in found) return found
    fault = found
  }
  return fault
}

function step(path: readonly Certificate[], issuer: Certificate, search: Search) {
  const last = path.at(-1)!
  const { isSignedBy = signedBy } = search
  if (search.strong === true && last.signatureScheme?.hash === 'sha1')
    return faultOf('weak-signature', last, 'signed with SHA-1')
  if (!isSignedBy(last, issuer))
    return faultOf('bad-signature', last, `not signed by ${issuer.subject}`)
  return faultOfIssuer(issuer, path, search) ?? extend([...path, issuer], search)
}

function signedBy(certificate: Certificate, issuer: Certificate): boolean {
  return certificate.signedBy(issuer.publicKey)
}

function faultOfLeaf(leaf: Certificate, options: ChainOptions): ChainFault | null {
  if (options.eku !== undefined && !leaf.extendedKeyUsage.includes(options.eku))
    return faultOf('wrong-extended-key-usage', leaf, `without ${options.eku}`)
  return faultOfAny(leaf, options)
}

function faultOfIssuer(
  issuer: Certificate,
  path: readonly Certificate[],
  options: ChainOptions,
): ChainFault | null {
  const { basicConstraints, keyUsage, extendedKeyUsage } = issuer
  if (basicConstraints?.ca !== true)
    return faultOf('not-a-certificate-authority', issuer, 'basicConstraints is not CA')
  // Self-issued certificates between do not count. 6.1.4 (l)
  const between = path.slice(1).filter((c) => !equalBytes(c.subjectDer, c.issuerDer)).length
  if (basicConstraints.pathLength !== null && between > basicConstraints.pathLength)
    return faultOf('path-too-long', issuer, `path length ${basicConstraints.pathLength}`)
  if (keyUsage !== null && !keyUsage.includes(KEY_USAGE.keyCertSign))
    return faultOf('wrong-key-usage', issuer, 'may not sign certificates')
  const excluded = extendedKeyUsage.length > 0 && !extendedKeyUsage.includes(options.eku ?? '')
  if (options.eku !== undefined && excluded && !extendedKeyUsage.includes('2.5.29.37.0'))
    return faultOf('wrong-extended-key-usage', issuer, `without ${options.eku}`)
  return faultOfAny(issuer, options)
}

function faultOfAny(certificate: Certificate, options: ChainOptions): ChainFault | null {
  const { time, understood = [], strong = false } = options
  const { kind, bits } = certificate.publicKey
  if (strong && kind === 'rsa' && bits < rsaBitsMin)
    return faultOf('weak-key', certificate, `RSA of ${bits} bits`)
  if (time !== null && time < certificate.notBefore)
    return faultOf('not-yet-valid', certificate, 'before its first day')
  if (time !== null && time > certificate.notAfter)
    return faultOf('expired', certificate, 'after its last day')
  if (certificate.extension(EXTENSION.nameConstraints) !== null)
    return faultOf('name-constraints', certificate, 'name constraints are not understood')
  const unknown = certificate.extensions.find(
    ({ critical, oid }) => critical && !understoodHere.includes(oid) && !understood.includes(oid),
  )
  if (unknown === undefined) return null
  return faultOf('unknown-critical-extension', certificate, unknown.oid)
}

function faultOf(fault: ChainFaultCode, certificate: Certificate, detail: string): ChainFault {
  return { fault, certificate, detail }
}
