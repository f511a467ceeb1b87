import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedError, toUtf8 } from '@trusted-launch/codec'
import { randomFrom } from '@trusted-launch/codec/check'
import { fromBase64url, textToBase64url, toBase64url } from '@trusted-launch/crypto'

test('bytes become the text of RFC 4648, 10, in the other alphabet and without padding, and back', () => {
  const vectors = ['', 'Zg', 'Zm8', 'Zm9v', 'Zm9vYg', 'Zm9vYmE', 'Zm9vYmFy']
  for (const [i, text] of vectors.entries()) {
    assert.equal(toBase64url(toUtf8('foobar'.slice(0, i))), text)
    assert.deepEqual(fromBase64url(text), toUtf8('foobar'.slice(0, i)))
  }
  assert.equal(toBase64url(Uint8Array.of(0xfb, 0xff, 0xfe)), '-__-')
})

test('a thousand random byte strings come back, as a part of a larger buffer too', () => {
  const random = randomFrom(7)
  const whole = Uint8Array.from({ length: 4096 }, () => random(256))
  for (let i = 0; i < 1000; i++) {
    const start = random(4000)
    const bytes = whole.subarray(start, start + random(90))
    assert.deepEqual(fromBase64url(toBase64url(bytes)), bytes.slice())
  }
})

test('a text is written as its UTF-8 is', () => {
  for (const text of ['', 'a', 'ä€😀', '\ud800'])
    assert.equal(textToBase64url(text), toBase64url(toUtf8(text)))
})

test('base64url refuses what no encoder leaves', () => {
  for (const text of ['A', 'AB', 'AAAAA', 'AAF'])
    assert.throws(() => fromBase64url(text), { reason: 'bits that no encoder leaves' }, text)
})

test('base64url refuses a foreign character, and says where the first stands', () => {
  const cases = { '!AAA': 0, 'AA!A': 2, 'AAA!': 3, 'A=': 1, 'A+': 1, 'AA/A': 2, 'A A': 1, ÄAAA: 0 }
  for (const [text, offset] of Object.entries(cases)) {
    const expected = { name: 'MalformedError', offset, reason: 'a foreign character' }
    assert.throws(() => fromBase64url(text), expected, text)
  }
  assert.throws(() => fromBase64url('AAAA\n'), MalformedError)
})
