import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  bytes,
  constant,
  decode,
  encode,
  list,
  MalformedError,
  many,
  nameOf,
  nothing,
  numbers,
  type Of,
  select,
  sized,
  sizedOf,
  struct,
  text,
  u8,
  u16be,
  u32be,
  u64le,
  utf8,
} from '../src/index.ts'
import { checkCodec } from './check-codec.ts'

const KIND = numbers('KIND', { TEXT: 1, PAIR: 2, NONE: 3 })
const PAIR = struct('PAIR', { first: u8, second: u64le })
const MESSAGE = struct('MESSAGE', {
  magic: constant(u32be, 0xff544347),
  kind: u8,
  body: select('kind', {
    [KIND.TEXT]: text(sized(u16be, { max: 8 }), utf8),
    [KIND.PAIR]: PAIR,
    [KIND.NONE]: nothing,
  }),
  tail: sizedOf(u16be, list(u8, bytes(2), { max: 3 }), { max: 7 }),
})

const vectors = {
  'a text': 'ff54434701000261620005020102' + '0304',
  'a pair': 'ff54434702090100000000000000000100',
  nothing: 'ff54434703000100',
}

test('a structure reads and writes the same bytes and refuses every truncation', () => {
  checkCodec(MESSAGE, vectors)
  checkCodec(sizedOf(u8, many(u16be, { max: 3 }), { max: 6 }), { two: '0400010002', none: '00' })
})

test('a union narrows on its selector', () => {
  const message: Of<typeof MESSAGE> = {
    magic: 0xff544347,
    kind: 2,
    body: { first: 1, second: 2n },
    tail: [],
  }
  if (message.kind === KIND.PAIR) assert.equal(message.body.second, 2n)
  // @ts-expect-error a text has no `first`
  if (message.kind === KIND.TEXT) assert.equal(message.body.first, undefined)
  assert.deepEqual(decode(MESSAGE, encode(MESSAGE, message)), message)
})

test('an error names the field and the byte', () => {
  const raises = (hex: string, path: string, offset: number, reason: RegExp) =>
    assert.throws(
      () => decode(MESSAGE, Uint8Array.from(Buffer.from(hex, 'hex'))),
      (e) => {
        assert.ok(e instanceof MalformedError)
        assert.deepEqual([e.path, e.offset], [path, offset])
        return reason.test(e.reason)
      },
    )
  raises('ff544348', 'MESSAGE.magic', 0, /0xff544348 where 0xff544347/)
  raises('ff54434704', 'MESSAGE.body', 5, /no layout for kind 0x4/)
  raises('ff544347010009', 'MESSAGE.body', 7, /9, more than 8/)
  raises('ff5443470100016', 'MESSAGE.body', 7, /truncated/)
  raises('ff54434701000180' + '000100', 'MESSAGE.body', 5, /not UTF-8/)
  raises('ff5443470300050201020304ff', 'MESSAGE', 12, /1 bytes too many/)
  raises('ff54434703000402010203', 'MESSAGE.tail[1]', 10, /truncated/)
})

test('a list longer than its limit is refused before anything is read', () => {
  assert.throws(
    () => decode(list(u32be, bytes(1), { max: 3 }), Uint8Array.of(255, 255, 255, 255)),
    /4294967295, more than 3/,
  )
})

test('a value that does not fit is the caller’s mistake', () => {
  assert.throws(() => encode(u8, 256), RangeError)
  assert.throws(() => encode(u64le, -1n), RangeError)
  assert.throws(() => encode(sized(u8, { max: 1 }), Uint8Array.of(1, 2)), RangeError)
})

test('an unknown number survives and prints', () => {
  assert.equal(nameOf(KIND, 2), 'KIND_PAIR')
  assert.equal(nameOf(KIND, 0x1234), 'KIND(0x1234)')
})
