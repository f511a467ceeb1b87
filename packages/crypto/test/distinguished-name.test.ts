import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DER, der, derOid, formatName, readDer } from '../src/index.ts'

const commonName = (text: string) => {
  const value = der(DER.UTF8_STRING, new TextEncoder().encode(text))
  const name = der(DER.SEQUENCE, der(DER.SET, der(DER.SEQUENCE, derOid('2.5.4.3'), value)))
  return formatName(readDer(name, DER.SEQUENCE))
}

test('nothing in a name that is not seen itself changes how what is beside it is read', () => {
  for (const code of [
    0x07, 0x1b, 0x85, 0xad, 0x200b, 0x200f, 0x2028, 0x202e, 0x2066, 0x2069, 0xfeff,
  ])
    assert.equal(commonName(`a${String.fromCharCode(code)}b`), 'CN=a?b', code.toString(16))
  assert.equal(commonName(`a${String.fromCodePoint(0xe0041)}b`), 'CN=a?b')
  assert.equal(commonName('Prüfstelle 試験'), 'CN=Prüfstelle 試験')
})
