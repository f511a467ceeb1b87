import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'

const STYLE =
  'body{font:16px system-ui,sans-serif;max-width:24rem;margin:15vh auto;padding:0 1rem}' +
  'label{display:block;margin:1rem 0 .25rem}input{width:100%;box-sizing:border-box;padding:.5rem;font:inherit}' +
  'button{margin-top:1.5rem;padding:.5rem 1.5rem;font:inherit}[role=alert]{color:#b00020}' +
  '@media(prefers-color-scheme:dark){body{background:#111;color:#eee}[role=alert]{color:#ff8a80}}'

/** A page of the issuer's: no script, nothing from elsewhere, in nobody's frame. */
export interface Page {
  readonly title: string
  /** HTML; whatever came from outside is escaped in it. */
  readonly body: string
  /** Where its form may lead, beside back here. */
  readonly formTo?: string
}

export function signInPage(given: {
  readonly name: string
  readonly failure: string | null
  readonly program: string
  readonly formTo: string
}): Page {
  const alert = given.failure === null ? '' : `<p role="alert">${escaped(given.failure)}</p>`
  const body = `<h1>Sign in</h1><p>to ${escaped(given.program)}</p>${alert}
<form method="post" autocomplete="on">
<label for="name">Name</label>
<input id="name" name="name" value="${escaped(given.name)}" autocomplete="username" autocapitalize="none" required autofocus maxlength="256">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024">
<button>Sign in</button>
</form>`
  return { title: 'Sign in', body, formTo: given.formTo }
}

export function messagePage(title: string, text: string): Page {
  return { title, body: `<h1>${escaped(title)}</h1><p>${escaped(text)}</p>` }
}

/** `form` is the library's, which carries what proves the request; its button is ours. */
export function signOutPage(form: string): Page {
  const button = '<button form="op.logoutForm" name="logout" value="yes">Sign out</button>'
  return { title: 'Sign out', body: `<h1>Sign out?</h1>${form}${button}` }
}

export function htmlOf({ title, body }: Page, nonce: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>${escaped(title)}</title>
<style nonce="${nonce}">${STYLE}</style></head><body><main>${body}</main></body></html>`
}

export function headersOf({ formTo }: Page, nonce: string): Record<string, string> {
  const targets = ["'self'", ...(formTo === undefined ? [] : [formTo])].join(' ')
  return {
    ...ALWAYS,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'; form-action ${targets}; frame-ancestors 'none'; base-uri 'none'`,
  }
}

/** What every answer of the issuer's has. */
export const ALWAYS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

export function newNonce(): string {
  return randomBytes(16).toString('base64')
}

export function sendPage(response: ServerResponse, status: number, page: Page): void {
  const nonce = newNonce()
  response.writeHead(status, headersOf(page, nonce)).end(htmlOf(page, nonce))
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' },
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}
