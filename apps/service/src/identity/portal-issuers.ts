import { readFile } from 'node:fs/promises'
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretPost,
  type Configuration,
  type CustomFetch,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import type { Caller } from '../domain/caller.ts'
import type { Principals } from '../domain/store.ts'
import { PORTAL } from './issuer/clients.ts'
import { issuerOf } from './issuer/forms.ts'
import { foreignCaller, type TrustedIssuer } from './verify-token.ts'

/** Of the built-in issuer, among those that a person may choose from. */
export const OWN_ISSUER = 'own'
const SECRET_FILE_MAX = 4_096
const DISCOVERED_MS = 600_000

export interface PortalIssuersOptions {
  readonly tenantId: string
  readonly trusted: readonly TrustedIssuer[]
  readonly principals: Pick<Principals, 'get'>
  /** Asks this service without a network: what it is asked for names one of its own addresses. */
  readonly within: CustomFetch
  readonly now: () => number
}

/** What a browser keeps between leaving for an issuer and coming back: of this sign-in only. */
export interface BegunSignIn {
  readonly issuer: string
  readonly verifier: string
  readonly state: string
  readonly nonce: string
}

/**
 * Where people sign in for the portal: the built-in issuer, and those elsewhere whose entry in the list of trusted
 * ones says as what the portal is known there. Authorization code with PKCE; the ID token is checked by the library.
 * @see OpenID Connect Core 1.0, 3.1; RFC 7636
 */
export class PortalIssuers {
  readonly #options: PortalIssuersOptions
  readonly #known = new Map<string, { readonly found: Promise<Configuration>; until: number }>()

  constructor(options: PortalIssuersOptions) {
    this.#options = options
  }

  /** Those to choose from, the built-in one first. */
  list(): readonly { readonly name: string; readonly label: string | null }[] {
    const foreign = this.#options.trusted.filter(({ portal }) => portal !== undefined)
    return [
      { name: OWN_ISSUER, label: null },
      ...foreign.map(({ issuer, portal }) => ({ name: issuer, label: portal?.label ?? issuer })),
    ]
  }

  /** Whether there is one of this name. */
  has(name: string): boolean {
    return this.list().some((one) => one.name === name)
  }

  /** Where the browser goes, and what it keeps meanwhile. */
  async begin(base: string, issuer: string): Promise<{ url: string; begun: BegunSignIn }> {
    const configuration = await this.#configurationOf(base, issuer)
    const begun = {
      ...{ issuer, verifier: randomPKCECodeVerifier() },
      ...{ state: randomState(), nonce: randomNonce() },
    }
    const url = buildAuthorizationUrl(configuration, {
      redirect_uri: returnTo(base),
      scope: issuer === OWN_ISSUER ? 'openid' : 'openid profile email',
      code_challenge: await calculatePKCECodeChallenge(begun.verifier),
      code_challenge_method: 'S256',
      ...{ state: begun.state, nonce: begun.nonce },
      // Who signed out here is asked again there.
      ...(issuer === OWN_ISSUER && { prompt: 'login' }),
    })
    return { url: url.href, begun }
  }

  /**
   * Who came back with `query`.
   * @throws {Error} of the library: it is another sign-in, is refused, or its token is not good. Null: nobody we know.
   */
  async end(base: string, query: string, begun: BegunSignIn): Promise<Caller | null> {
    const { issuer, verifier, state, nonce } = begun
    const configuration = await this.#configurationOf(base, issuer)
    const tokens = await authorizationCodeGrant(
      configuration,
      new URL(`${returnTo(base)}?${query}`),
      { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce },
    )
    const claims = tokens.claims()
    if (claims === undefined) return null
    const { tenantId, trusted, principals } = this.#options
    if (issuer !== OWN_ISSUER) {
      const foreign = trusted.find((one) => one.issuer === issuer)
      return foreign === undefined ? null : foreignCaller(claims, foreign, tenantId)
    }
    const principal = await principals.get(claims.sub)
    if (principal === null || principal.disabled) return null
    return { objectId: principal.id, name: principal.signInName, kind: principal.kind, tenantId }
  }

  /** Asked for once in a while; one that failed is asked again. */
  #configurationOf(base: string, issuer: string): Promise<Configuration> {
    const name = `${base} ${issuer}`
    const now = this.#options.now()
    const known = this.#known.get(name)
    if (known !== undefined && now < known.until) return known.found
    const found = issuer === OWN_ISSUER ? this.#own(base) : this.#foreign(issuer)
    const entry = { found, until: now + DISCOVERED_MS }
    this.#known.set(name, entry)
    found.catch(() => {
      entry.until = Number.NEGATIVE_INFINITY
    })
    return found
  }

  #own(base: string): Promise<Configuration> {
    const { tenantId, within } = this.#options
    const url = new URL(issuerOf(base, 'tenant', tenantId))
    const metadata = { id_token_signed_response_alg: 'ES256' }
    return discovery(url, PORTAL, metadata, None(), { [customFetch]: within })
  }

  async #foreign(issuer: string): Promise<Configuration> {
    const portal = this.#options.trusted.find((one) => one.issuer === issuer)?.portal
    if (portal === undefined) throw new Error(`${issuer} is not one that people sign in at`)
    const { clientId, clientSecretFile } = portal
    const proof =
      clientSecretFile === undefined ? None() : ClientSecretPost(await secretIn(clientSecretFile))
    return discovery(new URL(issuer), clientId, {}, proof)
  }
}

/** Where issuers send people back to. */
export function returnTo(base: string): string {
  return `${base}/portal/signed-in`
}

async function secretIn(path: string): Promise<string> {
  const text = (await readFile(path, 'utf8')).trim()
  if (text.length === 0 || text.length > SECRET_FILE_MAX)
    throw new Error(`${path} holds no client's secret`)
  return text
}
