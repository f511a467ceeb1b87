import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromUtf8, MalformedError, toUtf8 } from '@trusted-launch/codec'
import { jwkOf, thumbprintOf } from '@trusted-launch/crypto'
import { TOKEN_LIFETIME_SECONDS_MAX } from '../src/token/token.ts'
import {
  discoveryDocumentOf,
  jwksOf,
  parseJwks,
  parseTokenKeys,
  publishedKeys,
  rotateTokenKeys,
  type TokenKeys,
} from '../src/token/token-keys.ts'
import { signingKey } from './issuer.ts'

const keys = Array.from({ length: 5 }, () => signingKey().publicKey)
const [a, b, c, d] = keys as [
  (typeof keys)[0],
  (typeof keys)[0],
  (typeof keys)[0],
  (typeof keys)[0],
]
const first: TokenKeys = { version: 1, current: jwkOf(a), next: jwkOf(b), retired: [] }
const names = (state: TokenKeys, time: number) => publishedKeys(state, time).map(thumbprintOf)
const lastToken = TOKEN_LIFETIME_SECONDS_MAX * 1000

test('a rotation signs with the key that was listed before, and lists the one after', () => {
  const second = rotateTokenKeys(first, c, 0)
  assert.deepEqual([second.current, second.next], [jwkOf(b), jwkOf(c)])
  assert.deepEqual(names(second, 1), [b, c, a].map(thumbprintOf))
  const bare = rotateTokenKeys({ ...first, next: null }, c, 0)
  assert.deepEqual([bare.current, bare.next], [jwkOf(c), null])
})

test('a retired key is published until the last token it signed has run out, and not longer', () => {
  const second = rotateTokenKeys(first, c, 0)
  const listed = (time: number) => names(second, time).includes(thumbprintOf(a))
  assert.ok(listed(lastToken + 59_999))
  assert.ok(!listed(lastToken + 60_000))
  const third = rotateTokenKeys(second, d, lastToken + 60_000)
  assert.equal(third.retired.length, 1)
})

test('at any order of rotations every key that can have a token that holds is published', () => {
  let state = first
  const signed: { kid: string; at: number }[] = []
  for (let step = 0, at = 0; step < 20; step++) {
    at += 7_200_000 * (1 + (step % 4))
    signed.push({ kid: thumbprintOf(publishedKeys(state, at)[0]!), at })
    state = rotateTokenKeys(state, signingKey().publicKey, at)
    for (const one of signed)
      if (at <= one.at + lastToken) assert.ok(names(state, at).includes(one.kid), `${step}`)
  }
})

test('a key is never listed twice, keys are bounded, and only P-256 signs', () => {
  for (const known of [a, b]) assert.throws(() => rotateTokenKeys(first, known, 0), RangeError)
  let state = first
  for (let i = 0; i < 16; i++) state = rotateTokenKeys(state, signingKey().publicKey, 0)
  assert.throws(() => rotateTokenKeys(state, signingKey().publicKey, 0), RangeError)
  assert.doesNotThrow(() => rotateTokenKeys(state, signingKey().publicKey, lastToken * 2))
  assert.throws(() => rotateTokenKeys(first, signingKey('P-384').publicKey, 0), RangeError)
})

test('a JWKS names each key by its thumbprint, and reads back', () => {
  const document = jwksOf([a, b])
  const { keys: listed } = JSON.parse(fromUtf8(document))
  assert.deepEqual(listed[0], { ...jwkOf(a), alg: 'ES256', kid: thumbprintOf(a), use: 'sig' })
  assert.deepEqual(parseJwks(document).map(thumbprintOf), [a, b].map(thumbprintOf))
})

test('keys of other kinds in a JWKS are left out; what is no JWKS is refused', () => {
  const mixed = {
    keys: [
      { kty: 'RSA', n: 'AQAB', e: 'AQAB' },
      { ...jwkOf(a), kid: 'any' },
    ],
  }
  assert.deepEqual(parseJwks(toUtf8(JSON.stringify(mixed))).length, 1)
  for (const bad of ['null', '[]', '{}', '{"keys":[null]}', '{"keys":[{"crv":"P-256"}]}'])
    assert.throws(() => parseJwks(toUtf8(bad)), MalformedError, bad)
  const many = { keys: Array.from({ length: 65 }, () => ({})) }
  assert.throws(() => parseJwks(toUtf8(JSON.stringify(many))), MalformedError)
})

test('stored keys come back, and are refused when anything of them is not what it must be', () => {
  const stored = (value: unknown) => parseTokenKeys(toUtf8(JSON.stringify(value)))
  const state = rotateTokenKeys(first, c, 5)
  assert.deepEqual(stored(state), state)
  for (const bad of [
    { ...state, version: 2 },
    { ...state, more: 1 },
    { ...state, current: { ...state.current, d: 'AAAA' } },
    { ...state, current: { ...state.current, x: jwkOf(b).kty } },
    { ...state, next: jwkOf(signingKey('P-384').publicKey) },
    { ...state, retired: [{ jwk: state.current }] },
  ])
    assert.throws(() => stored(bad), MalformedError)
  const off = { ...state.current, x: 'A'.repeat(43) }
  assert.throws(() => stored({ ...state, current: off }), MalformedError)
})

test('the discovery document leads from the issuer to its keys', () => {
  const told = JSON.parse(fromUtf8(discoveryDocumentOf('https://attest.example/tenant')))
  assert.equal(told.issuer, 'https://attest.example/tenant')
  assert.equal(told.jwks_uri, 'https://attest.example/tenant/.well-known/jwks.json')
  assert.deepEqual(told.id_token_signing_alg_values_supported, ['ES256'])
  for (const bad of ['http://a.example', 'https://a.example/', 'https://a.example?q', 'a'])
    assert.throws(() => discoveryDocumentOf(bad), RangeError, bad)
})
