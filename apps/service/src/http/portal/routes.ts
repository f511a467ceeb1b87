import { ArmError, faults } from '@trusted-launch/api'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../../domain/caller.ts'
import type { PortalIssuers } from '../../identity/portal-issuers.ts'
import { endOf, type Session, type Sessions } from '../../identity/sessions.ts'
import { queryOf } from '../request-of.ts'
import { dropSession, keepSession, keepSignIn, sessionCookieOf, takeSignIn } from './cookies.ts'
import { sessionOf } from './session-caller.ts'

export interface PortalOptions {
  readonly sessions: Sessions
  readonly issuers: PortalIssuers
  /** The configured address that a request was sent to. @throws {ArmError} one that is not ours. */
  readonly baseOf: (host: string | undefined) => string
  /** Who asks with a token. @throws {ArmError} 401 */
  readonly authenticate: (header: string | undefined, request: FastifyRequest) => Promise<Caller>
  /** Told of what went wrong at an issuer. */
  readonly failed: (error: unknown) => void
}

/** Only to pages of the portal: nobody is sent elsewhere by a link to here. */
const OWN_PAGE = /^\/portal\/(?!\/)[^\\\s]{0,2000}$/
const HOME = '/portal/'

/** Signing in and out with a browser. */
export function addPortalRoutes(app: FastifyInstance, options: PortalOptions): void {
  const { sessions, issuers, baseOf } = options
  app.get('/portal/sign-in', async (request, reply) => {
    const { issuer = '', to = HOME } = queryOf(request.query)
    if (!issuers.has(issuer)) throw new ArmError(faults.invalidParameter('issuer'))
    const target = OWN_PAGE.test(to) ? to : HOME
    const answer = await issuers.begin(baseOf(request.headers.host), issuer).catch((error) => {
      options.failed(error)
      return null
    })
    if (answer === null) return reply.redirect(`${HOME}?failed=unreachable`)
    keepSignIn(reply, { ...answer.begun, to: target })
    return reply.redirect(answer.url)
  })
  app.get('/portal/signed-in', (request, reply) => signedIn(options, request, reply))
  app.get('/portal/session', async (request) => sessionView(await current(options, request)))
  app.post('/portal/session', async (request, reply) => {
    const { ticket } = (request.body ?? {}) as { ticket?: unknown }
    const caller = typeof ticket === 'string' ? await sessions.use(ticket) : null
    if (caller === null) throw new ArmError(faults.authenticationFailed())
    keepSession(reply, await sessions.begin(caller))
    return reply.code(204).send()
  })
  app.post('/portal/tickets', async (request, reply) => {
    const caller = await options.authenticate(request.headers.authorization, request)
    const ticket = await sessions.ticket(caller)
    return reply.send({ url: `${baseOf(request.headers.host)}${HOME}#ticket=${ticket}` })
  })
  app.post('/portal/sign-out', async (request, reply) => {
    const session = await sessionOf(sessions, request)
    const { everywhere } = (request.body ?? {}) as { everywhere?: unknown }
    if (session !== null && everywhere === true) await sessions.endAll(session.caller)
    await sessions.end(sessionCookieOf(request) ?? '')
    dropSession(reply)
    return reply.code(204).send()
  })
}

async function signedIn(
  { sessions, issuers, baseOf, failed }: PortalOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const begun = takeSignIn(request, reply)
  if (begun === null) return reply.redirect(`${HOME}?failed=over`)
  const [, query = ''] = request.url.split('?')
  const caller = await issuers.end(baseOf(request.headers.host), query, begun).catch((error) => {
    failed(error)
    return null
  })
  if (caller === null) return reply.redirect(`${HOME}?failed=refused`)
  keepSession(reply, await sessions.begin(caller))
  return reply.redirect(OWN_PAGE.test(begun.to) ? begun.to : HOME)
}

/** The page learns its header here, by the cookie alone: another site can ask, and not read the answer. */
async function current(
  { sessions, issuers }: PortalOptions,
  request: FastifyRequest,
): Promise<Session | { readonly issuers: ReturnType<PortalIssuers['list']> }> {
  const secret = sessionCookieOf(request)
  const session = secret === null ? null : await sessions.find(secret, true)
  return session ?? { issuers: issuers.list() }
}

function sessionView(found: Awaited<ReturnType<typeof current>>) {
  if ('issuers' in found) return { signedIn: null, issuers: found.issuers }
  const { caller, csrf, displayName: name } = found
  const { objectId, kind, tenantId } = caller
  const endsAt = new Date(endOf(found)).toISOString()
  return { signedIn: { objectId, name, kind, tenantId, csrf, endsAt } }
}
