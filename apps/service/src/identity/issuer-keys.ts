import { concat, fromUtf8 } from '@trusted-launch/codec'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  type FetchImplementation,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from 'jose'

const FETCH_MS_MAX = 5_000
const DOCUMENT_BYTES_MAX = 1 << 20
/** So long a fetch that failed is the answer to who asks next: a forged token costs nothing to make. */
export const FAILURE_KEPT_MS = 5_000
/** A key that is not among an issuer's is looked for no oftener. */
const COOLDOWN_MS = 30_000

/**
 * The keys of an issuer, found by its own document; they are fetched again as they change.
 * @throws {Error} it cannot be asked, or is not what it says.
 */
export async function discoverKeys(issuer: string, now: () => number): Promise<JWTVerifyGetKey> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const signal = AbortSignal.timeout(FETCH_MS_MAX)
  const found = (await documentAt(url, { signal })) as { issuer?: unknown; jwks_uri?: unknown }
  const keysUrl = new URL(String(found.jwks_uri))
  if (found.issuer !== issuer || keysUrl.protocol !== 'https:')
    throw new Error(`${url} is not the document of ${issuer}`)
  return createRemoteJWKSet(keysUrl, {
    ...{ timeoutDuration: FETCH_MS_MAX, cooldownDuration: COOLDOWN_MS },
    [customFetch]: fetchKeys(now),
  })
}

/** Remembers a failure, be it of the connection or of what came. */
function fetchKeys(now: () => number): FetchImplementation {
  let failed: { readonly error: unknown; readonly until: number } | null = null
  return async (url, how) => {
    if (failed !== null && now() < failed.until) throw failed.error
    try {
      const keys = (await documentAt(url, { signal: how.signal })) as JSONWebKeySet
      createLocalJWKSet(keys)
      failed = null
      return Response.json(keys)
    } catch (error) {
      failed = { error: notHad(url, error), until: now() + FAILURE_KEPT_MS }
      throw failed.error
    }
  }
}

/** Of what is wrong with keys jose's own errors would say that a token is. */
function notHad(url: string, cause: unknown): Error {
  return new Error(`${url} gives no keys`, { cause })
}

async function documentAt(url: string, { signal }: { signal: AbortSignal }): Promise<unknown> {
  const answer = await fetch(url, { signal, redirect: 'error' })
  if (!answer.ok || answer.body === null) throw new Error(`${url} answers ${answer.status}`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body) {
    size += chunk.length
    if (size > DOCUMENT_BYTES_MAX)
      throw new Error(`${url} is more than ${DOCUMENT_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return JSON.parse(fromUtf8(concat(...chunks)))
}
