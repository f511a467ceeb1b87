import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { anIssuer, ask, CLIENT, TENANT } from './an-issuer.ts'

const SCOPE = 'https://management.azure.com/.default'
const TOKEN = `/${TENANT}/oauth2/v2.0/token`

test('each form of each name has a document of its own, and all of its URLs begin with that name', async (t) => {
  const issuer = await anIssuer(t)
  for (const host of [`127.0.0.1:${issuer.port}`, `localhost:${issuer.port}`])
    for (const form of [`/${TENANT}/v2.0`, '/adfs']) {
      const answer = await ask(issuer, `${form}/.well-known/openid-configuration`, { host })
      assert.equal(answer.status, 200)
      const found = JSON.parse(answer.text) as Record<string, string>
      assert.equal(found.issuer, `https://${host}${form}`)
      for (const name of ['authorization', 'token', 'end_session'])
        assert.ok(found[`${name}_endpoint`]!.startsWith(`https://${host}/`), name)
      const keys = await ask(issuer, new URL(found.jwks_uri!).pathname, { host })
      const [key] = (JSON.parse(keys.text) as { keys: Record<string, string>[] }).keys
      assert.deepEqual([key!.crv, key!.use, key!.d], ['P-256', 'sig', undefined])
    }
  assert.deepEqual(issuer.failures, [])
})

test('a name that is not configured is not answered, nor repeated', async (t) => {
  const issuer = await anIssuer(t)
  for (const host of [
    'evil.example',
    `evil.example:${issuer.port}`,
    '127.0.0.1',
    `127.0.0.1:${issuer.port}.evil`,
  ]) {
    const answer = await ask(issuer, '/adfs/.well-known/openid-configuration', { host })
    assert.equal(answer.status, 421)
    assert.doesNotMatch(answer.text + JSON.stringify(answer.headers), /evil/)
  }
  const forwarded = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' }
  const answer = await ask(issuer, '/adfs/.well-known/openid-configuration', { headers: forwarded })
  assert.doesNotMatch(answer.text, /evil|"http:/)
})

test('a secret, in the body or by Basic, gets a bearer token and no id token', async (t) => {
  const issuer = await anIssuer(t)
  const client = { client_id: CLIENT, client_secret: issuer.clientSecret }
  const basic = Buffer.from(`${CLIENT}:${issuer.clientSecret}`).toString('base64')
  for (const [path, form, headers] of [
    [TOKEN, client, {}],
    ['/adfs/oauth2/token', client, {}],
    [TOKEN.toUpperCase(), {}, { authorization: `Basic ${basic}` }],
  ] as const) {
    const asked = { grant_type: 'client_credentials', scope: SCOPE, ...form }
    const answer = await ask(issuer, path, { form: asked, headers })
    assert.equal(answer.status, 200, answer.text)
    const { access_token, ...rest } = JSON.parse(answer.text) as { access_token: string }
    assert.deepEqual(
      { ...rest, scope: undefined },
      { token_type: 'Bearer', expires_in: 3600, scope: undefined },
    )
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.equal(decodeProtectedHeader(access_token).alg, 'ES256')
    const payload = decodeJwt(access_token)
    assert.equal(payload.aud, 'https://management.azure.com')
    assert.equal(payload.tid, TENANT)
    assert.equal(payload.appid, CLIENT)
    const caller = await issuer.verifier.authenticate(`Bearer ${access_token}`)
    assert.deepEqual(caller, {
      ...{ objectId: payload.oid, name: CLIENT, kind: 'service', tenantId: TENANT },
    })
  }
})

test('a token is for the audience that is asked for, and for no other than those configured', async (t) => {
  const issuer = await anIssuer(t)
  const of = async (more: Record<string, string>) => {
    const client = { client_id: CLIENT, client_secret: issuer.clientSecret }
    const form = { grant_type: 'client_credentials', ...client, ...more }
    return ask(issuer, TOKEN, { form })
  }
  const audience = async (more: Record<string, string>) =>
    decodeJwt((JSON.parse((await of(more)).text) as { access_token: string }).access_token).aud
  assert.equal(await audience({}), 'https://management.azure.com')
  assert.equal(
    await audience({ scope: 'https://attest.azure.net/.default' }),
    'https://attest.azure.net',
  )
  const legacy = 'https://management.core.windows.net'
  assert.equal(await audience({ scope: `${legacy}//.default` }), legacy)
  assert.equal(await audience({ resource: `${legacy}/` }), legacy)
  const own = `https://localhost:${issuer.port}`
  assert.equal(await audience({ scope: `${own}/.default` }), own)
  const refused = await of({ scope: 'https://vault.azure.net/.default' })
  assert.equal(refused.status, 400)
  assert.match(refused.text, /invalid_target/)
})

test('a wrong secret, an unknown client and a disabled one get the same 401', async (t) => {
  const issuer = await anIssuer(t)
  const answers = []
  for (const [client_id, client_secret] of [
    [CLIENT, 'wrong'],
    ['nobody', 'wrong'],
    ['ann@example', 'correct horse'],
  ] as const) {
    const form = { grant_type: 'client_credentials', client_id, client_secret, scope: SCOPE }
    answers.push(await ask(issuer, TOKEN, { form }))
  }
  const service = await issuer.principals.bySignInName(CLIENT)
  await issuer.principals.put({ ...service!, disabled: true })
  const form = {
    grant_type: 'client_credentials',
    client_id: CLIENT,
    client_secret: issuer.clientSecret,
  }
  answers.push(await ask(issuer, TOKEN, { form }))
  for (const { status, text } of answers) {
    assert.equal(status, 401)
    assert.equal(text, answers[0]!.text)
    assert.doesNotMatch(text, /wrong|scrypt/)
  }
})

test('after five wrong secrets the next must wait, whatever it is', async (t) => {
  let now = Date.now()
  const issuer = await anIssuer(t, () => now)
  const of = (client_secret: string) => {
    const form = {
      grant_type: 'client_credentials',
      client_id: CLIENT,
      client_secret,
      scope: SCOPE,
    }
    return ask(issuer, TOKEN, { form })
  }
  for (let i = 0; i < 5; i++) assert.equal((await of('wrong')).status, 401)
  const early = await of(issuer.clientSecret)
  assert.equal(early.status, 429)
  assert.equal(early.headers['retry-after'], '1')
  now += 1_001
  assert.equal((await of(issuer.clientSecret)).status, 200)
})

test('as many as come at once with the right secret are let in, and of wrong ones five are looked at', async (t) => {
  const issuer = await anIssuer(t)
  const of = async (client_secret: string) => {
    const form = {
      grant_type: 'client_credentials',
      client_id: CLIENT,
      client_secret,
      scope: SCOPE,
    }
    return (await ask(issuer, TOKEN, { form })).status
  }
  const all = (secret: string) => Promise.all(Array.from({ length: 7 }, () => of(secret)))
  assert.deepEqual(new Set(await all(issuer.clientSecret)), new Set([200]))
  const wrong = await all('wrong')
  assert.deepEqual(
    [401, 429].map((one) => wrong.filter((status) => status === one).length),
    [5, 2],
  )
})

test('a token is good for an hour and a minute, only as it was signed, and while its principal is', async (t) => {
  let now = Date.now()
  const issuer = await anIssuer(t, () => now)
  const form = {
    grant_type: 'client_credentials',
    client_id: CLIENT,
    client_secret: issuer.clientSecret,
  }
  const { access_token: token } = JSON.parse((await ask(issuer, TOKEN, { form })).text) as {
    access_token: string
  }
  const of = (text: string | undefined) => issuer.verifier.authenticate(text)
  await of(`bearer ${token}`)
  const [head, body, signature] = token.split('.') as [string, string, string]
  const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
  for (const bad of [
    undefined,
    '',
    token,
    `Basic ${token}`,
    `Bearer ${token}x`,
    `Bearer ${head}.${body}.${signature.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))}`,
    `Bearer ${none}.${body}.`,
    `Bearer ${none}.${body}.${signature}`,
  ])
    await assert.rejects(of(bad), /Authentication failed/, String(bad))
  const { iat, exp } = decodeJwt(token)
  assert.equal(exp! - iat!, 3_600)
  now = exp! * 1_000 + 59_000
  await of(`Bearer ${token}`)
  now += 2_000
  await assert.rejects(of(`Bearer ${token}`), /Authentication failed/)
  now = iat! * 1_000
  const service = await issuer.principals.bySignInName(CLIENT)
  await issuer.principals.put({ ...service!, disabled: true })
  await assert.rejects(of(`Bearer ${token}`), /Authentication failed/)
})

test('keys change every thirty days, and tokens of the ones before stay good', async (t) => {
  let now = Date.now()
  const issuer = await anIssuer(t, () => now)
  const form = {
    grant_type: 'client_credentials',
    client_id: CLIENT,
    client_secret: issuer.clientSecret,
  }
  const kids = async () => (await issuer.issuer.keys()).map(({ kid }) => kid)
  const before = await kids()
  assert.equal(before.length, 1)
  const { access_token: token } = JSON.parse((await ask(issuer, TOKEN, { form })).text) as {
    access_token: string
  }
  now += 30 * 86_400_000
  const after = await kids()
  assert.deepEqual(after.slice(1), before)
  assert.equal((await ask(issuer, TOKEN, { form })).status, 200)
  now -= 30 * 86_400_000 - 60_000
  await issuer.verifier.authenticate(`Bearer ${token}`)
})
