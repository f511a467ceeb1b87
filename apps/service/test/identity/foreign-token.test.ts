import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import type { Principals } from '../../src/domain/store.ts'
import { objectIdOf, TokenVerifier, type TrustedIssuer } from '../../src/identity/verify-token.ts'

const ISSUER = 'https://idp.example/realm'
const NOW = Date.now()

/** An issuer elsewhere, as far as it is asked: its document and its keys, by `fetch`. */
async function foreign(more: Partial<TrustedIssuer> = {}, document: object = {}) {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const jwks: JWK[] = [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256' }]
  const fetched: string[] = []
  mock.method(globalThis, 'fetch', async (url: string | URL) => {
    fetched.push(String(url))
    const found = { issuer: ISSUER, jwks_uri: `${ISSUER}/keys`, ...document }
    return Response.json(String(url).endsWith('/keys') ? { keys: jwks } : found)
  })
  const verifier = new TokenVerifier({
    ...{ tenantId: 't', audiences: ['https://management.azure.com'], now: () => NOW },
    issuer: { issuers: () => ['https://own/adfs'], keys: async () => [] },
    trusted: [{ issuer: ISSUER, audiences: ['us'], ...more }],
    principals: {} as Principals,
  })
  const sign = (claims: object, key = privateKey, alg = 'RS256') =>
    new SignJWT({ iss: ISSUER, aud: 'us', sub: 'ann', exp: NOW / 1000 + 60, ...claims })
      .setProtectedHeader({ alg, kid: 'one' })
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
  assert.deepEqual(caller, { objectId, name: 'ann@example', kind: 'user', tenantId: 't' })
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
  mock.method(globalThis, 'fetch', async () => {
    throw new TypeError('fetch failed')
  })
  await assert.rejects(callerOf(sign({})), /Try again/)
})

test('an issuer over plain HTTP is refused at the start', async (t) => {
  t.after(() => mock.restoreAll())
  await assert.rejects(foreign({ issuer: 'http://idp.example' }), /not https/)
})
