import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  equalBytes,
  fromHex,
  fromLatin1,
  fromUtf8,
  fromUtf16le,
  MalformedError,
  toHex,
  toLatin1,
  toUtf8,
  toUtf16le,
  Writer,
} from '../src/index.ts'
import { randomFrom } from './check-codec.ts'

test('text agrees with Node on a thousand random byte strings', () => {
  const random = randomFrom(7)
  for (let i = 0; i < 1000; i++) {
    const bytes = Uint8Array.from({ length: random(40) }, () => random(256))
    const node = Buffer.from(bytes)
    assert.equal(toHex(bytes), node.toString('hex'))
    assert.deepEqual(fromHex(toHex(bytes)), bytes)
  }
})

test('long bytes are hexadecimal as short ones are', () => {
  for (const length of [2047, 2048, 2049, 100_000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 7)
    assert.equal(toHex(bytes), Buffer.from(bytes).toString('hex'))
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

test('hexadecimal refuses odd lengths and foreign characters', () => {
  for (const text of ['0', '0g', 'abc', '0x', ' 0'])
    assert.throws(() => fromHex(text), MalformedError)
  assert.deepEqual(fromHex('aAfF'), Uint8Array.of(0xaa, 0xff))
})

test('Latin-1 is bytes as characters, and nothing above', () => {
  const all = Uint8Array.from({ length: 5000 }, (_, i) => i & 0xff)
  assert.deepEqual(fromLatin1(toLatin1(all)), all)
  assert.throws(() => fromLatin1('a\u0100'), RangeError)
})

test('a lone surrogate is written as U+FFFD', () => {
  assert.deepEqual(toUtf8('\ud800'), toUtf8('\ufffd'))
})

test('bytes are equal when they are as many and the same', () => {
  const bytes = Uint8Array.of(1, 2, 3)
  assert.ok(equalBytes(bytes, bytes.slice()))
  for (const other of [
    [1, 2],
    [1, 2, 3, 0],
    [0, 2, 3],
    [1, 2, 0],
  ])
    assert.equal(equalBytes(bytes, Uint8Array.from(other)), false)
})

test('a writer grows, and what it held stays', () => {
  const to = new Writer()
  for (let i = 0; i < 3000; i++) to.put(Uint8Array.of(i & 0xff))
  assert.deepEqual(
    to.finish(),
    Uint8Array.from({ length: 3000 }, (_, i) => i & 0xff),
  )
})
