import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromHex, toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import type { RollbackState } from '../src/expectation.ts'
import { continueByStarts, isReverted } from '../src/memory/host-starts.ts'

const name = (text: string) => toHex(digest('sha256', new TextEncoder().encode(text)))
const extended = (value: string, by: string) => toHex(digest('sha256', fromHex(value), fromHex(by)))
const stateOf = (value: string | null, ...unanswered: string[]): RollbackState => ({
  ...{ indexName: '00', value, unanswered, resetCount: 3 },
})
const [v, stamp, n, m] = ['value', 'stamp', 'n', 'm'].map(name) as [string, string, string, string]
const start = (before: string, by = stamp) => ({ before, after: extended(before, by) })

test('after a start the index is expected to hold what its host extended it to', () => {
  const first = start(v)
  const second = start(first.after)
  const expected = { ...stateOf(v), value: second.after }
  assert.deepEqual(continueByStarts(stateOf(v), [first, second]), expected)
  assert.deepEqual(continueByStarts(stateOf(first.after), [first, second]), expected)
})

test('a start goes on from any choice of the nonces that were not answered, in their order', () => {
  for (const reached of [v, extended(v, n), extended(v, m), extended(extended(v, n), m)]) {
    const { value, unanswered } = continueByStarts(stateOf(v, n, m), [start(reached)])
    assert.deepEqual([value, unanswered], [start(reached).after, []])
  }
  const other = extended(extended(v, m), n)
  assert.deepEqual(continueByStarts(stateOf(v, n, m), [start(other)]), stateOf(v, n, m))
})

test('a start from an older value changes nothing, so that the next evidence tells of it', () => {
  const newer = extended(v, n)
  assert.deepEqual(continueByStarts(stateOf(newer), [start(v)]), stateOf(newer))
})

test('without a start, and with one that is known already, the state is as it was', () => {
  const begun = stateOf(extended(start(v).after, n), m)
  assert.deepEqual(continueByStarts(begun, [start(v)]), begun)
  assert.deepEqual(continueByStarts(begun, []), begun)
  assert.deepEqual(continueByStarts(stateOf(null), [start(v)]), stateOf(null))
})

test('over what a host put back on purpose the index goes on, and counters begin anew; what went before that is no such thing', () => {
  const first = start(v)
  const back = { before: extended(first.after, n), after: name('an earlier value'), reverted: true }
  const next = start(back.after)
  const steps = [first, back, next]
  for (const state of [stateOf(v), stateOf(first.after, n), stateOf(extended(first.after, n))]) {
    const expected = { ...stateOf(next.after), resetCount: null }
    assert.deepEqual([continueByStarts(state, steps), isReverted(state, steps)], [expected, true])
  }
  for (const state of [stateOf(back.after), stateOf(next.after), stateOf(null)])
    assert.equal(isReverted(state, steps), false)
  assert.equal(isReverted(stateOf(v), [first]), false)
})
