import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { AZURE_CLI } from '../../../src/identity/issuer/clients.ts'
import { hashSecret } from '../../../src/identity/secret.ts'
import { type Answer, anIssuer, ask, PASSWORD, TENANT } from './an-issuer.ts'

type Served = Awaited<ReturnType<typeof anIssuer>>
const TARGET = 'http://localhost:49152'
const SCOPE = 'https://management.azure.com/.default openid profile offline_access'
const AUTHORIZE = `/${TENANT}/oauth2/v2.0/authorize`
const TOKEN = `/${TENANT}/oauth2/v2.0/token`

/** A browser as far as it matters: it keeps cookies by path, and follows redirects when told. */
function aBrowser(issuer: Served) {
  const cookies = new Map<string, { value: string; path: string }>()
  const visit = async (path: string, form?: Record<string, string>): Promise<Answer> => {
    const fit = [...cookies].filter(([, cookie]) => path.startsWith(cookie.path))
    const cookie = fit.map(([name, { value }]) => `${name}=${value}`).join('; ')
    const answer = await ask(issuer, path, { ...(form && { form }), headers: { cookie } })
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [, name, value, rest] = /^([^=]+)=([^;]*)(.*)$/.exec(line)!
      assert.match(rest!, /secure/i, line)
      assert.match(rest!, /httponly/i, line)
      cookies.set(name!, { value: value!, path: /path=([^;]+)/.exec(rest!)?.[1] ?? '/' })
    }
    return answer
  }
  return { visit, cookies }
}

function pathOf({ headers }: Answer): string {
  const { pathname, search } = new URL(String(headers.location), 'https://x')
  return pathname + search
}

/** A program's request, and the secret that proves it was its own. */
function aRequest(more: Record<string, string> = {}) {
  const verifier = randomBytes(32).toString('base64url')
  const parameters = new URLSearchParams({
    ...{ client_id: AZURE_CLI, response_type: 'code', redirect_uri: TARGET, scope: SCOPE },
    ...{ state: 'state', prompt: 'select_account', code_challenge_method: 'S256' },
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    ...more,
  })
  return { verifier, path: `${AUTHORIZE}?${parameters}` }
}

/** To the code, in one browser. */
async function codeOf(issuer: Served, path: string): Promise<string> {
  const { visit } = aBrowser(issuer)
  const page = pathOf(await visit(path))
  assert.equal((await visit(page)).status, 200)
  const entered = await visit(page, { name: 'ann@example', password: PASSWORD })
  assert.equal(entered.status, 303, entered.text)
  const { headers } = await visit(pathOf(entered))
  const target = new URL(String(headers.location))
  assert.equal(target.origin, TARGET)
  assert.equal(target.searchParams.get('state'), 'state')
  return target.searchParams.get('code')!
}

function exchange(issuer: Served, more: Record<string, string>): Promise<Answer> {
  return ask(issuer, TOKEN, { form: { client_id: AZURE_CLI, ...more } })
}

test('somebody signs in on a page, and a program on their machine gets tokens in their name', async (t) => {
  const issuer = await anIssuer(t)
  const { verifier, path } = aRequest()
  const code = await codeOf(issuer, path)
  const proof = { grant_type: 'authorization_code', code, redirect_uri: TARGET }
  const answer = await exchange(issuer, { ...proof, code_verifier: verifier })
  assert.equal(answer.status, 200, answer.text)
  const found = JSON.parse(answer.text) as Record<string, string>
  const caller = await issuer.verifier.authenticate(`Bearer ${found.access_token}`)
  assert.deepEqual(caller, {
    ...{ objectId: 'ann-id', name: 'ann@example', kind: 'user', tenantId: TENANT },
  })
  const identity = decodeJwt(found.id_token!)
  assert.deepEqual([identity.aud, identity.oid, identity.tid], [AZURE_CLI, 'ann-id', TENANT])
  await assert.rejects(issuer.verifier.authenticate(`Bearer ${found.id_token}`), /Authentication/)

  const renewed = await exchange(issuer, {
    ...{ grant_type: 'refresh_token', refresh_token: found.refresh_token!, scope: SCOPE },
  })
  const next = JSON.parse(renewed.text) as Record<string, string>
  assert.equal(
    (await issuer.verifier.authenticate(`Bearer ${next.access_token}`)).name,
    'ann@example',
  )
  const ann = await issuer.principals.get('ann-id')
  await issuer.principals.put({ ...ann!, disabled: true })
  const after = await exchange(issuer, {
    ...{ grant_type: 'refresh_token', refresh_token: next.refresh_token! },
  })
  assert.equal(after.status, 400)
  assert.deepEqual(issuer.failures, [])
})

test('a code is good once, with its proof; used twice, what came of it is no longer renewed', async (t) => {
  const issuer = await anIssuer(t)
  const { verifier, path } = aRequest()
  const code = await codeOf(issuer, path)
  const proof = { grant_type: 'authorization_code', code, redirect_uri: TARGET }
  const stolen = await exchange(issuer, { ...proof, code_verifier: 'x'.repeat(43) })
  assert.equal(stolen.status, 400)
  const other = await codeOf(issuer, path)
  const good = { ...proof, code: other, code_verifier: verifier }
  const first = await exchange(issuer, good)
  assert.equal(first.status, 200)
  assert.equal((await exchange(issuer, good)).status, 400)
  const { refresh_token } = JSON.parse(first.text) as Record<string, string>
  const renewed = await exchange(issuer, {
    grant_type: 'refresh_token',
    refresh_token: refresh_token!,
  })
  assert.equal(renewed.status, 400)
})

test('a code is sent to a port of the own machine only, and only asked for with a proof', async (t) => {
  const issuer = await anIssuer(t)
  const elsewhere = await ask(issuer, aRequest({ redirect_uri: 'https://evil.example' }).path)
  assert.equal(elsewhere.status, 400)
  assert.equal(elsewhere.headers.location, undefined)
  const bare = await ask(issuer, aRequest({ code_challenge: '', code_challenge_method: '' }).path)
  assert.match(String(bare.headers.location), /error=invalid_request/)
  const plain = await ask(issuer, aRequest({ code_challenge_method: 'plain' }).path)
  assert.match(String(plain.headers.location), /error=invalid_request/)
  const service = await ask(
    issuer,
    aRequest({ client_id: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee' }).path,
  )
  assert.equal(service.status, 400)
})

test('the page has no script, nothing from elsewhere, and escapes what it was given', async (t) => {
  const issuer = await anIssuer(t)
  const { visit } = aBrowser(issuer)
  const hint = '"><script>alert(1)</script>'
  const page = pathOf(await visit(aRequest({ login_hint: hint }).path))
  const { text, headers } = await visit(page)
  assert.doesNotMatch(text, /<script/)
  assert.match(text, /&quot;&gt;&lt;script/)
  const policy = String(headers['content-security-policy'])
  assert.match(policy, /default-src 'none'/)
  assert.match(policy, /frame-ancestors 'none'/)
  assert.match(policy, /form-action 'self' http:\/\/localhost:49152/)
  assert.equal(headers['cache-control'], 'no-store')
  const wrong = await visit(page, { name: '<b>', password: 'wrong' })
  assert.equal(wrong.status, 401)
  assert.match(wrong.text, /value="&lt;b&gt;"/)
  assert.doesNotMatch(wrong.text, /wrong/)
})

test('a sign-in belongs to the browser that began it', async (t) => {
  const issuer = await anIssuer(t)
  const page = pathOf(await aBrowser(issuer).visit(aRequest().path))
  const other = aBrowser(issuer)
  const answer = await other.visit(page, { name: 'ann@example', password: PASSWORD })
  assert.equal(answer.status, 400)
  assert.match(answer.text, /another browser began it/)
})

test('after five wrong passwords the page says when to try again; a long form is not read', async (t) => {
  const now = Date.now()
  const issuer = await anIssuer(t, () => now)
  const { visit } = aBrowser(issuer)
  const page = pathOf(await visit(aRequest().path))
  const enter = (password: string) => visit(page, { name: 'ann@example', password })
  for (let i = 0; i < 5; i++) assert.equal((await enter('wrong')).status, 401)
  const early = await enter(PASSWORD)
  assert.equal(early.status, 429)
  assert.match(early.text, /Try again in 1 s/)
  assert.equal((await enter('x'.repeat(10_000))).status, 413)
})

test('another password ends what the former one began: no token is renewed', async (t) => {
  const issuer = await anIssuer(t)
  const { verifier, path } = aRequest()
  const proof = { grant_type: 'authorization_code', redirect_uri: TARGET, code_verifier: verifier }
  const code = await codeOf(issuer, path)
  const renew = (former: Answer) =>
    exchange(issuer, {
      grant_type: 'refresh_token',
      refresh_token: JSON.parse(former.text).refresh_token,
    })
  const first = await exchange(issuer, { ...proof, code })
  const second = await renew(first)
  assert.equal(second.status, 200, second.text)
  const ann = await issuer.principals.get('ann-id')
  await issuer.principals.put({ ...ann!, secretHash: await hashSecret('another password') })
  assert.equal((await renew(second)).status, 400)
  assert.deepEqual(issuer.failures, [])
})

test('signing out ends the session of the browser', async (t) => {
  const issuer = await anIssuer(t)
  const { visit, cookies } = aBrowser(issuer)
  const page = pathOf(await visit(aRequest().path))
  await visit(pathOf(await visit(page, { name: 'ann@example', password: PASSWORD })))
  const session = cookies.get('session')!.value
  const asked = await visit(`/${TENANT}/oauth2/v2.0/logout`)
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(asked.text)![1]!
  const done = await visit(`/${TENANT}/oauth2/v2.0/logout/confirm`, { xsrf, logout: 'yes' })
  assert.equal(done.status, 303)
  assert.match((await visit(pathOf(done))).text, /Signed out/)
  assert.notEqual(cookies.get('session')?.value, session)
})

test('what the issuer keeps is sealed: neither codes nor names can be read in the database', async (t) => {
  const issuer = await anIssuer(t)
  const code = await codeOf(issuer, aRequest().path)
  const kept = issuer.kept()
  assert.ok(kept.length > 0)
  assert.doesNotMatch(kept, /ann-id|ann@example/)
  assert.ok(!kept.includes(code))
})
