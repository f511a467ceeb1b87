import { MalformedError } from '@trusted-launch/codec'

// By the library: a token's text would else cost more than its signature.

/** base64url without padding. RFC 4648, 5; RFC 7515, 2. */
export function toBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url')
}

/** The same of a text in UTF-8: a part of a token. */
export function textToBase64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}

/** @throws {MalformedError} a foreign character, or bits that no encoder leaves. */
export function fromBase64url(text: string): Uint8Array {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64url'))
  // The library skips what is foreign, and takes the other alphabet and padding.
  if (toBase64url(bytes) === text) return bytes
  const foreign = text.search(/[^A-Za-z0-9_-]/)
  if (foreign >= 0) throw new MalformedError('base64url', foreign, 'a foreign character')
  throw new MalformedError('base64url', text.length, 'bits that no encoder leaves')
}
