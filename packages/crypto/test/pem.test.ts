import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fromLatin1 } from '@trusted-launch/codec'
import { decodePem, formatPem } from '@trusted-launch/crypto'

const der = Uint8Array.from(readFileSync(join(import.meta.dirname, '../testdata/leaf.der')))

test('a block is written as the library writes it, and reads back', () => {
  const text = formatPem({ label: 'CERTIFICATE', der })
  assert.equal(text, new X509Certificate(der).toString())
  assert.deepEqual(decodePem(fromLatin1(text)), [{ label: 'CERTIFICATE', der }])
})

test('a block of whole lines, of less than one and of nothing reads back', () => {
  for (const size of [0, 1, 47, 48, 49, 96]) {
    const bytes = Uint8Array.from(createHash('sha512').update(der).digest()).subarray(0, size)
    const [block] = decodePem(fromLatin1(formatPem({ label: 'DATA', der: bytes })))
    assert.deepEqual(Uint8Array.from(block!.der), Uint8Array.from(bytes))
  }
})
