import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, createServer, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import Provider from 'oidc-provider'
import { serverCertificate } from '../../src/identity/tls/certificates.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** As what the portal is known there; without a secret it is a public client. */
interface Client {
  readonly clientId: string
  readonly clientSecret?: string
  readonly redirectUri: string
}

/** An issuer that is somebody else's, on a port of its own over HTTPS, which this process trusts meanwhile. */
export interface ForeignIssuer {
  readonly url: string
  /** From when it is there; until then it answers 503. */
  knows(client: Client): void
  /** Goes where a browser was sent, signs in as `name` and agrees. @returns where it is sent back to. */
  signIn(url: string, name: string): Promise<string>
}

/** It wants PKCE of everybody, and tells `email` in ID tokens. */
export async function aForeignIssuer(t: TestContext): Promise<ForeignIssuer> {
  const folder = mkdtempSync(join(tmpdir(), 'tl-foreign-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const tls = await serverCertificate(folder, ['localhost', '127.0.0.1'], Date.now())
  const ca = readFileSync(tls.caFile, 'utf8')
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, ca])
  t.after(() => setDefaultCACertificates(before))
  let answer: ReturnType<Provider['callback']> | null = null
  const server = createServer(tls, (request, response) => {
    if (answer === null) response.writeHead(503).end()
    else void answer(request, response)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `https://localhost:${(server.address() as { port: number }).port}`
  const agent = new Agent({ ca })
  t.after(() => agent.destroy())
  return {
    url,
    knows(client) {
      answer = providerOf(url, client).callback()
    },
    signIn: (at, name) => signIn(agent, url, at, name),
  }
}

function providerOf(url: string, { clientId, clientSecret, redirectUri }: Client): Provider {
  const proof =
    clientSecret === undefined
      ? ({ token_endpoint_auth_method: 'none' } as const)
      : ({ token_endpoint_auth_method: 'client_secret_post', client_secret: clientSecret } as const)
  return new Provider(url, {
    clients: [{ client_id: clientId, redirect_uris: [redirectUri], ...proof }],
    claims: { openid: ['sub'], email: ['email'], profile: ['name'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['a key of a test'] },
    pkce: { required: () => true },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({ sub, email: `${sub}@elsewhere.example` }),
    }),
  })
}

/** What a person does there: each page that asks something is answered, each redirect followed, until it leads away. */
async function signIn(agent: Agent, issuer: string, at: string, name: string): Promise<string> {
  const cookies = new Map<string, string>()
  const forms = [`prompt=login&password=x&login=${name}`, 'prompt=consent']
  let next = at
  for (let form: string | undefined; next.startsWith(issuer); ) {
    const { location, text } = await send(agent, next, cookies, form)
    form = location === undefined ? forms.shift() : undefined
    const action = location ?? /<form[^>]* action="([^"]+)"/.exec(text)?.[1]
    if (action === undefined || (location ?? form) === undefined) throw new Error(text)
    next = new URL(action, next).href
  }
  return next
}

function send(agent: Agent, url: string, cookies: Map<string, string>, form?: string) {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const method = form === undefined ? 'GET' : 'POST'
  const headers = { cookie, ...(form !== undefined && FORM) }
  return new Promise<{ location: string | undefined; text: string }>((done, failed) => {
    const sent = request(url, { agent, method, headers }, async (answer) => {
      for (const each of answer.headers['set-cookie'] ?? []) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(each)!
        cookies.set(name!, value!)
      }
      const text = (await answer.setEncoding('utf8').toArray()).join('')
      done({ location: answer.headers.location, text })
    })
    sent.once('error', failed)
    sent.end(form)
  })
}
