import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  fromBase64url,
  fromHex,
  fromUtf8,
  fromUtf16le,
  MalformedError,
  toBase64url,
  toHex,
  toUtf8,
  toUtf16le,
} from '../src/index.ts'
import { randomFrom } from './check-codec.ts'

test('text agrees with Node on a thousand random byte strings', () => {
  const random = randomFrom(7)
  for (let i = 0; i < 1000; i++) {
    const bytes = Uint8Array.from({ length: random(40) }, () => random(256))
    const node = Buffer.from(bytes)
    assert.equal(toHex(bytes), node.toString('hex'))
    assert.equal(toBase64url(bytes), node.toString('base64url'))
    assert.deepEqual(fromBase64url(toBase64url(bytes)), bytes)
    assert.deepEqual(fromHex(toHex(bytes)), bytes)
  }
})

test('UTF-8 agrees with the strict decoder of the platform', () => {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const random = randomFrom(11)
  for (let i = 0; i < 20000; i++) {
    const bytes = Uint8Array.from(
      { length: random(6) },
      () => [0x41, 0xc3, 0xe2, 0xf0, 0x9f, 0x80, 0xed, 0xa0, 0xbf, 0xf4, 0x90][random(11)]!,
    )
    let expected: string | null = null
    try {
      expected = strict.decode(bytes)
    } catch {}
    if (expected === null) assert.throws(() => fromUtf8(bytes), MalformedError, toHex(bytes))
    else {
      assert.equal(fromUtf8(bytes), expected)
      assert.deepEqual(toUtf8(expected), bytes)
    }
  }
})

test('UTF-16 keeps lone surrogates and refuses odd lengths', () => {
  assert.equal(fromUtf16le(toUtf16le('a\ud800b')), 'a\ud800b')
  assert.throws(() => fromUtf16le(Uint8Array.of(1)), MalformedError)
})

test('base64url refuses what no encoder leaves', () => {
  for (const text of ['A', 'AB', 'A=', 'A+', 'AAAAA'])
    assert.throws(() => fromBase64url(text), MalformedError, text)
})
