import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import type { Principal } from '../../../src/domain/store.ts'
import { Addresses } from '../../../src/identity/addresses.ts'
import { AUDIENCES } from '../../../src/identity/issuer/audiences.ts'
import { Issuer } from '../../../src/identity/issuer/issuer.ts'
import { SealedValues } from '../../../src/identity/sealed-values.ts'
import { hashSecret, newSecret } from '../../../src/identity/secret.ts'
import { serverCertificate } from '../../../src/identity/tls/certificates.ts'
import { TokenVerifier } from '../../../src/identity/verify-token.ts'
import { openStore } from '../../../src/store/open.ts'

export const TENANT = '11111111-2222-4333-8444-555555555555'
export const CLIENT = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'
export const PASSWORD = 'correct horse'
const SECRETS = secrets()
const OBJECT = '99999999-8888-4777-8666-555555555555'

/** An issuer on a port of its own, over HTTPS, with a service principal and a user. */
export async function anIssuer(t: TestContext, now: () => number = Date.now) {
  const folder = await mkdtemp(join(tmpdir(), 'tl-issuer-'))
  t.after(() => rm(folder, { recursive: true }))
  const { clientSecret, clientHash, userHash } = await SECRETS
  const database = join(folder, 'service.db')
  const store = await openStore({ path: database })
  t.after(() => store.close())
  const { principals, values } = store
  await principals.put(principal(OBJECT, CLIENT, 'service', clientHash))
  await principals.put(principal('ann-id', 'ann@example', 'user', userHash))
  const tls = await serverCertificate(join(folder, 'tls'), ['127.0.0.1', 'localhost'], Date.now())
  const failures: unknown[] = []
  let addresses: Addresses | null = null
  const issuer = new Issuer({
    ...{ tenantId: TENANT, audiences: AUDIENCES, principals, values, now },
    bases: () => addresses!.bases,
    baseOf: (host) => addresses!.baseOf(host),
    sealed: await SealedValues.open(join(folder, 'values.key'), values),
    failed: (error) => failures.push(error),
  })
  const server = createServer(tls, (request, response) => void issuer.handle(request, response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as { port: number }
  addresses = new Addresses({ host: '127.0.0.1', port, publicNames: [] })
  const verifier = new TokenVerifier({ tenantId: TENANT, issuer, trusted: [], principals, now })
  const ca = await readFile(tls.caFile, 'utf8')
  const { caFile } = tls
  return {
    ...{ ca, caFile, port, issuer, verifier, principals, values, clientSecret, failures },
    /** Every value that is kept, as the database has it. */
    kept: () => valuesOf(database),
  }
}

function valuesOf(path: string): string {
  const database = new DatabaseSync(path, { readOnly: true })
  const rows = database.prepare('SELECT name, value FROM stored_values').all()
  database.close()
  return rows
    .map(({ name, value }) => `${name} ${Buffer.from(value as Uint8Array).toString('latin1')}`)
    .join('\n')
}

/** Made once: each takes a while, as it should. */
async function secrets() {
  const clientSecret = newSecret()
  const [clientHash, userHash] = await Promise.all([clientSecret, PASSWORD].map(hashSecret))
  return { clientSecret, clientHash: clientHash!, userHash: userHash! }
}

function principal(
  id: string,
  signInName: string,
  kind: Principal['kind'],
  secretHash: string,
): Principal {
  return {
    id,
    signInName,
    kind,
    displayName: signInName,
    secretHash,
    disabled: false,
    createdAt: 0,
  }
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** One request, by any Host header; a body is a form. */
export function ask(
  to: { readonly ca: string; readonly port: number },
  path: string,
  given: { host?: string; form?: Record<string, string>; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { host = `127.0.0.1:${to.port}`, form, headers } = given
  const body = form === undefined ? undefined : new URLSearchParams(form).toString()
  const type = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
  const method = body === undefined ? 'GET' : 'POST'
  return new Promise((done, failed) => {
    const options = {
      ...{ ca: to.ca, method, agent: false as const, checkServerIdentity: () => undefined },
      headers: { host, ...type, ...headers },
    }
    const asked = request(`https://127.0.0.1:${to.port}${path}`, options, async (response) => {
      const text = (await response.setEncoding('utf8').toArray()).join('')
      done({ status: response.statusCode!, headers: response.headers, text })
    })
    asked.once('error', failed)
    asked.end(body)
  })
}
