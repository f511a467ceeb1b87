import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromHex, MalformedError, toHex } from '@trusted-launch/codec'
import {
  DER,
  DerReader,
  der,
  derBits,
  derOid,
  derTime,
  derUnsigned,
  inside,
  readDer,
} from '@trusted-launch/crypto'
import { readTime } from '../src/x509-time.ts'

const refused: Record<string, string> = {
  'an indefinite length': '3080000000',
  'a length that could be shorter': '308103020101',
  'a length with a zero in front': '30820003020101',
  'a length of more than four bytes': '3085000000000102',
  'a tag of more than one byte': '1f0100',
  'a byte too many': '02010100',
  'a byte too few': '020201',
  nothing: '',
}

for (const [title, hex] of Object.entries(refused))
  test(`${title} is refused`, () => assert.throws(() => readDer(fromHex(hex)), MalformedError))

test('numbers are the shortest they can be, and not negative where they must not', () => {
  const read = (hex: string) => new DerReader(fromHex(hex)).unsigned()
  assert.equal(toHex(read('02020080')), '80')
  assert.equal(toHex(read('020100')), '00')
  for (const hex of ['02020001', '0202ff80', '0200', '020180'])
    assert.throws(() => read(hex), MalformedError)
  assert.equal(new DerReader(fromHex('02020100')).small(), 256)
  assert.throws(
    () => new DerReader(fromHex('0205010000 0000'.replace(' ', ''))).small(),
    MalformedError,
  )
})

test('object identifiers come back as they were written', () => {
  for (const oid of ['1.2.840.113549.1.7.2', '2.23.133.8.3', '2.5.29.15', '0.9.2342', '2.999.3'])
    assert.equal(new DerReader(derOid(oid)).oid(), oid)
  for (const hex of ['0600', '060180', '06028001', '060a8f8f8f8f8f8f8f8f8f7f'])
    assert.throws(() => new DerReader(fromHex(hex)).oid(), MalformedError)
})

test('booleans and bit strings have one form', () => {
  assert.equal(new DerReader(fromHex('0101ff')).boolean(), true)
  assert.equal(new DerReader(fromHex('010100')).boolean(), false)
  assert.throws(() => new DerReader(fromHex('010101')).boolean(), MalformedError)
  assert.equal(toHex(new DerReader(derBits(Uint8Array.of(7))).octets()), '07')
  assert.throws(() => new DerReader(fromHex('03020107')).octets(), MalformedError)
})

test('what is written is read back, at every size of length', () => {
  for (const size of [0, 1, 127, 128, 255, 256, 65535, 65536]) {
    const element = readDer(der(DER.OCTET_STRING, new Uint8Array(size)), DER.OCTET_STRING)
    assert.equal(element.content.length, size)
  }
  assert.equal(toHex(derUnsigned(fromHex('000080'))), '02020080')
  assert.equal(toHex(derUnsigned(new Uint8Array())), '020100')
})

test('a limit on elements holds before they are kept', () => {
  const list = inside(readDer(der(DER.SEQUENCE, ...Array(5).fill(derUnsigned(Uint8Array.of(1))))))
  assert.throws(() => list.all(4), MalformedError)
})

test('times are read in the forms a certificate may hold, and only there', () => {
  for (const ms of [
    0,
    Date.UTC(2049, 11, 31, 23, 59, 59),
    Date.UTC(2050, 0, 1),
    Date.UTC(9999, 11, 31),
  ])
    assert.equal(readTime(new DerReader(derTime(ms))), ms)
  const text = (tag: number, value: string) => der(tag, new TextEncoder().encode(value))
  for (const wrong of [
    '991332000000Z',
    '990230000000Z',
    '990101000060Z',
    '9901010000Z',
    '990101000000+0100',
  ])
    assert.throws(() => readTime(new DerReader(text(DER.UTC_TIME, wrong))), MalformedError)
})
