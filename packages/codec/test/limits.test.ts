import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  bytes,
  constant,
  decode,
  encode,
  fromHex,
  list,
  many,
  nothing,
  rest,
  sized,
  sizedOf,
  u8,
} from '../src/index.ts'
import { refuses } from './check-codec.ts'

const two = { max: 2 }
const [one, three] = [Uint8Array.of(1), new Uint8Array(3)]

test('what is larger than its limit is refused on reading and on writing', () => {
  refuses(rest(two), three, 'rest')
  refuses(sized(u8, two), fromHex('03000000'), 'sized')
  refuses(sizedOf(u8, rest({ max: 9 }), two), fromHex('03000000'), 'sizedOf')
  refuses(list(u8, u8, two), fromHex('03000000'), 'list')
  refuses(many(u8, two), three, 'many')
  assert.throws(() => encode(rest(two), three), RangeError)
  assert.throws(() => encode(sized(u8, two), three), RangeError)
  assert.throws(() => encode(sizedOf(u8, rest({ max: 9 }), two), three), RangeError)
  assert.throws(() => encode(list(u8, u8, two), [1, 2, 3]), RangeError)
  assert.throws(() => encode(many(u8, two), [1, 2, 3]), RangeError)
})

test('at its limit it is taken', () => {
  assert.equal(decode(rest(two), new Uint8Array(2)).length, 2)
  assert.equal(decode(sized(u8, two), fromHex('020000')).length, 2)
  assert.deepEqual(decode(list(u8, u8, two), fromHex('020708')), [7, 8])
  assert.deepEqual(decode(many(u8, two), fromHex('0708')), [7, 8])
})

test('what is smaller than it must be, or of another size, is refused', () => {
  refuses(sized(u8, { min: 2, max: 4 }), fromHex('0100'), 'sized')
  assert.throws(() => encode(bytes(2), one), RangeError)
})

test('an element of no bytes ends, and a constant is that constant only', () => {
  refuses(many(nothing, two), one, 'many of nothing')
  refuses(constant(u8, 7), one, 'a constant')
  assert.throws(() => encode(constant(u8, 7), 8 as 7), RangeError)
})
