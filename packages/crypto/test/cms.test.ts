import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { MalformedError, toUtf8 } from '@trusted-launch/codec'
import {
  Certificate,
  contextTag,
  DER,
  decodeSignedData,
  der,
  derOid,
  verifySignedData,
} from '@trusted-launch/crypto'

const read = (name: string) =>
  Uint8Array.from(readFileSync(join(import.meta.dirname, '../testdata', name)))
const anchors = [Certificate.decode(read('root.der'))]
const options = { anchors, time: null }
const content = toUtf8('what is signed')
const files = ['with-attributes.p7', 'without-attributes.p7'] as const

for (const name of files)
  test(`${name} is signed by its signer, who leads to the root`, () => {
    const verified = verifySignedData(decodeSignedData(read(name)), options)
    assert.ok('signers' in verified)
    assert.equal(verified.signers[0]?.signer.subject, 'CN=Signer')
    assert.equal(verified.signers[0]?.chain.length, 3)
  })

test('a Buffer that was read stays as it was', () => {
  const given = Buffer.from(read('with-attributes.p7'))
  decodeSignedData(given)
  assert.deepEqual(new Uint8Array(given), read('with-attributes.p7'))
})

test('a detached signature holds over its content only, by key identifier too', () => {
  const data = decodeSignedData(read('detached-by-key-identifier.p7'))
  assert.ok('signers' in verifySignedData(data, { ...options, content }))
  const none = verifySignedData(data, options)
  assert.ok('fault' in none && none.fault === 'no-content')
  const other = verifySignedData(data, { ...options, content: toUtf8('what is not') })
  assert.ok('fault' in other && other.fault === 'digest-mismatch')
})

test('without an anchor, without a signer or without his certificate nothing is believed', () => {
  const data = decodeSignedData(read('with-attributes.p7'))
  const fault = (given: Parameters<typeof verifySignedData>) => {
    const found = verifySignedData(...given)
    return 'fault' in found ? found.fault : null
  }
  assert.equal(fault([data, { ...options, anchors: [] }]), 'unknown-issuer')
  assert.equal(fault([{ ...data, signers: [] }, options]), 'no-signer')
  assert.equal(fault([{ ...data, certificates: [] }, options]), 'signer-certificate-missing')
  assert.equal(fault([{ ...data, content: toUtf8('x') }, options]), 'digest-mismatch')
  assert.equal(fault([{ ...data, contentType: '1.2.3' }, options]), 'attributes-mismatch')
})

for (const name of files)
  test(`every truncation of ${name} is malformed, and no changed byte is believed with another content`, () => {
    const bytes = read(name)
    for (let size = 0; size < bytes.length; size++)
      assert.throws(() => decodeSignedData(bytes.subarray(0, size)), MalformedError)
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice()
      changed[at]! ^= 1 + (at % 255)
      let data: ReturnType<typeof decodeSignedData>
      try {
        data = decodeSignedData(changed)
      } catch (e) {
        assert.ok(e instanceof MalformedError, String(e))
        continue
      }
      const verified = verifySignedData(data, options)
      if ('signers' in verified) assert.deepEqual(data.content, content, `byte ${at}`)
    }
  })

test('what is too big, or another content than SignedData, is refused', () => {
  assert.throws(() => decodeSignedData(new Uint8Array((1 << 20) + 1)), /more than 1048576/)
  const enveloped = der(DER.SEQUENCE, derOid('1.2.840.113549.1.7.3'), der(contextTag(0)))
  assert.throws(() => decodeSignedData(enveloped), /contentType: 1\.2\.840\.113549\.1\.7\.3/)
})
