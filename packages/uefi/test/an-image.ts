/** A section of a made-up image. */
export interface MadeSection {
  readonly name: string
  readonly bytes: Uint8Array
}

const headersBytes = 0x400
const peAt = 0x80
const optionalBytes = 240

/** A PE32+ image of these sections, with a certificate table of `certificates` at its end. */
export function makeImage(
  sections: readonly MadeSection[],
  certificates: Uint8Array = new Uint8Array(0),
  change: (view: DataView) => void = () => {},
): Uint8Array {
  const sizes = sections.map(({ bytes }) => Math.ceil(bytes.length / 0x200) * 0x200)
  const end = headersBytes + sizes.reduce((sum, size) => sum + size, 0)
  const file = new Uint8Array(end + certificates.length)
  const view = new DataView(file.buffer)
  view.setUint16(0, 0x5a4d, true)
  view.setUint32(60, peAt, true)
  view.setUint32(peAt, 0x4550, true)
  view.setUint16(peAt + 4, 0x8664, true)
  view.setUint16(peAt + 6, sections.length, true)
  view.setUint16(peAt + 20, optionalBytes, true)
  const optional = peAt + 24
  view.setUint16(optional, 0x20b, true)
  view.setUint32(optional + 60, headersBytes, true)
  view.setUint32(optional + 64, 0xdeadbeef, true)
  view.setUint32(optional + 108, 16, true)
  view.setUint32(optional + 144, certificates.length === 0 ? 0 : end, true)
  view.setUint32(optional + 148, certificates.length, true)
  let at = headersBytes
  for (const [i, { name, bytes }] of sections.entries()) {
    const header = optional + optionalBytes + 40 * i
    for (const [k, character] of [...name].entries()) file[header + k] = character.charCodeAt(0)
    view.setUint32(header + 8, bytes.length, true)
    view.setUint32(header + 16, sizes[i]!, true)
    view.setUint32(header + 20, at, true)
    file.set(bytes, at)
    at += sizes[i]!
  }
  file.set(certificates, end)
  change(view)
  return file
}

/** Where things stand in such an image. */
export const MADE = { peAt, optionalAt: peAt + 24, checkSumAt: peAt + 24 + 64, headersBytes }
