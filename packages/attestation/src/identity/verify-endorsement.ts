import { decode, MalformedError } from '@trusted-launch/codec'
import {
  Certificate,
  CryptoError,
  EXTENSION,
  KEY_USAGE,
  subjectDirectoryNames,
  verifyChain,
} from '@trusted-launch/crypto'
import { TPMT_PUBLIC } from '@trusted-launch/tpm2'
import { findingOf } from '../finding-table.ts'
import type { Finding } from '../result.ts'
import { keyOf } from './key-of.ts'
import { certificateInIndex } from './nv-certificate.ts'

/** tcg-kp-EKCertificate. TCG EK Credential Profile 2.6, 3.2.16. */
const ekCertificateUsage = '2.23.133.8.1'
/** Attributes of a TPM. 3.1.2. */
const attributes = {
  manufacturer: '2.23.133.2.1',
  model: '2.23.133.2.2',
  version: '2.23.133.2.3',
} as const

/** What an EK's certificate is judged by. */
export interface EndorsementQuestion {
  /** As the TPM's NV index holds it: with a header before it or padding behind it, or bare. */
  readonly certificate: Uint8Array
  /** TPMT_PUBLIC of the EK the certificate ought to be of; null: whichever it is of. */
  readonly ekPublic: Uint8Array | null
  /** Authorities of TPM makers that are believed. */
  readonly anchors: readonly Certificate[]
  /** What may lie between; believed for nothing. */
  readonly intermediates: readonly Certificate[]
  /** When the evidence was given, milliseconds since 1970. */
  readonly time: number
}

/** An EK that a TPM's maker vouches for. */
export interface VerifiedEndorsement {
  readonly certificate: Certificate
  /** From the certificate to the anchor. */
  readonly chain: readonly Certificate[]
  /** What the maker calls its TPM: `id:` and hexadecimal for `manufacturer` and `version`. */
  readonly tpm: { readonly [name in keyof typeof attributes]: string }
}

/**
 * This verifies that the certificate: reads, once header and padding are off; is of `ekPublic`; names
 * the TPM's maker, model and version once each; is for an EK, and no authority; may encrypt or agree
 * upon keys, and not sign; and leads to an anchor, strong keys and hashes all the way, at `time`.
 *
 * It does not prove that it was not revoked, nor that whoever shows it has the EK: that takes an
 * activation (`challengeKey`).
 * @see TCG EK Credential Profile 2.6, 3.2
 */
export function verifyEndorsement(given: EndorsementQuestion): VerifiedEndorsement | Finding {
  try {
    return verify(given)
  } catch (e) {
    if (!(e instanceof MalformedError || e instanceof CryptoError)) throw e
    return findingOf({ id: 'endorsement-key.certificate.malformed', summary: e.message })
  }
}

function verify(given: EndorsementQuestion): VerifiedEndorsement | Finding {
  const certificate = Certificate.decode(certificateInIndex(given.certificate))
  const ek = given.ekPublic === null ? null : keyOf(decode(TPMT_PUBLIC, given.ekPublic))
  // check 4
  if (ek !== null && !certificate.publicKey.equals(ek))
    return refused('other-key', 'The certificate is of another EK.')
  const tpm = tpmOf(certificate)
  // check 4
  if (typeof tpm === 'string') return refused('profile', `The certificate ${tpm}.`)
  const fault = faultOfUse(certificate)
  // check 4
  if (fault !== null) return refused('profile', `The certificate ${fault}.`)
  const path = chainOf(certificate, given)
  // check 4
  if ('fault' in path)
    return refused(
      'untrusted',
      `The certificate is not believed: ${path.fault} (${path.certificate.subject}: ${path.detail}).`,
    )
  return { certificate, chain: path.chain, tpm }
}

function chainOf(certificate: Certificate, { anchors, intermediates, time }: EndorsementQuestion) {
  // A leaf that is believed as its own anchor would be nobody's word.
  const above = anchors.filter(
    (anchor) => anchor.basicConstraints?.ca === true && !anchor.equals(certificate),
  )
  const options = { anchors: above, intermediates, time, strong: true }
  return verifyChain(certificate, { ...options, eku: ekCertificateUsage })
}

/** What the certificate says of its TPM, or what is wrong with how it says it. 3.2.9. */
function tpmOf(certificate: Certificate): VerifiedEndorsement['tpm'] | string {
  const names = subjectDirectoryNames(certificate).flat()
  const attributesOf = (oid: string) => names.filter((attribute) => attribute.oid === oid)
  const values = Object.values(attributes).map(attributesOf)
  if (values.some(({ length }) => length !== 1))
    return 'does not name a TPM by maker, model and version, once each'
  const [manufacturer, model, version] = values.map(([attribute]) => attribute!.value)
  if (!/^id:[0-9A-Fa-f]{8}$/.test(manufacturer!)) return 'names no maker of the registry'
  if (!/^id:[0-9A-Fa-f]{2,16}$/.test(version!)) return 'names no version'
  return { manufacturer: manufacturer!, model: model!, version: version! }
}

function faultOfUse(certificate: Certificate): string | null {
  const { keyUsage, basicConstraints, extendedKeyUsage, publicKey } = certificate
  const isSubjectEmpty = certificate.subject === ''
  if (isSubjectEmpty && certificate.extension(EXTENSION.subjectAltName)?.critical !== true)
    return 'has no subject, and its alternative name is not critical'
  if (basicConstraints?.ca === true) return 'is an authority'
  if (!extendedKeyUsage.includes(ekCertificateUsage)) return 'is not for an EK'
  const wanted = publicKey.kind === 'rsa' ? KEY_USAGE.keyEncipherment : KEY_USAGE.keyAgreement
  if (keyUsage?.includes(wanted) !== true) return 'is not for a key that encrypts'
  if (keyUsage.includes(KEY_USAGE.digitalSignature)) return 'is for a key that signs'
  return null
}

type Fault = 'other-key' | 'profile' | 'untrusted'

function refused(fault: Fault, summary: string): Finding {
  return findingOf({ id: `endorsement-key.certificate.${fault}`, summary })
}
