import type { IncomingMessage, ServerResponse } from 'node:http'
import type Provider from 'oidc-provider'
import type { Credentials } from '../credentials.ts'
import { messagePage, sendPage, signInPage } from './pages.ts'

const FORM_BYTES_MAX = 8_192

/** What is shown and asked while somebody signs in. */
export interface SignIn {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly provider: Provider
  /** The request of a program that it is for. */
  readonly uid: string
  readonly credentials: Credentials
  readonly address: string
}

/** The sign-in page, and what it sends. It belongs to the browser that asked: by a cookie of its own. */
export async function signIn(given: SignIn): Promise<void> {
  const { request, response, provider, uid } = given
  const interaction = await provider.interactionDetails(request, response).catch(() => null)
  if (interaction === null || interaction.uid !== uid) {
    const text =
      'This sign-in is over, or another browser began it. Begin again in the program you came from.'
    return sendPage(response, 400, messagePage('Sign-in failed', text))
  }
  const { client_id: program, redirect_uri: target, login_hint: hint } = interaction.params
  const shown = { program: String(program), formTo: originOf(target) }
  if (request.method !== 'POST')
    return sendPage(response, 200, signInPage({ ...shown, name: textOf(hint), failure: null }))
  const form = await formOf(request)
  if (form === null) return sendPage(response, 413, messagePage('Sign-in failed', 'Too long.'))
  const [name, secret] = [form.get('name') ?? '', form.get('password') ?? '']
  const found = await given.credentials.check('user', { name, secret, address: given.address })
  if (!('waitMs' in found)) return finish(given, found.id)
  const { status, failure } = refusalOf(found.waitMs)
  if (status === 429) response.setHeader('retry-after', Math.ceil(found.waitMs / 1_000))
  sendPage(response, status, signInPage({ ...shown, name: name.slice(0, 256), failure }))
}

async function finish({ request, response, provider }: SignIn, accountId: string): Promise<void> {
  const result = { login: { accountId, remember: false }, consent: {}, select_account: {} }
  response.setHeader('cache-control', 'no-store')
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
}

function refusalOf(waitMs: number): { status: number; failure: string } {
  if (waitMs === 0) return { status: 401, failure: 'Nobody has this name and password.' }
  const seconds = Math.ceil(waitMs / 1_000)
  return { status: 429, failure: `Too many attempts. Try again in ${seconds} s.` }
}

/** Null: longer than any form of ours. */
async function formOf(request: IncomingMessage): Promise<URLSearchParams | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    if (bytes > FORM_BYTES_MAX) return null
    chunks.push(chunk as Buffer)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

function originOf(url: unknown): string {
  return new URL(String(url)).origin
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 256) : ''
}
