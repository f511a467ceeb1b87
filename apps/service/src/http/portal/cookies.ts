import '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { BegunSignIn } from '../../identity/portal-issuers.ts'

/** `__Host-`: of this origin alone, over HTTPS alone. RFC 6265bis, 4.1.3.2. */
const SESSION = '__Host-tl-session'
const SIGN_IN = '__Host-tl-sign-in'
const SIGN_IN_SECONDS = 600
const COOKIE = { path: '/', secure: true, httpOnly: true } as const
const MEMBERS = ['issuer', 'verifier', 'state', 'nonce', 'to'] as const

/** A sign-in, and where in the portal it leads. */
export type KeptSignIn = BegunSignIn & { readonly to: string }

/** What a signed-in browser holds; null: none. */
export function sessionCookieOf({ cookies }: FastifyRequest): string | null {
  return cookies[SESSION] ?? null
}

/** No other site's request bears it; it ends with the browser. */
export function keepSession(reply: FastifyReply, secret: string): void {
  reply.setCookie(SESSION, secret, { ...COOKIE, sameSite: 'strict' })
}

export function dropSession(reply: FastifyReply): void {
  reply.clearCookie(SESSION, { ...COOKIE, sameSite: 'strict' })
}

/** `lax`: the issuer, another site, sends the browser back with it. */
export function keepSignIn(reply: FastifyReply, begun: KeptSignIn): void {
  const value = Buffer.from(JSON.stringify(begun)).toString('base64url')
  reply.setCookie(SIGN_IN, value, { ...COOKIE, sameSite: 'lax', maxAge: SIGN_IN_SECONDS })
}

/** Once: it is dropped with the answer. Null: none, or none of ours. */
export function takeSignIn({ cookies }: FastifyRequest, reply: FastifyReply): KeptSignIn | null {
  reply.clearCookie(SIGN_IN, { ...COOKIE, sameSite: 'lax' })
  try {
    const found = JSON.parse(Buffer.from(cookies[SIGN_IN] ?? '', 'base64url').toString())
    return MEMBERS.every((name) => typeof found[name] === 'string') ? found : null
  } catch {
    return null
  }
}
