import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import type { Principals } from '../../src/domain/store.ts'
import { objectIdOf, TokenVerifier, type TrustedIssuer } from '../../src/identity/verify-token.ts'
import { anIssuer, ask, CLIENT } from './issuer/an-issuer.ts'

const ISSUER = 'https://idp.example/realm'
const NOW = Date.now()
const OWN = {
  issuers: () => ['https://own/adfs'],
  audiences: () => ['https://management.azure.com'],
  keys: async () => [],
}

/** An issuer elsewhere, as far as it is asked: its document and its keys, by `fetch`; `keys` in their place. */
async function foreign(
  more: Partial<TrustedIssuer> = {},
  document: object = {},
  now: () => number = () => NOW,
  keys: () => Response | null = () => null,
) {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const jwks: JWK[] = [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256' }]
  const fetched: string[] = []
  mock.restoreAll()
  mock.method(globalThis, 'fetch', async (url: string | URL) => {
    fetched.push(String(url))
    const found = { issuer: ISSUER, jwks_uri: `${ISSUER}/keys`, ...document }
    if (!String(url).endsWith('/keys')) return Response.json(found)
    return keys() ?? Response.json({ keys: jwks })
  })
  const verifier = new TokenVerifier({
    ...{ tenantId: 't', now },
    issuer: OWN,
    trusted: [{ issuer: ISSUER, audiences: ['us'], ...more }],
    principals: {} as Principals,
  })
  const sign = (claims: object, key = privateKey, alg = 'RS256', kid = 'one') =>
    new SignJWT({ iss: ISSUER, aud: 'us', sub: 'ann', exp: NOW / 1000 + 60, ...claims })
      .setProtectedHeader({ alg, kid })
      .sign(key)
  const callerOf = async (token: Promise<string>) => verifier.authenticate(`Bearer ${await token}`)
  return { sign, callerOf, fetched }
}

test('a token of a trusted issuer makes a caller with an id of its own, and a name that it tells', async (t) => {
  t.after(() => mock.restoreAll())
  const { sign, callerOf, fetched } = await foreign({ nameClaim: 'email' })
  const caller = await callerOf(sign({ email: 'ann@example', oid: 'somebody-of-ours' }))
  const objectId = objectIdOf(ISSUER, 'ann')
  assert.match(objectId, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const isForeign = true
  assert.deepEqual(caller, {
    objectId,
    name: 'ann@example',
    kind: 'user',
    tenantId: 't',
    isForeign,
  })
  assert.notEqual(objectIdOf('https://other', 'ann'), objectId)
  await callerOf(sign({}))
  assert.deepEqual(fetched, [`${ISSUER}/.well-known/openid-configuration`, `${ISSUER}/keys`])
})

test('another audience, another issuer, another key, no end, an end that is past, or no signature: 401', async (t) => {
  t.after(() => mock.restoreAll())
  const { sign, callerOf } = await foreign()
  const other = (await generateKeyPair('RS256')).privateKey
  const bare = (claims: object) =>
    [{ alg: 'none' }, { iss: ISSUER, aud: 'us', sub: 'ann', ...claims }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
  for (const [what, token] of Object.entries({
    audience: sign({ aud: 'https://management.azure.com' }),
    issuer: sign({ iss: 'https://evil.example' }),
    ours: sign({ iss: 'https://own/adfs', aud: 'https://management.azure.com', oid: 'x' }),
    key: sign({}, other),
    endless: sign({ exp: undefined }),
    past: sign({ exp: NOW / 1000 - 61 }),
    future: sign({ nbf: NOW / 1000 + 61 }),
    nobody: sign({ sub: undefined }),
    symmetric: sign({}, new TextEncoder().encode('k'.repeat(32)) as never, 'HS256'),
    unsigned: Promise.resolve(`${bare({})}.x`),
  }))
    await assert.rejects(callerOf(token), /Authentication failed/, what)
  await callerOf(sign({ exp: NOW / 1000 - 59 }))
})

test('an issuer that cannot be asked, or speaks for another, is a failure that can be tried again', async (t) => {
  t.after(() => mock.restoreAll())
  for (const document of [{ issuer: 'https://other' }, { jwks_uri: 'http://idp.example/keys' }]) {
    const { sign, callerOf } = await foreign({}, document)
    await assert.rejects(callerOf(sign({})), /Try again/)
  }
  const { sign, callerOf } = await foreign()
  mock.restoreAll()
  mock.method(globalThis, 'fetch', async () => {
    throw new TypeError('fetch failed')
  })
  await assert.rejects(callerOf(sign({})), /Try again/)
})

test('an issuer that is down is asked once by all who name it, and again after five seconds', async (t) => {
  t.after(() => mock.restoreAll())
  let now = NOW
  const wrong = { issuer: 'https://other' }
  const { sign, callerOf, fetched } = await foreign({}, wrong, () => now)
  const refused = () => assert.rejects(callerOf(sign({})), /Try again/)
  await Promise.all([refused(), refused(), refused()])
  now += 4_999
  await refused()
  assert.equal(fetched.length, 1)
  now += 1
  await refused()
  assert.equal(fetched.length, 2)
})

test('keys that an issuer does not give, or gives broken, are asked for once in five seconds', async (t) => {
  t.after(() => mock.restoreAll())
  for (const keys of [
    () => new Response('', { status: 500 }),
    () => new Response('<html>'),
    () => Response.json({ keys: 'none' }),
    () => Response.json({ keys: [], more: 'x'.repeat(1 << 20) }),
    () => {
      throw new TypeError('fetch failed')
    },
  ]) {
    let [now, isDown] = [NOW, true]
    const asked = () => (isDown ? keys() : null)
    const { sign, callerOf, fetched } = await foreign({}, {}, () => now, asked)
    const refused = () => assert.rejects(callerOf(sign({})), /Try again/)
    await Promise.all([refused(), refused()])
    now += 4_999
    await refused()
    assert.equal(fetched.length, 2)
    now += 1
    isDown = false
    await callerOf(sign({}))
    assert.equal(fetched.length, 3)
  }
})

test('a key that nobody knows is looked for no oftener than each half minute', async (t) => {
  t.after(() => mock.restoreAll())
  const { sign, callerOf, fetched } = await foreign()
  await callerOf(sign({}))
  for (let i = 0; i < 20; i++)
    await assert.rejects(
      callerOf(sign({}, undefined, 'RS256', `forged-${i}`)),
      /Authentication failed/,
    )
  assert.equal(fetched.length, 2)
})

test('an issuer over plain HTTP is refused at the start', async (t) => {
  t.after(() => mock.restoreAll())
  await assert.rejects(foreign({ issuer: 'http://idp.example' }), /not https/)
})

test('over HTTPS, one installation takes the tokens of another by its documents and keys', async (t) => {
  const other = await anIssuer(t)
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, other.ca])
  t.after(() => setDefaultCACertificates(before))
  const issuer = `https://localhost:${other.port}/adfs`
  const verifier = new TokenVerifier({
    ...{ tenantId: 't', issuer: OWN, now: () => NOW, principals: {} as Principals },
    trusted: [{ issuer, audiences: ['https://attest.azure.net'], nameClaim: 'appid' }],
  })
  const scope = 'https://attest.azure.net/.default'
  const secret = { client_id: CLIENT, client_secret: other.clientSecret }
  const form = { grant_type: 'client_credentials', scope, ...secret }
  const host = `localhost:${other.port}`
  const token = async (at: string) =>
    JSON.parse((await ask(other, '/adfs/oauth2/token', { form, host: at })).text)
  const { access_token: good } = await token(host)
  const caller = await verifier.authenticate(`Bearer ${good}`)
  assert.deepEqual([caller.name, caller.kind], [CLIENT, 'service'])
  const { access_token: elsewhere } = await token(`127.0.0.1:${other.port}`)
  await assert.rejects(verifier.authenticate(`Bearer ${elsewhere}`), /Authentication failed/)
})
