import { generateKeyPairSync } from 'node:crypto'

/** A new signing key, P-256, PKCS #8. */
export async function newSigner(): Promise<Uint8Array> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' }))
}
