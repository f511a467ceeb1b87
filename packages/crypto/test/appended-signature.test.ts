import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { MalformedError, toUtf8 } from '@trusted-launch/codec'
import { decodeAppendedSignature } from '@trusted-launch/crypto'
import { appended } from './a-module.ts'

const p7 = Uint8Array.from(
  readFileSync(join(import.meta.dirname, '../testdata/detached-by-key-identifier.p7')),
)
const content = toUtf8('a module')

test('a signature behind a module is parted from it, and names who made it', () => {
  const found = decodeAppendedSignature(appended(content, p7))!
  assert.deepEqual(found.content, content)
  assert.deepEqual(Object.keys(found.signedData.signers[0]!.identifier), ['subjectKeyIdentifier'])
})

test('a file without is null, and so is one whose signature is not at its end', () => {
  assert.equal(decodeAppendedSignature(content), null)
  assert.equal(decodeAppendedSignature(new Uint8Array()), null)
  assert.equal(decodeAppendedSignature(Uint8Array.of(...appended(content, p7), 0)), null)
})

test('what the kernel refuses is malformed: another kind, a length too long, no PKCS #7, fields that are none', () => {
  const whole = appended(content, p7)
  const at = whole.length - 28 - 12
  const changed = (offset: number, value: number) => {
    const copy = whole.slice()
    copy[at + offset] = value
    return copy
  }
  for (const bytes of [
    appended(content, p7, 1),
    appended(content, content),
    changed(8, 0x7f),
    changed(11, 0),
    changed(0, 1),
    changed(5, 1),
    whole.subarray(at + 4),
  ])
    assert.throws(() => decodeAppendedSignature(bytes), MalformedError)
})
