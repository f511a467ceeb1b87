import { toLatin1, within } from '@trusted-launch/codec'
import { contextTag, DER, type DerElement, DerReader, inside } from './der.ts'
import { readName } from './distinguished-name.ts'
import type { NameAttribute } from './issue-certificate.ts'
import { type Certificate, EXTENSION } from './x509.ts'

const namesMax = 64
const directoryName = contextTag(4)
const uniformResourceIdentifier = contextTag(6, false)

/**
 * The URIs among a certificate's alternative names. RFC 5280, 4.2.1.6.
 * @throws {MalformedError} the extension does not read.
 */
export function subjectUris(certificate: Certificate): readonly string[] {
  const read = () =>
    readNames(certificate, uniformResourceIdentifier, ({ content }) => toLatin1(content))
  const uris = known.get(certificate) ?? read()
  known.set(certificate, uris)
  return uris
}

const known = new WeakMap<Certificate, readonly string[]>()

/**
 * The attributes of each directory name among a certificate's alternative names, values as text.
 * @throws {MalformedError} the extension does not read.
 */
export function subjectDirectoryNames(certificate: Certificate): NameAttribute[][] {
  return readNames(certificate, directoryName, (element) => {
    const wrapper = inside(element)
    const name = wrapper.next(DER.SEQUENCE)
    wrapper.finish()
    return readName(name)
  })
}

function readNames<T>(certificate: Certificate, tag: number, read: (name: DerElement) => T): T[] {
  const extension = certificate.extension(EXTENSION.subjectAltName)
  if (extension === null) return []
  return within('subjectAltName', () => {
    const reader = new DerReader(extension.value)
    const names = reader.enter(DER.SEQUENCE).all(namesMax)
    reader.finish()
    return names.filter((name) => name.tag === tag).map(read)
  })
}
