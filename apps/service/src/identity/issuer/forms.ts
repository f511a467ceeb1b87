/** How clients expect an issuer to look: a tenant of Azure's, or Active Directory Federation Services. */
export type FormName = 'tenant' | 'adfs'

/** Where a form's documents are, below where it is mounted. */
interface Form {
  /** What follows the mount in its name (`iss`) and before `.well-known`. */
  readonly issuer: string
  readonly routes: {
    readonly authorization: string
    readonly token: string
    readonly jwks: string
    readonly end_session: string
  }
}

export const FORMS: Readonly<Record<FormName, Form>> = {
  tenant: {
    issuer: '/v2.0',
    routes: {
      authorization: '/oauth2/v2.0/authorize',
      token: '/oauth2/v2.0/token',
      jwks: '/discovery/v2.0/keys',
      end_session: '/oauth2/v2.0/logout',
    },
  },
  adfs: {
    issuer: '',
    routes: {
      authorization: '/oauth2/authorize',
      token: '/oauth2/token',
      jwks: '/discovery/keys',
      end_session: '/oauth2/logout',
    },
  },
}

export const FORM_NAMES = Object.keys(FORMS) as FormName[]
const DISCOVERY = '/.well-known/openid-configuration'
const SIGN_IN = '/signin/'

/** Something of the issuer's, by its URL. */
export interface Place {
  readonly form: FormName
  /** `/{tenantId}` or `/adfs` */
  readonly mount: string
  /** What follows, query too, as the library has it. */
  readonly path: string
}

/** Null: nothing of the issuer's. In any case of letters. */
export function placeOf(url: string, tenantId: string): Place | null {
  const [path = '', ...query] = url.split('?')
  for (const form of FORM_NAMES) {
    const mount = mountOf(form, tenantId)
    const below = path.toLowerCase().startsWith(`${mount}/`) ? path.slice(mount.length) : null
    const route = below === null ? null : routeOf(form, below)
    if (route !== null) return { form, mount, path: [route, ...query].join('?') }
  }
  return null
}

function routeOf(form: FormName, below: string): string | null {
  const { issuer, routes } = FORMS[form]
  const lower = below.toLowerCase()
  if (lower === `${issuer}${DISCOVERY}` || lower === DISCOVERY) return DISCOVERY
  if (lower.startsWith(SIGN_IN)) return SIGN_IN + below.slice(SIGN_IN.length)
  for (const route of Object.values(routes))
    if (lower === route || lower.startsWith(`${route}/`)) return route + below.slice(route.length)
  return null
}

export function mountOf(form: FormName, tenantId: string): string {
  return form === 'tenant' ? `/${tenantId}` : '/adfs'
}

/** The name that tokens of a form bear, below `base`. */
export function issuerOf(base: string, form: FormName, tenantId: string): string {
  return `${base}${mountOf(form, tenantId)}${FORMS[form].issuer}`
}

/** Where people sign in for one request. */
export function signInPath(mount: string, uid: string): string {
  return `${mount}${SIGN_IN}${uid}`
}

/** The request that a sign-in page is for; null: not a sign-in page. */
export function signInOf({ path }: Place): string | null {
  return /^\/signin\/([\w-]{1,64})(?:\?|$)/.exec(path)?.[1] ?? null
}

/**
 * A request of a program for somebody, with `prompt=consent` added: on our page signing in is consent, and the
 * library gives what outlasts the browser's session (`offline_access`) only where that is asked for.
 */
export function withConsent({ form, path }: Place): string {
  const [route, query] = path.split('?') as [string, string?]
  if (route !== FORMS[form].routes.authorization) return path
  const parameters = new URLSearchParams(query)
  const prompts = parameters.getAll('prompt')
  if (prompts.length > 1 || prompts[0] === 'none') return path
  parameters.set('prompt', [...new Set([...(prompts[0]?.split(' ') ?? []), 'consent'])].join(' '))
  return `${route}?${parameters}`
}
