import type { IncomingMessage, ServerResponse } from 'node:http'
import type { JWK } from 'jose'
import Provider, { errors } from 'oidc-provider'
import type { Principals, Values } from '../../domain/store.ts'
import { Credentials } from '../credentials.ts'
import type { SealedValues } from '../sealed-values.ts'
import { KEY_PERIOD_MS, type SigningKeys, signingKeysAt } from '../signing-keys.ts'
import { Clients } from './clients.ts'
import { configurationOf } from './configuration.ts'
import {
  FORM_NAMES,
  type FormName,
  issuerOf,
  type Place,
  placeOf,
  signInOf,
  withConsent,
} from './forms.ts'
import { ALWAYS } from './pages.ts'
import { signIn } from './sign-in.ts'

export interface IssuerOptions {
  /** A GUID. */
  readonly tenantId: string
  /** What tokens may be for, beside the names of the service itself; the first, where nothing is asked. */
  readonly audiences: readonly string[]
  /** `https://name:port` of each configured name, once the port is known. */
  readonly bases: () => readonly string[]
  /** The one that a `Host` header names, or null. */
  readonly baseOf: (host: string | undefined) => string | null
  readonly principals: Principals
  readonly values: Values
  readonly sealed: SealedValues
  /** ms since 1970 */
  readonly now: () => number
  /** Told of what went wrong on our side. */
  readonly failed: (error: unknown) => void
}

/**
 * The built-in issuer of tokens. Each configured name has its own documents, in the form of a tenant of Azure's
 * and in that of ADFS: clients refuse those of another name. All share keys, so that a token of one is good at all.
 */
export class Issuer {
  readonly #options: IssuerOptions
  readonly #credentials: Credentials
  readonly #clients: Clients
  #keys: Promise<SigningKeys> | null = null
  #period = -1
  readonly #providers = new Map<string, Provider>()

  constructor(options: IssuerOptions) {
    this.#options = options
    this.#credentials = new Credentials(options.principals, options.now)
    this.#clients = new Clients(options.principals, options.bases)
  }

  /** Whether a URL is one that {@link handle} answers. */
  claims(url: string): boolean {
    return placeOf(url, this.#options.tenantId) !== null
  }

  /** Answers a request whose body nobody read. To a name that isn't ours it answers 421, to what isn't there 404. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(ALWAYS)) response.setHeader(name, value)
    const base = this.#options.baseOf(request.headers.host)
    const place = placeOf(request.url ?? '/', this.#options.tenantId)
    if (base === null || place === null) return refuse(response, base === null ? 421 : 404)
    try {
      await this.#answer(request, response, base, place)
    } catch (error) {
      this.#options.failed(error)
      if (response.headersSent) response.destroy()
      else refuse(response, 500)
    }
  }

  /** Public and private parts of the keys whose tokens are good now. */
  async keys(): Promise<readonly JWK[]> {
    return (await this.#current()).keys
  }

  /** What tokens of ours name as their issuer. */
  issuers(): readonly string[] {
    const { bases, tenantId } = this.#options
    return bases().flatMap((base) => FORM_NAMES.map((form) => issuerOf(base, form, tenantId)))
  }

  /** What tokens of ours may be for. */
  audiences(): readonly string[] {
    return [...this.#options.audiences, ...this.#options.bases()]
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    base: string,
    place: Place,
  ): Promise<void> {
    const provider = await this.#provider(base, place.form)
    const given = request as IncomingMessage & { originalUrl?: string }
    // The library makes URLs of both: of the name as configured, below the mount.
    given.headers.host = new URL(base).host
    // Asked from within, without a network, it is as good as TLS.
    Object.assign(request.socket, { encrypted: true })
    given.url = withConsent(place)
    given.originalUrl = place.mount + given.url
    const uid = signInOf(place)
    const address = request.socket.remoteAddress ?? ''
    const credentials = this.#credentials
    if (uid !== null) await signIn({ request, response, provider, uid, credentials, address })
    else await provider.callback()(request, response)
  }

  async #provider(base: string, form: FormName): Promise<Provider> {
    const keys = await this.#current()
    const name = `${base} ${form} ${keys.period}`
    const known = this.#providers.get(name)
    if (known !== undefined) return known
    const made = this.#makeProvider(base, form, keys)
    this.#providers.set(name, made)
    return made
  }

  #makeProvider(base: string, form: FormName, keys: SigningKeys): Provider {
    const { tenantId, principals, values, sealed, now, failed } = this.#options
    const audiences = this.audiences()
    const keeping = { values, principals, sealed, clients: this.#clients, now }
    const setting = { form, tenantId, audiences, principals, keeping, keys }
    const provider = new Provider(issuerOf(base, form, tenantId), configurationOf(setting))
    const credentials = this.#credentials
    // The library's own compares with what it keeps in clear; ours keeps a hash.
    provider.Client.prototype.compareClientSecret = async function (
      this: { clientId: string },
      secret: string,
    ) {
      const address = Provider.ctx?.ip ?? ''
      const found = await credentials.check('service', { name: this.clientId, secret, address })
      if ('waitMs' in found && found.waitMs > 0) throw new TooManyAttempts(found.waitMs)
      return !('waitMs' in found)
    }
    provider.on('server_error', (_, error) => failed(error))
    return provider
  }

  #current(): Promise<SigningKeys> {
    const period = Math.floor(this.#options.now() / KEY_PERIOD_MS)
    if (this.#keys === null || period !== this.#period) {
      this.#period = period
      this.#providers.clear()
      const made = signingKeysAt(this.#options.sealed, this.#options.now())
      this.#keys = made
      made.catch(() => {
        if (this.#keys === made) this.#keys = null
      })
    }
    return this.#keys
  }
}

class TooManyAttempts extends errors.OIDCProviderError {
  constructor(waitMs: number) {
    super(429, 'temporarily_unavailable')
    const seconds = Math.ceil(waitMs / 1_000)
    this.error_description = `too many attempts; try again in ${seconds} s`
    Provider.ctx?.set('retry-after', String(seconds))
  }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(
    JSON.stringify({ error: status === 421 ? 'misdirected_request' : 'invalid_request' }),
  )
}
