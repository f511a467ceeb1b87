import { createHash, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify<string, Uint8Array, number, ScryptOptions, Buffer>(scrypt)

/** 16 MiB and five passes: as strong as OWASP asks, and small enough to be done a few at a time. */
const COST = { N: 1 << 14, r: 8, p: 5 }
const SALT_BYTES = 16
const HASH_BYTES = 32
/** Longer ones are no secrets of ours. */
const SECRET_MAX = 1024
const ENCODED = /^scrypt\$14\$8\$5\$([A-Za-z0-9_-]{22})\$([A-Za-z0-9_-]{43})$/

/** A new secret for a program: 256 bits, in characters that need no quoting anywhere. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** What is kept of a secret: `scrypt$14$8$5$SALT$HASH`, from which nobody gets it back. RFC 7914. */
export async function hashSecret(secret: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const hash = await derive(secret, salt, HASH_BYTES, COST)
  return `scrypt$14$8$5$${salt.toString('base64url')}$${hash.toString('base64url')}`
}

/**
 * Whether this is the secret. Takes as long when it isn't, and where there is none (`hash` is null) too,
 * so that time doesn't tell who may sign in.
 */
export async function isSecret(given: string, hash: string | null): Promise<boolean> {
  if (given.length > SECRET_MAX) return false
  const [, salt, expected] = ENCODED.exec(hash ?? NOBODY) ?? []
  if (salt === undefined || expected === undefined) return false
  const found = await derive(given, Buffer.from(salt, 'base64url'), HASH_BYTES, COST)
  return timingSafeEqual(found, Buffer.from(expected, 'base64url')) && hash !== null
}

/** Tells one secret of somebody from the next, and nothing of either: what one began another does not go on with. */
export function secretMark(secretHash: string | null): string {
  return createHash('sha256')
    .update(secretHash ?? '')
    .digest('base64url')
}

const NOBODY = `scrypt$14$8$5$${'A'.repeat(22)}$${'A'.repeat(43)}`
