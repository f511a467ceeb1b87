import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { continues, extended, UNANSWERED_MAX } from '../../src/vtpm/rollback-index.ts'

const value = randomBytes(32)
const nonces = (count: number) => Array.from({ length: count }, () => randomBytes(32))
const by = (...data: Uint8Array[]) => data.reduce<Uint8Array>(extended, value)

test('an index continues by any of a few unanswered nonces, in order', () => {
  const [a, b, c] = nonces(3) as [Buffer, Buffer, Buffer]
  for (const reached of [[], [a], [b], [a, b], [a, c], [b, c], [a, b, c]])
    assert.ok(continues(value, [a, b, c], by(...reached)))
})

test('an index does not continue out of order, twice by one nonce, or by another', () => {
  const [a, b, c] = nonces(3) as [Buffer, Buffer, Buffer]
  for (const reached of [[b, a], [a, a], [c]]) assert.ok(!continues(value, [a, b], by(...reached)))
  assert.ok(!continues(by(a), [b], value), 'backwards')
})

test('an index continues by any of as many unanswered nonces as there may be', () => {
  const many = nonces(UNANSWERED_MAX)
  assert.ok(continues(value, many, by(...many)))
  assert.ok(continues(value, many, by(many[0]!, many[3]!, many[7]!)))
  assert.ok(!continues(value, many, by(many[7]!, many[3]!)))
})
