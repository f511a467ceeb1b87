import { toLatin1, within } from '@trusted-launch/codec'
import { contextTag, DER, DerReader } from './der.ts'
import { type Certificate, EXTENSION } from './x509.ts'

const namesMax = 64
const uniformResourceIdentifier = contextTag(6, false)

/**
 * The URIs among a certificate's alternative names. RFC 5280, 4.2.1.6.
 * @throws {MalformedError} the extension does not read.
 */
export function subjectUris(certificate: Certificate): string[] {
  const extension = certificate.extension(EXTENSION.subjectAltName)
  if (extension === null) return []
  return within('subjectAltName', () => {
    const reader = new DerReader(extension.value)
    const names = reader.enter(DER.SEQUENCE).all(namesMax)
    reader.finish()
    return names
      .filter(({ tag }) => tag === uniformResourceIdentifier)
      .map(({ content }) => toLatin1(content))
  })
}
