import type { AdapterPayload } from 'oidc-provider'
import type { Principals } from '../../domain/store.ts'

/** The id under which Azure's command line and its SDKs ask for people. */
export const AZURE_CLI = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'
/** Our own command line. */
export const TL_CLI = 'tl'

/** The page that the service serves. */
export const PORTAL = 'portal'

/** Programs in which people sign in: they keep no secret, so PKCE and a port of their own machine must do. */
const PROGRAMS: Readonly<Record<string, string>> = {
  [AZURE_CLI]: 'Azure command line',
  [TL_CLI]: 'tl',
}
const LOOPBACK = ['http://localhost', 'http://127.0.0.1', 'http://[::1]']

/** Who may ask for tokens: those programs, the portal, and the service principals of the database. */
export class Clients {
  readonly #principals: Principals
  readonly #bases: () => readonly string[]

  /** @param bases `https://name:port` of each configured name. */
  constructor(principals: Principals, bases: () => readonly string[]) {
    this.#principals = principals
    this.#bases = bases
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const program = Object.hasOwn(PROGRAMS, id) ? PROGRAMS[id] : undefined
    if (program !== undefined) return programOf(id, program)
    if (id === PORTAL) return portalOf(this.#bases())
    const principal = await this.#principals.bySignInName(id.slice(0, 256))
    if (principal?.kind !== 'service' || principal.disabled || principal.secretHash === null)
      return undefined
    return {
      client_id: principal.signInName,
      client_name: principal.displayName,
      client_secret: principal.secretHash,
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
    }
  }
}

/** Any port of the machine's own, with or without a path. RFC 8252, 7.3. */
function programOf(id: string, name: string): AdapterPayload {
  return {
    client_id: id,
    client_name: name,
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: LOOPBACK.flatMap((host) => [host, `${host}/`]),
    post_logout_redirect_uris: LOOPBACK.flatMap((host) => [host, `${host}/`]),
  }
}

/** Its session is the service's: it needs to know who somebody is, and no token for anything. */
function portalOf(bases: readonly string[]): AdapterPayload {
  return {
    client_id: PORTAL,
    client_name: 'the portal',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    redirect_uris: bases.map((base) => `${base}/portal/signed-in`),
  }
}
