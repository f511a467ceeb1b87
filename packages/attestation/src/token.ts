import { fromBase64url, toBase64url, toHex, toUtf8 } from '@trusted-launch/codec'
import {
  digest,
  ecdsaSignature,
  type PublicKey,
  rawEcdsaSignature,
  type SigningKey,
  verifySignature,
} from '@trusted-launch/crypto'
import { formatCanonical, type Json } from './canonical-json.ts'
import type { AttestationResult, Finding, Severity } from './result.ts'

/** Signs bytes with ES256: the two numbers, 32 bytes each. RFC 7518, 3.4. */
export type SignToken = (message: Uint8Array) => Uint8Array

/** Who issues a token, and for how long it holds. */
export interface TokenIssuer {
  readonly issuer: string
  readonly lifetimeSeconds: number
  /** The signer's public key: its thumbprint is the token's `kid`. */
  readonly key: PublicKey
}

const profile = 'tag:github.com,2023:veraison/ear'
const numberBytes = 32

/** ES256 by a P-256 key. @throws {RangeError} another key. */
export function signTokensWith(key: SigningKey): SignToken {
  if (key.publicKey.curve !== 'P-256') throw new RangeError('ES256 wants a P-256 key')
  return (message) =>
    rawEcdsaSignature(key.sign({ scheme: 'ecdsa', hash: 'sha256' }, message), numberBytes)
}

/**
 * A result as a token: a JWT with EAR's claims, signed with ES256. `timeMs` is its time of issue:
 * that of the evidence. `recordSha256` is the hash of the whole appraisal record.
 * @see draft-ietf-rats-ear; RFC 7519
 */
export function tokenOf(
  result: AttestationResult,
  recordSha256: string,
  timeMs: number,
  issuer: TokenIssuer,
  sign: SignToken,
): string {
  const signed = signedText(result, recordSha256, timeMs, issuer)
  return `${signed}.${toBase64url(sign(toUtf8(signed)))}`
}

/** What the signature of `tokenOf` is over: header and claims, a function of the arguments only. */
export function signedText(
  result: AttestationResult,
  recordSha256: string,
  timeMs: number,
  issuer: TokenIssuer,
): string {
  const kid = toBase64url(digest('sha256', issuer.key.spki))
  const header = { alg: 'ES256', kid, typ: 'JWT' }
  const claims = claimsOfToken(result, recordSha256, timeMs, issuer)
  return [header, claims].map((part) => toBase64url(toUtf8(formatCanonical(part)))).join('.')
}

/** Whether this key signed the token. It says nothing of the token's claims, nor of its dates. */
export function verifyToken(token: string, key: PublicKey): boolean {
  const end = token.lastIndexOf('.')
  const signature = bytesOf(token.slice(end + 1))
  if (end < 0 || signature?.length !== 2 * numberBytes || key.curve !== 'P-256') return false
  const [r, s] = [signature.subarray(0, numberBytes), signature.subarray(numberBytes)]
  const scheme = { scheme: 'ecdsa', hash: 'sha256' } as const
  return verifySignature(key, scheme, toUtf8(token.slice(0, end)), ecdsaSignature({ r, s }))
}

function bytesOf(text: string): Uint8Array | null {
  try {
    return fromBase64url(text)
  } catch {
    return null
  }
}

function claimsOfToken(
  result: AttestationResult,
  recordSha256: string,
  timeMs: number,
  { issuer, lifetimeSeconds }: TokenIssuer,
): Json {
  const iat = Math.floor(timeMs / 1000)
  const secureBoot = result.claims['secure-boot']
  const appraisal = {
    'ear.appraisal-policy-id': `urn:trusted-launch:policy:${result.policy.id}:${result.policy.sha256}`,
    'ear.status': result.tier,
    'ear.trustworthiness-vector': vectorOf(result),
  }
  return {
    eat_nonce: result.nonce,
    eat_profile: profile,
    'ear.verifier-id': { build: 'trusted-launch', developer: 'trusted-launch' },
    evidence_time: result.time,
    exp: iat + lifetimeSeconds,
    iat,
    iss: issuer,
    record_sha256: recordSha256,
    secureboot: secureBoot?.verified === true && secureBoot.value === true,
    submods: { [result.vm]: appraisal },
    'x-ms-azurevm-vmid': result.vm,
  }
}

type VectorName = 'instance-identity' | 'configuration' | 'executables'

const prefixes: readonly [string, VectorName][] = [
  ['attestation-key.', 'instance-identity'],
  ['quote.', 'instance-identity'],
  ['vtpm.', 'instance-identity'],
  ['secure-boot', 'configuration'],
  ['mok.', 'configuration'],
  ['reference-values.', 'executables'],
]
const claimValues: Readonly<Record<Severity, number>> = { info: 2, low: 32, medium: 32, high: 96 }

// draft-ietf-rats-ar4si, 2.3.4: 0 no claim, 2 affirming, 32 warning, 96 contraindicated.
function vectorOf({ findings, bank }: AttestationResult): Json {
  const start = bank === null ? 0 : 2
  const vector = { configuration: start, executables: start, 'instance-identity': start }
  for (const finding of findings) {
    const name = vectorNameOf(finding)
    vector[name] = Math.max(vector[name], claimValues[finding.severity])
  }
  return vector
}

function vectorNameOf({ id }: Finding): VectorName {
  return prefixes.find(([prefix]) => id.startsWith(prefix))?.[1] ?? 'executables'
}

/** SHA-256, hexadecimal. */
export function sha256Hex(bytes: Uint8Array): string {
  return toHex(digest('sha256', bytes))
}
