import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * A path that whoever has it may read until it expires: `?se=…&sig=…`. The signature covers path and time.
 * @param key 32 random bytes, of this installation.
 */
export function signedPath(key: Uint8Array, path: string, expiresAt: number): string {
  return `${path}?se=${expiresAt}&sig=${signatureOf(key, path, expiresAt)}`
}

/** Whether a path was signed by us and is still good. */
export function isSigned(
  key: Uint8Array,
  path: string,
  query: Readonly<Record<string, string>>,
  at: number,
): boolean {
  const expiresAt = Number(query.se)
  if (!Number.isSafeInteger(expiresAt) || at >= expiresAt) return false
  const expected = Buffer.from(signatureOf(key, path, expiresAt))
  const given = Buffer.from(query.sig ?? '')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function signatureOf(key: Uint8Array, path: string, expiresAt: number): string {
  return createHmac('sha256', key).update(`${path}\n${expiresAt}`).digest('base64url')
}
