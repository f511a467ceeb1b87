import assert from 'node:assert/strict'
import { createECDH, generateKeyPairSync, privateDecrypt, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { fromHex, toHex, toUtf8 } from '@trusted-launch/codec'
import { agree, CryptoError, encryptCfb, encryptOaep, kdfa, kdfe, PublicKey } from '../src/index.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const spkiOf = (key: typeof rsa.publicKey) =>
  PublicKey.fromSpki(Uint8Array.from(key.export({ format: 'der', type: 'spki' })))
const rsaKey = spkiOf(rsa.publicKey)
const label = toUtf8('IDENTITY\0')
const random = (size: number) => Uint8Array.from(randomBytes(size))

for (const hash of ['sha256', 'sha384'] as const)
  test(`what is padded with ${hash} and encrypted, the library decrypts under the same label only`, () => {
    const seed = random(hash === 'sha256' ? 32 : 48)
    for (const size of [0, 1, 32, 254 - 2 * seed.length]) {
      const message = random(size)
      const secret = encryptOaep(rsaKey, { hash, label, seed }, message)
      const options = { key: rsa.privateKey, oaepHash: hash }
      assert.deepEqual(
        Uint8Array.from(privateDecrypt({ ...options, oaepLabel: label }, secret)),
        message,
      )
      assert.throws(() => privateDecrypt({ ...options, oaepLabel: toUtf8('IDENTITY') }, secret))
    }
  })

test('OAEP refuses another kind of key, a seed of another size, and a message that is too long', () => {
  const parameters = { hash: 'sha256', label, seed: new Uint8Array(32) } as const
  const curve = spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)
  assert.throws(() => encryptOaep(curve, parameters, label), CryptoError)
  const short = { ...parameters, seed: new Uint8Array(31) }
  assert.throws(() => encryptOaep(rsaKey, short, label), RangeError)
  assert.throws(() => encryptOaep(rsaKey, parameters, new Uint8Array(191)), RangeError)
})

const libraryNames = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' } as const

for (const [curve, name] of Object.entries(libraryNames))
  test(`both sides agree upon the same secret on ${curve}`, () => {
    const other = createECDH(name)
    const point = Uint8Array.from(other.generateKeys())
    const size = (point.length - 1) / 2
    const key = PublicKey.fromEc(
      curve as keyof typeof libraryNames,
      point.subarray(1, 1 + size),
      point.subarray(1 + size),
    )
    const scalar = random(size)
    scalar[0] = 0
    const { z, ephemeral } = agree(key, scalar)
    const own = Buffer.concat([Buffer.of(4), ephemeral.x, ephemeral.y])
    assert.deepEqual(z, Uint8Array.from(other.computeSecret(own)))
  })

test('no secret is agreed upon with an RSA key, a point off the curve, or a scalar that is none', () => {
  const off = PublicKey.fromEc('P-256', new Uint8Array(32).fill(1), new Uint8Array(32).fill(1))
  const on = spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)
  const one = new Uint8Array(32).fill(1)
  assert.throws(() => agree(rsaKey, one), CryptoError)
  assert.throws(() => agree(off, one), CryptoError)
  assert.throws(() => agree(on, new Uint8Array(32)), RangeError)
  assert.throws(() => agree(on, new Uint8Array(32).fill(0xff)), RangeError)
})

test('key material is as long as asked for, begins alike, and differs by each of its sources', () => {
  const key = new Uint8Array(32)
  const long = kdfa('sha256', key, 'STORAGE', { u: label }, 70)
  assert.equal(long.length, 70)
  assert.deepEqual(kdfa('sha256', key, 'STORAGE', { u: label }, 70), long)
  const derived = [
    long,
    kdfa('sha384', key, 'STORAGE', { u: label }, 70),
    kdfa('sha256', label, 'STORAGE', { u: label }, 70),
    kdfa('sha256', key, 'INTEGRITY', { u: label }, 70),
    kdfa('sha256', key, 'STORAGE', {}, 70),
    kdfa('sha256', key, 'STORAGE', { u: label }, 69),
    kdfe('sha256', key, 'STORAGE', { u: label, v: key }, 70),
    kdfe('sha256', key, 'STORAGE', { u: key, v: label }, 70),
  ]
  assert.equal(new Set(derived.map((bytes) => toHex(bytes.subarray(0, 60)))).size, derived.length)
  const parties = { u: label, v: key }
  const short = kdfe('sha256', key, 'X', parties, 40)
  assert.deepEqual(kdfe('sha256', key, 'X', parties, 70).subarray(0, 40), short)
  for (const bytes of [0, -1, 1025, Number.NaN])
    assert.throws(() => kdfa('sha256', key, 'X', {}, bytes), RangeError)
})

test('cipher feedback gives the known answer, and takes keys of 16 or 32 bytes only', () => {
  // With a vector of zeros the first block is AES of zeros, laid over: FIPS 197's cipher of a zero block.
  const key = new Uint8Array(16)
  const expected = fromHex('66e94bd4ef8a2c3b884cfa59ca342b2e')
  assert.deepEqual(encryptCfb(key, new Uint8Array(16)), expected)
  assert.equal(encryptCfb(new Uint8Array(32), label).length, label.length)
  assert.throws(() => encryptCfb(new Uint8Array(24), label), RangeError)
})
