import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { fromUtf8, MalformedError, toUtf8 } from '@trusted-launch/codec'
import { checkDecoder } from '@trusted-launch/codec/check'
import { CryptoError } from '../src/errors.ts'
import { jwkOf, keyOfJwk, thumbprintOf } from '../src/jwk.ts'
import { PublicKey } from '../src/public-key.ts'

const keys = [
  generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  generateKeyPairSync('rsa', { modulusLength: 2048 }),
].map(({ publicKey }) => publicKey)

test('a public key is the same JWK that node:crypto writes, and comes back', () => {
  for (const object of keys) {
    const spki = Uint8Array.from(object.export({ format: 'der', type: 'spki' }))
    const key = PublicKey.fromSpki(spki)
    assert.deepEqual({ ...jwkOf(key) }, { ...object.export({ format: 'jwk' }) })
    assert.ok(keyOfJwk({ ...jwkOf(key), kid: 'a', use: 'sig', alg: 'ES256' }).equals(key))
  }
})

// RFC 7638, 3.1
const example = {
  kty: 'RSA',
  n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
  e: 'AQAB',
  alg: 'RS256',
  kid: '2011-04-29',
}

test('the thumbprint is that of the example in RFC 7638', () => {
  const expected = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'
  assert.equal(thumbprintOf(keyOfJwk(example)), expected)
})

const point = jwkOf(
  PublicKey.fromSpki(Uint8Array.from(keys[0]!.export({ format: 'der', type: 'spki' }))),
)

test('a JWK with a private or secret part, a short coordinate, a foreign curve or kind is refused', () => {
  assert.ok(createPublicKey({ key: { ...point }, format: 'jwk' }))
  for (const bad of [
    null,
    [],
    {},
    { ...point, d: 'AQAB' },
    { ...example, p: 'AQAB' },
    { kty: 'oct', k: 'AQAB' },
    { ...point, x: 'AQAB' },
    { ...point, x: 7 },
    { ...point, crv: 'secp256k1' },
    { ...point, crv: '__proto__' },
    { kty: 'OKP', crv: 'Ed25519', x: 'AQAB' },
    { ...point, ...{ y: (point as { x: string }).x } },
    { ...example, n: '' },
    { ...example, e: 'A'.repeat(2049) },
  ])
    assert.throws(
      () => keyOfJwk(bad),
      (e) => e instanceof MalformedError || e instanceof CryptoError,
      JSON.stringify(bad),
    )
})

test('keyOfJwk raises only its own errors, whatever JSON it is given', () => {
  const read = (bytes: Uint8Array) => {
    try {
      return keyOfJwk(JSON.parse(fromUtf8(bytes)))
    } catch (e) {
      if (e instanceof SyntaxError || e instanceof CryptoError)
        throw new MalformedError('', 0, e.message)
      throw e
    }
  }
  checkDecoder(read, { rsa: toUtf8(JSON.stringify(example)), ec: toUtf8(JSON.stringify(point)) })
})
