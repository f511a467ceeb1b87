import { createECDH } from 'node:crypto'
import { CryptoError } from './errors.ts'
import type { CurveName, PublicKey } from './public-key.ts'

const libraryNames: Record<CurveName, string> = {
  'P-256': 'prime256v1',
  'P-384': 'secp384r1',
  'P-521': 'secp521r1',
}

/** What two keys of a curve agree upon, and the point of the key that was used once. */
export interface Agreement {
  /** The x-coordinate of the common point: a secret. As long as the curve's. */
  readonly z: Uint8Array
  readonly ephemeral: { readonly x: Uint8Array; readonly y: Uint8Array }
}

/**
 * One-pass Diffie-Hellman with somebody's key.
 * @param scalar the ephemeral private key: random, used once, as long as the curve's coordinates.
 * @throws {CryptoError} `KEY_UNSUPPORTED`: not a key of a curve, or a point off it.
 * @throws {RangeError} a scalar that is zero, or not below the curve's order: draw another.
 * @see NIST SP 800-56A, 6.2.2.2
 */
export function agree(key: PublicKey, scalar: Uint8Array): Agreement {
  const { curve, bits } = key
  if (curve === null) throw new CryptoError('KEY_UNSUPPORTED', 'Diffie-Hellman with an RSA key')
  const size = Math.ceil(bits / 8)
  const pair = createECDH(libraryNames[curve])
  try {
    pair.setPrivateKey(scalar)
  } catch {
    throw new RangeError('a scalar that is no private key of the curve')
  }
  const own = Uint8Array.from(pair.getPublicKey())
  try {
    // An uncompressed point ends the SubjectPublicKeyInfo.
    const z = Uint8Array.from(pair.computeSecret(key.spki.subarray(-(1 + 2 * size))))
    return { z, ephemeral: { x: own.subarray(1, 1 + size), y: own.subarray(1 + size) } }
  } catch {
    throw new CryptoError('KEY_UNSUPPORTED', 'a point that is not on its curve')
  }
}
