/** Who is signed in with this browser. */
export interface SignedIn {
  readonly objectId: string
  readonly name: string
  readonly kind: 'user' | 'service'
  readonly tenantId: string
  /** What each request of this session says, and no other site knows. */
  readonly csrf: string
  readonly endsAt: string
}

/** Where somebody may sign in. `label` null: at this service's own issuer. */
export interface SignInIssuer {
  readonly name: string
  readonly label: string | null
}

export type Session =
  | { readonly signedIn: SignedIn }
  | { readonly signedIn: null; readonly issuers: readonly SignInIssuer[] }

let csrf = ''

/** The headers by which the service knows this page's own requests. */
export function sessionHeaders(isBackground: boolean): Record<string, string> {
  return { 'x-tl-session': csrf, ...(isBackground && { 'x-tl-background': '1' }) }
}

/** Asks who is signed in; a ticket in the address is used first, and taken out of it. */
export async function loadSession(): Promise<Session> {
  await takeTicket()
  const answer = await fetch('/portal/session')
  if (!answer.ok) throw new Error(`the service answers ${answer.status}`)
  const session: Session = await answer.json()
  csrf = session.signedIn?.csrf ?? ''
  return session
}

async function takeTicket(): Promise<void> {
  const ticket = /^#ticket=([\w-]+)$/.exec(location.hash)?.[1]
  if (ticket === undefined) return
  history.replaceState(null, '', location.pathname + location.search)
  await post('/portal/session', { ticket })
}

export async function signOut(everywhere: boolean): Promise<void> {
  await post('/portal/sign-out', { everywhere })
  // What somebody began to make is theirs, and goes on in nobody else's name.
  sessionStorage.clear()
  location.assign('/portal/')
}

export function signInUrl(issuer: string): string {
  const to = location.pathname + location.search
  return `/portal/sign-in?${new URLSearchParams({ issuer, to })}`
}

async function post(path: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json', ...sessionHeaders(false) }
  await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
}
