import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kept } from '../../src/workers/kept.ts'

test('the same bytes are read once, others by themselves, and what is unused for longest is read again', () => {
  const read: string[] = []
  const of = kept((...bytes) => {
    read.push(bytes.map(String).join('|'))
    return { bytes }
  })
  const one = of([Uint8Array.of(1), Uint8Array.of(2)])
  assert.equal(of([Uint8Array.of(1), Uint8Array.of(2)]), one)
  assert.notEqual(of([Uint8Array.of(1, 2)]), one)
  for (let i = 0; i < 31; i++) of([Uint8Array.of(3, i)])
  assert.equal(read.length, 33)
  assert.notEqual(of([Uint8Array.of(1), Uint8Array.of(2)]), one)
  assert.equal(read.length, 34)
})
