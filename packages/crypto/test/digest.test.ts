import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { fromHex, fromLatin1, toHex, toUtf8 } from '@trusted-launch/codec'
import {
  DIGEST_SIZE,
  digest,
  digestHex,
  digestText,
  extendAll,
  type HashName,
  hexDigestOfText,
  hmac,
  isDigestOf,
  Register,
  textToUtf8,
} from '@trusted-launch/crypto'
import { digest as guestDigest } from '../src/guest.ts'

// FIPS 180 examples, "abc".
const abc: Record<HashName, string> = {
  sha1: 'a9993e364706816aba3e25717850c26c9cd0d89d',
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  sha384:
    'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
  sha512:
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
}

for (const [name, expected] of Object.entries(abc) as [HashName, string][])
  test(`${name} of "abc" is the specification's, in one part and in three`, () => {
    assert.equal(toHex(digest(name, toUtf8('abc'))), expected)
    assert.equal(toHex(digest(name, toUtf8('a'), toUtf8('b'), toUtf8('c'))), expected)
    assert.equal(digest(name).length, DIGEST_SIZE[name])
  })

test('parts hash to the same whether they are joined or too big for that', () => {
  for (const size of [5000, 40_000, 20]) {
    const parts = [new Uint8Array(size).fill(1), new Uint8Array(size).fill(2)]
    const expected = createHash('sha256').update(parts[0]!).update(parts[1]!).digest('hex')
    assert.equal(toHex(digest('sha256', ...parts)), expected)
    assert.equal(digestHex('sha256', ...parts), expected)
    assert.equal(toHex(fromLatin1(digestText('sha256', ...parts))), expected)
  }
})

test('a text has the digest of its UTF-8', () => {
  for (const text of ['', 'abc', 'grün, 😀']) {
    assert.equal(hexDigestOfText('sha256', text), digestHex('sha256', toUtf8(text)))
    assert.deepEqual(textToUtf8(text), toUtf8(text))
  }
})

test('hmac is RFC 4231 test case 2', () => {
  assert.equal(
    toHex(hmac('sha256', toUtf8('Jefe'), toUtf8('what do ya want '), toUtf8('for nothing?'))),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  )
})

test('the SHA-256 of a guest equals the library at every length around its blocks', () => {
  for (let size = 0; size < 200; size++) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 7 + size) & 255)
    assert.equal(toHex(guestDigest('sha256', bytes)), toHex(digest('sha256', bytes)))
  }
  const [a, b] = [fromHex('00ff'), new Uint8Array(1000)]
  assert.equal(toHex(guestDigest('sha256', a, b)), toHex(digest('sha256', a, b)))
})

test('a guest has no other hash', () => {
  assert.throws(() => guestDigest('sha384', new Uint8Array(1)), RangeError)
})

test('extending one after the other is hashing what was held and what comes, each time', () => {
  for (const hash of ['sha1', 'sha256', 'sha384', 'sha512'] as const) {
    const start = new Uint8Array(DIGEST_SIZE[hash])
    const digests = [1, 2, 3].map((n) => digest(hash, Uint8Array.of(n)))
    let expected = start
    for (const each of digests) expected = Uint8Array.from(digest(hash, expected, each))
    assert.deepEqual(extendAll(hash, start, digests), expected)
    assert.deepEqual(start, new Uint8Array(DIGEST_SIZE[hash]))
    assert.deepEqual(extendAll(hash, start, []), start)
    const short = toUtf8('short')
    assert.deepEqual(extendAll(hash, start, [short]), digest(hash, start, short))
  }
})

test('a register holds what it was last extended to, and nothing shorter or longer', () => {
  const start = new Uint8Array(32)
  const register = new Register('sha256', start)
  assert.ok(register.holds(start))
  register.extend(start)
  const held = digest('sha256', start, start)
  assert.deepEqual([register.holds(held), register.holds(start)], [true, false])
  assert.deepEqual(Uint8Array.from(register.value), held)
  for (const other of [held.subarray(1), Uint8Array.of(...held, 0)])
    assert.equal(register.holds(other), false)
  register.value.fill(0)
  assert.ok(register.holds(held))
})

test('bytes have one digest, and no shorter or longer one', () => {
  const right = digest('sha256', toUtf8('abc'))
  assert.ok(isDigestOf('sha256', toUtf8('abc'), right))
  assert.ok(!isDigestOf('sha256', toUtf8('abd'), right))
  assert.ok(!isDigestOf('sha384', toUtf8('abc'), right))
  assert.ok(!isDigestOf('sha256', toUtf8('abc'), right.subarray(1)))
  for (let i = 0; i < right.length; i++)
    assert.ok(!isDigestOf('sha256', toUtf8('abc'), right.with(i, right[i]! ^ 1)))
})
