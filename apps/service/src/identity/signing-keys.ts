import { fromUtf8, toUtf8 } from '@trusted-launch/codec'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { SealedValues } from './sealed-values.ts'

/** How long a key signs. The one before it verifies for as long again: no token lives half of that. */
export const KEY_PERIOD_MS = 30 * 86_400_000

/** The issuer's keys of one period, private parts too: the newest first, which signs. */
export interface SigningKeys {
  readonly period: number
  readonly keys: readonly JWK[]
}

/**
 * The keys for now: ES256, one for each thirty days, made when the first needs it. Which key a period has is
 * decided once in the database, so that several services sign with the same.
 */
export async function signingKeysAt(sealed: SealedValues, now: number): Promise<SigningKeys> {
  const period = Math.floor(now / KEY_PERIOD_MS)
  const newest = await sealed.getOrMake(nameOf(period), makeKey)
  const before = await sealed.get(nameOf(period - 1))
  return { period, keys: [newest, ...(before === null ? [] : [before])].map(keyOf) }
}

function nameOf(period: number): string {
  return `issuer.key.${period}`
}

function keyOf(bytes: Uint8Array): JWK {
  return JSON.parse(fromUtf8(bytes)) as JWK
}

async function makeKey(): Promise<Uint8Array> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(privateKey)
  const kid = await calculateJwkThumbprint(jwk)
  return toUtf8(JSON.stringify({ ...jwk, alg: 'ES256', use: 'sig', kid }))
}
