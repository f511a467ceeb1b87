import { generateKeyPairSync } from 'node:crypto'
import { SigningKey } from '@trusted-launch/crypto'

/** A key that signs tokens, fresh. */
export function signingKey(namedCurve = 'P-256'): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve })
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
  return SigningKey.fromPkcs8(Uint8Array.from(pkcs8))
}
