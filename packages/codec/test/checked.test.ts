import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checked, decode, encode, list, optional, struct, u8, u16be } from '@trusted-launch/codec'
import { checkCodec } from '@trusted-launch/codec/check'

const even = checked(u16be, (value) => (value % 2 === 0 ? null : `${value} is odd`))

test('a checked value is read and written only when it is sound', () => {
  const pair = struct('PAIR', { first: even, second: even })
  checkCodec(pair, { pair: '00020004' })
  assert.throws(() => decode(pair, Uint8Array.of(0, 2, 0, 5)), {
    path: 'PAIR.second',
    offset: 2,
    reason: '5 is odd',
  })
  assert.throws(() => encode(pair, { first: 1, second: 2 }), RangeError)
})

test('an optional value is one byte when it is absent, and its flag has two values only', () => {
  const both = struct('BOTH', { some: optional(u16be), none: optional(u16be) })
  checkCodec(both, { both: '01123400' })
  assert.deepEqual(decode(both, Uint8Array.of(1, 0x12, 0x34, 0)), { some: 0x1234, none: null })
  assert.throws(() => decode(both, Uint8Array.of(0, 2)), { path: 'BOTH.none', offset: 1 })
})

test('a check sees a whole list', () => {
  const ascending = checked(list(u8, u8, { max: 9 }), (values) =>
    values.every((value, i) => i === 0 || value > values[i - 1]!) ? null : 'not ascending',
  )
  assert.deepEqual(decode(ascending, Uint8Array.of(3, 1, 2, 9)), [1, 2, 9])
  assert.throws(() => decode(ascending, Uint8Array.of(2, 2, 2)), { reason: 'not ascending' })
})
