import { verifyEndorsement } from '@trusted-launch/attestation'
import { MalformedError } from '@trusted-launch/codec'
import { Certificate, CryptoError, decodePem, isPem, verifyChain } from '@trusted-launch/crypto'
import { bytesOf, type Entry, manifest, type Row } from './manifest.ts'

/** A maker's or an operator's authority: it reads, and whoever of the corpus is named as its issuer signed it. */
export function authority({ file }: Entry): Row[] {
  const certificate = decoded(file)
  if (!(certificate instanceof Certificate)) return [row(file, 'is read', certificate, false)]
  const issuers = authorities().filter((other) => sameName(other, certificate))
  const signed = issuers.length === 0 || issuers.some((issuer) => certificate.issuedBy(issuer))
  const got = issuers.length === 0 ? 'issuer unknown' : `signed: ${signed}`
  // PSS with parameters other than RFC 4055 lets stand for it is read, and verified by nobody here.
  return [row(file, 'signed by its issuer', got, signed || certificate.signatureScheme === null)]
}

/** An EK's or AK's certificate: leads to an authority where the manifest says so. */
export function keyCertificate({ file, expected }: Entry): Row[] {
  const certificate = decoded(file)
  if (!(certificate instanceof Certificate)) return [row(file, 'is read', certificate, false)]
  if (!expected.startsWith('chains to')) return [row(file, 'is read', certificate.subject, true)]
  const options = { anchors: roots(), intermediates: authorities(), strong: true }
  const time = certificate.notBefore + 1
  const path = verifyChain(certificate, { ...options, time })
  const got = 'chain' in path ? `${path.chain.length} certificates` : `${path.fault} ${path.detail}`
  return [row(file, 'leads to a root', got, 'chain' in path)]
}

/** An EK's, by the profile: whether it names its TPM and its use decides. */
export function endorsement(entry: Entry): Row[] {
  const { file, description } = entry
  const certificate = decoded(file)
  const first = keyCertificate(entry)
  if (!(certificate instanceof Certificate)) return first
  const found = verifyEndorsement({
    certificate: certificate.der,
    ekPublic: null,
    anchors: roots(),
    intermediates: authorities(),
    time: certificate.notBefore + 1,
  })
  const got = 'id' in found ? found.id : `of ${found.tpm.manufacturer} ${found.tpm.model}`
  const good = /\(encryption\) certificate, universal CA/.test(description)
  const expected = good ? 'of the profile' : 'refused by the profile'
  return [...first, row(file, expected, got, good === 'tpm' in found)]
}

let known: Certificate[] | undefined

function authorities(): Certificate[] {
  known ??= manifest()
    .filter(({ kind }) => kind === 'ca-cert')
    .map(({ file }) => decoded(file))
    .filter((found) => found instanceof Certificate)
  return known
}

const roots = () => authorities().filter((each) => sameName(each, each))
const sameName = (issuer: Certificate, { issuer: name }: Certificate) => issuer.subject === name

/** The first certificate of a file, PEM or DER; or why it is none. */
function decoded(file: string): Certificate | string {
  try {
    const bytes = bytesOf(file)
    return Certificate.decode(isPem(bytes) ? decodePem(bytes)[0]!.der : bytes)
  } catch (e) {
    if (!(e instanceof MalformedError || e instanceof CryptoError)) throw e
    return e.message
  }
}

function row(file: string, expected: string, got: string, right: boolean): Row {
  return { file, expected, got, right }
}
