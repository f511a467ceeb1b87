import { decode, equalBytes, MalformedError, toHex } from '@trusted-launch/codec'
import {
  Certificate,
  CryptoError,
  type CurveName,
  jwkOf,
  KEY_USAGE,
  type PublicKey,
  subjectUris,
  verifyChain,
} from '@trusted-launch/crypto'
import { nameOfPublic, TPM_ALG, TPMA_OBJECT, TPMT_PUBLIC } from '@trusted-launch/tpm2'
import type { Expectation } from './expectation.ts'
import { findingOf } from './finding-table.ts'
import { keyOf } from './identity/key-of.ts'
import { certificateFrom, isSignedBy, memoOf } from './known.ts'
import type { Finding } from './result.ts'

/** tcg-kp-AIKCertificate, TCG EK Credential Profile. */
const akCertificateUsage = '2.23.133.8.3'

const { fixedTPM, fixedParent, sensitiveDataOrigin, restricted, sign, decrypt } = TPMA_OBJECT
const wanted = fixedTPM | fixedParent | sensitiveDataOrigin | restricted | sign
const rsaBitsMin = 2048
const curvesTaken: readonly CurveName[] = ['P-256', 'P-384']
/** 65537, base64url. */
const exponentTaken = 'AQAB'

/** An AK that is the one on record for this VM and vouched for by an anchor. Only `verify` makes one. */
export class VerifiedAttestationKey {
  readonly #proof = true
  readonly publicKey: PublicKey
  /** Empty where `hasAttributes` is false. */
  readonly name: Uint8Array
  /** Whether its public area says what it may sign; a bare public key does not. */
  readonly hasAttributes: boolean
  /** From the AK's certificate to the anchor; empty: nothing but the record, or who gave it, vouches for it. */
  readonly chain: readonly Certificate[]

  private constructor(publicKey: PublicKey, name: Uint8Array, chain: readonly Certificate[]) {
    this.publicKey = publicKey
    this.name = name
    this.hasAttributes = name.length > 0
    this.chain = chain
  }

  /**
   * This verifies that: the public area decodes; its name, computed anew, is the one on record for
   * the VM's current generation; its attributes make it a key that signs only what its TPM made; it
   * is RSA of 2048 bits or P-256 or P-384; and either its TPM activated it, under the EK on record,
   * or its certificate is for this very key, for attestation and for this VM, and leads to an anchor,
   * which is an authority above it, at `time`.
   *
   * It does not prove where the TPM runs: that its state is the VM's own is the host's word.
   */
  static verify(
    evidence: { akPublic: Uint8Array; akCertificate: Uint8Array | null },
    expected: Expectation,
    time: number,
  ): VerifiedAttestationKey | readonly Finding[] {
    if (expected.givenKey !== undefined)
      return VerifiedAttestationKey.#verifyGiven(evidence, expected.givenKey, expected, time)
    const area = decodePublic(evidence.akPublic)
    if (!('publicArea' in area)) return [area]
    const { publicArea, publicKey, name } = area
    const faults = [...faultsOfName(name, expected), ...faultsOfArea(publicArea, publicKey)]
    // check 1, 2
    if (faults.length > 0) return faults
    if (expected.activatedKey !== undefined && equalBytes(expected.activatedKey.akName, name))
      return new VerifiedAttestationKey(publicKey, name, [])
    const chain = verifyCertificate(evidence.akCertificate, publicKey, expected, time)
    // check 1
    if (!Array.isArray(chain)) return [chain as Finding]
    // The certificate's own copy of the key: it is remembered with it, in the library's form.
    return new VerifiedAttestationKey(
      (chain as readonly Certificate[])[0]!.publicKey,
      name,
      chain as readonly Certificate[],
    )
  }

  /** The same of a key that is believed because it was given: without its public area, as it is. */
  static #verifyGiven(
    evidence: { akPublic: Uint8Array; akCertificate: Uint8Array | null },
    given: PublicKey,
    expected: Expectation,
    time: number,
  ): VerifiedAttestationKey | readonly Finding[] {
    const area = evidence.akPublic.length === 0 ? null : decodePublic(evidence.akPublic)
    if (area !== null && !('publicArea' in area)) return [area]
    const faults = area === null ? faultsOfNumbers(given) : faultsOfArea(area.publicArea, given)
    // check 1
    if (area !== null && !area.publicKey.equals(given))
      faults.push(findingOf({ id: 'attestation-key.foreign', summary: 'It is another key.' }))
    // check 2
    if (faults.length > 0) return faults
    const name = area?.name ?? new Uint8Array()
    if (expected.anchors.length === 0) return new VerifiedAttestationKey(given, name, [])
    const chain = verifyCertificate(evidence.akCertificate, given, expected, time)
    // check 1
    if (!Array.isArray(chain)) return [chain as Finding]
    return new VerifiedAttestationKey(given, name, chain as readonly Certificate[])
  }

  /** Always true: what makes the type nominal. */
  get isVerified(): boolean {
    return this.#proof
  }
}

type DecodedPublic = { publicArea: TPMT_PUBLIC; publicKey: PublicKey; name: Uint8Array }
const publicAreas = memoOf<DecodedPublic | Finding>('keys', 4096)

function decodePublic(bytes: Uint8Array): DecodedPublic | Finding {
  return publicAreas.of(() => decodePublicAnew(bytes.slice()), bytes)
}

function decodePublicAnew(bytes: Uint8Array): DecodedPublic | Finding {
  try {
    const publicArea = decode(TPMT_PUBLIC, bytes)
    return { publicArea, publicKey: keyOf(publicArea), name: nameOfPublic(publicArea) }
  } catch (e) {
    if (!(e instanceof MalformedError || e instanceof CryptoError)) throw e
    return findingOf({ id: 'attestation-key.malformed', summary: e.message })
  }
}

function faultsOfName(name: Uint8Array, expected: Expectation): Finding[] {
  const retired = expected.retiredAkNames.some((old) => equalBytes(old, name))
  // check 1
  if (!equalBytes(name, expected.akName))
    return [
      findingOf({
        id: retired ? 'attestation-key.retired-generation' : 'attestation-key.foreign',
        summary: retired
          ? 'The evidence is signed by the key of an earlier generation of this VM.'
          : 'The evidence is of another TPM than the one on record for this VM.',
        expected: toHex(expected.akName),
        actual: toHex(name),
      }),
    ]
  return []
}

/** What is wrong with a public area for an AK: its attributes, scheme, hash of the name, size or exponent. */
export function faultsOfArea(area: TPMT_PUBLIC, key: PublicKey): Finding[] {
  const faults: Finding[] = []
  const attributes = area.objectAttributes
  // check 2
  if ((attributes & wanted) !== wanted || (attributes & decrypt) !== 0 || !hasScheme(area))
    faults.push(
      findingOf({
        id: 'attestation-key.attributes',
        summary:
          (attributes & sign) === 0
            ? 'The key is none that signs.'
            : 'The key may sign what its TPM did not make.',
        expected: `0x${wanted.toString(16)}, a signing scheme, and no decryption`,
        actual: `0x${attributes.toString(16)}`,
      }),
    )
  // check 2
  if (area.nameAlg === TPM_ALG.SHA1) faults.push(weak('Its name is a SHA-1 digest.'))
  return [...faults, ...faultsOfNumbers(key)]
}

function weak(summary: string): Finding {
  return findingOf({ id: 'attestation-key.weak', summary })
}

/** Of the key itself: whoever gives it bare gives no area that says so. */
function faultsOfNumbers(key: PublicKey): Finding[] {
  const { curve, bits } = key
  const jwk = jwkOf(key)
  // check 2
  if (curve !== null && !curvesTaken.includes(curve))
    return [weak(`Its curve is ${curve}, not ${curvesTaken.join(' or ')}.`)]
  // check 2
  if (curve === null && bits < rsaBitsMin)
    return [
      {
        ...weak(`The key has ${bits} bits.`),
        expected: `RSA of at least ${rsaBitsMin} bits`,
        actual: `${bits} bits`,
      },
    ]
  // check 2
  if (jwk.kty === 'RSA' && jwk.e !== exponentTaken) return [weak('Its exponent is not 65537.')]
  return []
}

function hasScheme(area: TPMT_PUBLIC): boolean {
  if (area.type === TPM_ALG.RSA)
    return ([TPM_ALG.RSASSA, TPM_ALG.RSAPSS] as number[]).includes(area.parameters.scheme.scheme)
  return area.type === TPM_ALG.ECC && area.parameters.scheme.scheme === TPM_ALG.ECDSA
}

function verifyCertificate(
  bytes: Uint8Array | null,
  key: PublicKey,
  expected: Expectation,
  time: number,
): readonly Certificate[] | Finding {
  // check 1
  if (bytes === null)
    return findingOf({
      id: 'attestation-key.certificate.missing',
      summary: 'The key came without its certificate.',
    })
  const certificate = decodeCertificate(bytes)
  if (!(certificate instanceof Certificate)) return certificate
  // check 1
  if (!certificate.publicKey.equals(key))
    return findingOf({
      id: 'attestation-key.certificate.other-key',
      summary: 'The certificate is for another key.',
    })
  // A leaf that is believed as its own anchor would be nobody's word.
  const anchors = expected.anchors.filter(
    (anchor) => anchor.basicConstraints?.ca === true && !anchor.equals(certificate),
  )
  const { keyUsage, basicConstraints } = certificate
  const maySign = keyUsage === null || keyUsage.includes(KEY_USAGE.digitalSignature)
  // check 1
  if (!maySign || basicConstraints?.ca === true)
    return findingOf({
      id: 'attestation-key.certificate.untrusted',
      summary: `The certificate is ${maySign ? "an authority's" : 'not for a key that signs'}.`,
      actual: 'wrong-key-usage',
    })
  const { intermediates = [] } = expected
  const strong = { anchors, intermediates, time, strong: true, isSignedBy }
  const path = verifyChain(certificate, { ...strong, eku: akCertificateUsage })
  // check 1
  if ('fault' in path)
    return findingOf({
      id: 'attestation-key.certificate.untrusted',
      summary: `The certificate is not believed: ${path.fault} (${path.certificate.subject}: ${path.detail}).`,
      actual: path.fault,
    })
  return faultOfSubject(certificate, expected) ?? path.chain
}

const urnPrefix = 'urn:trusted-launch:vm:'

/** An AK certificate names its VM: ours by a URN with the generation, another authority's by its common name. */
function faultOfSubject(
  certificate: Certificate,
  { vm, generation, givenKey }: Expectation,
): Finding | null {
  if (givenKey !== undefined) return null
  const named = subjectUris(certificate).filter((uri) => uri.startsWith(urnPrefix))
  const expected = named.length > 0 ? `${urnPrefix}${vm}:generation:${generation}` : `CN=${vm}`
  const actual = named.length > 0 ? named.join(' ') : certificate.subject
  const summary = 'The certificate is for another VM, or another generation of this one.'
  // check 1
  if (actual !== expected)
    return findingOf({ id: 'attestation-key.certificate.other-vm', summary, expected, actual })
  return null
}

function decodeCertificate(bytes: Uint8Array): Certificate | Finding {
  try {
    const certificate = certificateFrom(bytes, 'key')
    subjectUris(certificate)
    return certificate
  } catch (e) {
    if (!(e instanceof MalformedError || e instanceof CryptoError)) throw e
    return findingOf({ id: 'attestation-key.certificate.malformed', summary: e.message })
  }
}
