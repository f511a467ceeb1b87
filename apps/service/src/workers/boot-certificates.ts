import type { BootCertificate } from '@trusted-launch/api'
import type { AppraisedEvent } from '@trusted-launch/attestation'
import { MalformedError, toHex } from '@trusted-launch/codec'
import { Certificate, CryptoError } from '@trusted-launch/crypto'
import { decodeSignatureDatabase, entriesOf, GUIDS } from '@trusted-launch/uefi'

/** A signer, its issuer, and so on. */
const CHAIN_MAX = 5
/** In a log that is made to have many, the rest is not looked at. */
const CERTIFICATES_MAX = 1_000
const OWNER_BYTES = 16
const NAME_CHARS_MAX = 64

interface Held {
  readonly certificate: Certificate
  readonly variable: string
}

/**
 * What leads from a signer's name to whoever is behind it, out of the certificates of measured variables. That one
 * issued another is verified; that a certificate is good to sign with is the firmware's word, and that of the verdict.
 */
export function certificatesIn(
  events: readonly AppraisedEvent[],
): (signer: string | null) => BootCertificate[] {
  const all = events.flatMap(heldBy).slice(0, CERTIFICATES_MAX)
  return (signer) => {
    let at = all.find(({ certificate }) => certificate.subject === signer)
    const found: Held[] = []
    while (at !== undefined && found.length < CHAIN_MAX && !found.includes(at)) {
      found.push(at)
      const { certificate } = at
      const isSelfIssued = certificate.issuer === certificate.subject
      at = isSelfIssued ? undefined : all.find((one) => certificate.issuedBy(one.certificate))
    }
    return found.map(viewOf)
  }
}

function viewOf({ certificate, variable }: Held): BootCertificate {
  const { subject, issuer, fingerprint, notBefore, notAfter } = certificate
  return {
    ...{ subject, issuer, sha256: toHex(fingerprint), variable },
    notBefore: new Date(notBefore).toISOString(),
    notAfter: new Date(notAfter).toISOString(),
  }
}

/** Of an event whose data is what was measured; of any other whatever it holds is hearsay. */
function heldBy({ explanation }: AppraisedEvent): Held[] {
  if (!explanation.verified || explanation.data.kind !== 'variable') return []
  const { unicodeName, variableData } = explanation.data.variable
  return certificatesOf(variableData).map((certificate) => ({
    certificate,
    variable: unicodeName.slice(0, NAME_CHARS_MAX),
  }))
}

/** Of a database, or of the one entry that let something run. */
function certificatesOf(bytes: Uint8Array): Certificate[] {
  try {
    return entriesOf(decodeSignatureDatabase(bytes))
      .filter(({ signatureType }) => signatureType === GUIDS.EFI_CERT_X509_GUID)
      .flatMap(({ signatureData }) => certificateOf(signatureData))
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    return certificateOf(bytes.subarray(OWNER_BYTES))
  }
}

function certificateOf(der: Uint8Array): Certificate[] {
  try {
    return [Certificate.decode(der)]
  } catch (error) {
    if (error instanceof MalformedError || error instanceof CryptoError) return []
    throw error
  }
}
