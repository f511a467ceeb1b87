import { fromUtf8, toHex } from '@trusted-launch/codec'
import { DER, type DerElement, inside } from './der.ts'
import { cutText } from './utf8.ts'

const rdnsMax = 64
const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
}
const latin1Tags = [0x13, 0x14, 0x16]
const bmpString = 0x1e

/** A Name for people, in the order of the bytes: `C=US, O=Example, CN=Example CA`. Proves nothing. */
export function formatName(name: DerElement): string {
  return readName(name)
    .map(({ oid, value }) => `${shortNames[oid] ?? oid}=${value}`)
    .join(', ')
}

/** The attributes of a Name in the order of the bytes, their values as text for people. */
export function readName(name: DerElement): { oid: string; value: string }[] {
  const attributes: { oid: string; value: string }[] = []
  for (const rdn of inside(name).all(rdnsMax, DER.SET)) {
    for (const attribute of inside(rdn).all(rdnsMax, DER.SEQUENCE)) {
      const reader = inside(attribute)
      attributes.push({ oid: reader.oid(), value: formatValue(reader.next()) })
      reader.finish()
    }
  }
  return attributes
}

function formatValue({ tag, content, bytes }: DerElement): string {
  try {
    if (tag === DER.UTF8_STRING) return printable(fromUtf8(content))
    if (latin1Tags.includes(tag)) return printable(String.fromCharCode(...content))
    if (tag === bmpString && content.length % 2 === 0) return printable(fromBmp(content))
  } catch {}
  return `#${toHex(bytes)}`
}

function fromBmp(content: Uint8Array): string {
  let text = ''
  for (let i = 0; i < content.length; i += 2)
    text += String.fromCharCode(content[i]! * 256 + content[i + 1]!)
  return text
}

// A name is printed on terminals and into logs: no control characters, none that turn what is beside it, no line breaks, no half characters.
function printable(text: string): string {
  return cutText(text, 256).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}
