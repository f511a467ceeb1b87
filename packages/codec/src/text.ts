import type { Codec } from './codec.ts'
import { MalformedError } from './errors.ts'

const digits = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
const hexBytesMax = 2048
/** The characters of one text, used again for the next: text that grows by two costs a kilobyte for each digest. */
const characters: number[] = []

/** Lowercase hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  if (bytes.length <= hexBytesMax) return shortHex(bytes)
  let text = ''
  for (let at = 0; at < bytes.length; at += hexBytesMax)
    text += shortHex(bytes.subarray(at, at + hexBytesMax))
  return text
}

function shortHex(bytes: Uint8Array): string {
  characters.length = 2 * bytes.length
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    characters[2 * i] = digits[byte >> 4]!
    characters[2 * i + 1] = digits[byte & 15]!
  }
  return String.fromCharCode.apply(null, characters)
}

/** @throws {MalformedError} an odd length, or anything but hexadecimal digits. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text))
    throw new MalformedError('hex', 0, 'not an even number of hexadecimal digits')
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

/** Bytes 0-255 to the characters of the same numbers: loses nothing, claims nothing. */
export function toLatin1(bytes: Uint8Array): string {
  if (bytes.length <= 4096) return String.fromCharCode.apply(null, bytes as unknown as number[])
  let text = ''
  for (let i = 0; i < bytes.length; i += 4096) text += toLatin1(bytes.subarray(i, i + 4096))
  return text
}

/** @throws {RangeError} a character above 255. */
export function fromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 255) throw new RangeError(`character ${i} is above 255`)
    bytes[i] = code
  }
  return bytes
}

/** UTF-8, RFC 3629. A lone surrogate becomes U+FFFD. */
export function toUtf8(text: string): Uint8Array {
  const plain = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x80) return manyByteUtf8(text)
    plain[i] = code
  }
  return plain
}

function manyByteUtf8(text: string): Uint8Array {
  const bytes: number[] = []
  for (const character of text) {
    let code = character.codePointAt(0)!
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd
    if (code < 0x80) bytes.push(code)
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63))
    else if (code < 0x10000)
      bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
    else
      bytes.push(
        0xf0 | (code >> 18),
        0x80 | ((code >> 12) & 63),
        0x80 | ((code >> 6) & 63),
        0x80 | (code & 63),
      )
  }
  return Uint8Array.from(bytes)
}

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! >= 0x80) return false
  return true
}

const smallest = [0, 0x80, 0x800, 0x10000]

/** @throws {MalformedError} bytes that are not UTF-8: overlong, surrogate, above U+10FFFF, cut off. */
export function fromUtf8(bytes: Uint8Array): string {
  if (isAscii(bytes)) return toLatin1(bytes)
  let text = ''
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i]!
    const extra = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1
    let code = extra === 0 ? first : first & (0x3f >> extra)
    let sound = first < 0x80 || (first >= 0xc2 && first < 0xf5)
    for (let k = 1; k <= extra; k++) {
      const next = bytes[i + k] ?? 0
      sound &&= (next & 0xc0) === 0x80
      code = (code << 6) | (next & 0x3f)
    }
    sound &&= code >= smallest[extra]! && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
    if (!sound) throw new MalformedError('utf8', i, 'not UTF-8')
    text += String.fromCodePoint(code)
    i += extra + 1
  }
  return text
}

/** UTF-16, little endian, without a terminator; lone surrogates survive (UEFI names may hold them). */
export function toUtf16le(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), true)
  return bytes
}

/** @throws {MalformedError} an odd number of bytes. */
export function fromUtf16le(bytes: Uint8Array): string {
  if (bytes.length % 2 !== 0)
    throw new MalformedError('utf16', bytes.length, 'an odd number of bytes')
  let text = ''
  for (let i = 0; i < bytes.length; i += 2)
    text += String.fromCharCode(bytes[i]! | (bytes[i + 1]! << 8))
  return text
}

/**
 * The text without the NULs at its end, in time by its length. A pattern such as /\0+$/ tries every NUL of it as a
 * beginning: 64 kB of them before a letter take a quarter of a minute.
 */
export function withoutNuls(text: string): string {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--
  return text.slice(0, end)
}

/** Text of a codec of bytes. */
export function text(
  inner: Codec<Uint8Array>,
  charset: { to(text: string): Uint8Array; from(bytes: Uint8Array): string },
): Codec<string> {
  return {
    read(from) {
      const position = from.position
      try {
        return charset.from(inner.read(from))
      } catch (e) {
        if (e instanceof MalformedError && e.path === '') throw e
        throw new MalformedError('', position, e instanceof MalformedError ? e.reason : String(e), {
          cause: e,
        })
      }
    },
    write: (to, value) => inner.write(to, charset.to(value)),
  }
}

/** Character sets for `text`: what does not decode is a MalformedError, what does not encode a RangeError. */
export const utf8 = { to: toUtf8, from: fromUtf8 }
export const utf16le = { to: toUtf16le, from: fromUtf16le }
export const latin1 = { to: fromLatin1, from: toLatin1 }

/** Same length, same bytes. Not for secrets, which crypto's `sameSecret` compares: it stops at the first difference. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** One after the other, in a buffer of their own. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let size = 0
  for (let i = 0; i < parts.length; i++) size += parts[i]!.length
  const whole = new Uint8Array(size)
  let at = 0
  for (let i = 0; i < parts.length; i++) {
    whole.set(parts[i]!, at)
    at += parts[i]!.length
  }
  return whole
}
