import { ArmError, faults } from '@trusted-launch/api'
import type { FastifyRequest } from 'fastify'
import type { Caller } from '../../domain/caller.ts'
import { isOurs, type Session, type Sessions } from '../../identity/sessions.ts'
import { sessionCookieOf } from './cookies.ts'

const CSRF = 'x-tl-session'
/** The page asks by itself, as for live updates: that keeps nobody signed in. */
const BACKGROUND = 'x-tl-background'

/**
 * Who asks, by a browser's session; null: it has none. What another site makes a browser send comes without the
 * session's own header. `isUse`: whether it keeps them signed in; absent: as the request says.
 * @throws {ArmError} 401: it is over, or the header is missing or another's.
 */
export async function sessionCaller(
  sessions: Sessions,
  request: FastifyRequest,
  isUse?: boolean,
): Promise<Caller | null> {
  return (await sessionOf(sessions, request, isUse))?.caller ?? null
}

/** The same, whole. @throws {ArmError} 401 */
export async function sessionOf(
  sessions: Sessions,
  request: FastifyRequest,
  isUse?: boolean,
): Promise<Session | null> {
  const secret = sessionCookieOf(request)
  if (secret === null) return null
  const { [CSRF]: given, [BACKGROUND]: background } = request.headers
  const session = await sessions.find(secret, isUse ?? background === undefined)
  const isTheirs = session !== null && isOurs(session, typeof given === 'string' ? given : '')
  if (!isTheirs) throw new ArmError(faults.authenticationFailed())
  return session
}
