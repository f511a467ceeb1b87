import type { FastifyInstance } from 'fastify'
import type { CustomFetch } from 'openid-client'

/**
 * Asks this service for what one of its own addresses names, without a network: that address may be one that only
 * others reach it by.
 */
export function within(app: () => FastifyInstance): CustomFetch {
  return async (url, { method, headers, body }) => {
    const { pathname, search, host } = new URL(url)
    const answer = await app().inject({
      method: method as 'GET' | 'POST',
      url: pathname + search,
      headers: { ...headers, host },
      ...(body != null && { payload: String(body) }),
    })
    const given = Object.entries(answer.headers).map(([name, value]) => [name, String(value)])
    return new Response(new Uint8Array(answer.rawPayload), {
      status: answer.statusCode,
      headers: Object.fromEntries(given),
    })
  }
}
