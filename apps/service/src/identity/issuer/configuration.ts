import {
  type ClientCredentials,
  type Configuration,
  errors,
  interactionPolicy,
  type KoaContextWithOIDC,
} from 'oidc-provider'
import type { Principals } from '../../domain/store.ts'
import type { SigningKeys } from '../signing-keys.ts'
import { IssuerAdapter, type Keeping } from './adapter.ts'
import { audienceAsked, audienceOf } from './audiences.ts'
import { FORMS, type FormName, mountOf, signInPath } from './forms.ts'
import { headersOf, htmlOf, messagePage, newNonce, type Page, signOutPage } from './pages.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE
/** Seconds. A token can't be taken back: it is short; what it is renewed with can. */
export const TOKEN_SECONDS = HOUR
const TTL = {
  AccessToken: TOKEN_SECONDS,
  AuthorizationCode: MINUTE,
  ClientCredentials: TOKEN_SECONDS,
  Grant: 24 * HOUR,
  IdToken: HOUR,
  Interaction: 10 * MINUTE,
  RefreshToken: 24 * HOUR,
  Session: 8 * HOUR,
}

export interface IssuerSetting {
  readonly form: FormName
  readonly tenantId: string
  readonly audiences: readonly string[]
  readonly principals: Principals
  readonly keeping: Keeping
  readonly keys: SigningKeys
}

/** The library's configuration for one form of one name: code with PKCE for people, secrets for programs. */
export function configurationOf(setting: IssuerSetting): Configuration {
  const { form, tenantId, keeping, keys } = setting
  const signed = { ...COOKIE, signed: true }
  return {
    adapter: class extends IssuerAdapter {
      constructor(model: string) {
        super(model, keeping)
      }
    },
    jwks: { keys: keys.keys as never },
    routes: FORMS[form].routes,
    cookies: {
      keys: [keeping.sealed.derive('issuer cookies')],
      names: { session: 'session', interaction: 'signin', resume: 'signin-resume' },
      long: signed,
      short: signed,
    },
    clientAuthMethods: ['client_secret_post', 'client_secret_basic', 'none'],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    responseTypes: ['code'],
    scopes: ['openid', 'offline_access'],
    claims: {
      openid: ['sub', 'oid', 'tid', 'ver'],
      profile: ['name', 'preferred_username'],
    },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    ttl: TTL,
    interactions: {
      policy: policy(),
      url: (_, { uid }) => signInPath(mountOf(form, tenantId), uid),
    },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: resourceIndicators(setting.audiences),
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, html) => showPage(ctx, signOutPage(html)),
        postLogoutSuccessSource: (ctx) =>
          showPage(ctx, messagePage('Signed out', 'You may close this window.')),
      },
    },
    loadExistingGrant: grantOf,
    findAccount: async (_, id) => accountOf(setting, id),
    extraTokenClaims: async (_, token) => claimsOf(setting, token),
    renderError: (ctx, out) =>
      showPage(ctx, messagePage('Sign-in failed', out.error_description ?? out.error)),
  }
}

const COOKIE = { httpOnly: true, sameSite: 'lax', secure: true, overwrite: true } as const

/** Azure's clients may ask to choose an account: here that is signing in. */
function policy(): interactionPolicy.DefaultPolicy {
  const prompts = interactionPolicy.base()
  prompts.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0)
  return prompts
}

type ResourceIndicators = NonNullable<NonNullable<Configuration['features']>['resourceIndicators']>

function resourceIndicators(audiences: readonly string[]): ResourceIndicators {
  return {
    enabled: true,
    defaultResource: (ctx) => audienceAsked(ctx.oidc.params?.scope as string) ?? audiences[0]!,
    useGrantedResource: () => true,
    getResourceServerInfo: (_, asked) => {
      const audience = audienceOf(asked, audiences)
      if (audience === null) throw new errors.InvalidTarget('no tokens for that here')
      return {
        scope: [
          `${audience}/.default`,
          `${audience}//.default`,
          `${audience}/user_impersonation`,
        ].join(' '),
        audience,
        accessTokenFormat: 'jwt',
        accessTokenTTL: TOKEN_SECONDS,
        jwt: { sign: { alg: 'ES256' } },
      }
    },
  }
}

/** The programs in which people sign in are the installation's own: signing in is consent. */
async function grantOf(ctx: KoaContextWithOIDC) {
  const { client, session, provider, resourceServers } = ctx.oidc
  const clientId = client!.clientId
  const accountId = session!.accountId!
  const grant = new provider.Grant({ clientId, accountId })
  grant.addOIDCScope([...ctx.oidc.requestParamOIDCScopes].join(' '))
  for (const [name, server] of Object.entries(resourceServers ?? {}))
    grant.addResourceScope(name, server.scope)
  await grant.save()
  return grant
}

async function accountOf({ principals, tenantId }: IssuerSetting, id: string) {
  const principal = await principals.get(id)
  if (principal === null || principal.disabled || principal.kind !== 'user') return undefined
  const claims = {
    ...{ sub: id, oid: id, tid: tenantId, ver: '2.0' },
    ...{ name: principal.displayName, preferred_username: principal.signInName },
  }
  return { accountId: id, claims: () => claims }
}

/** What our own services read in a token, by Azure's names. */
async function claimsOf({ principals, tenantId }: IssuerSetting, token: TokenOfSomebody) {
  const clientId = token.clientId!
  const common = { tid: tenantId, appid: clientId, ver: '2.0' }
  if ('accountId' in token && typeof token.accountId === 'string')
    return { ...common, oid: token.accountId, idtyp: 'user' }
  const principal = await principals.bySignInName(clientId)
  if (principal === null) throw new errors.InvalidClient('client is gone')
  return { ...common, oid: principal.id, idtyp: 'app' }
}

type TokenOfSomebody =
  | Parameters<NonNullable<Configuration['extraTokenClaims']>>[1]
  | ClientCredentials

function showPage(ctx: KoaContextWithOIDC, page: Page): void {
  const nonce = newNonce()
  ctx.set(headersOf(page, nonce))
  ctx.body = htmlOf(page, nonce)
}
