import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clausesOf } from '../../src/http/filter.ts'

test('a filter is conditions joined by and; a doubled quote is one', () => {
  assert.deepEqual(clausesOf("Name eq 'it''s' and atScope() AND assignedTo('x')"), [
    { name: 'name', verb: 'eq', value: "it's" },
    { name: 'atscope', verb: '()', value: '' },
    { name: 'assignedto', verb: '()', value: 'x' },
  ])
  assert.deepEqual(clausesOf("t ge 2026-11-28T11:28:41.18 and t le '2026'"), [
    { name: 't', verb: 'ge', value: '2026-11-28T11:28:41.18' },
    { name: 't', verb: 'le', value: '2026' },
  ])
  assert.deepEqual([clausesOf(undefined), clausesOf(' ')], [[], []])
})

test('what is anything else is none, at once, however long', () => {
  const long = `${"a eq 'b' and ".repeat(300)}x`
  for (const text of [
    "a ne 'b'",
    'a eq b',
    "a eq 'b",
    "a eq 'b' or c eq 'd'",
    "a eq 'b' and",
    'and',
    'f(',
    long,
    "'".repeat(4000),
    'x'.repeat(5000),
  ])
    assert.equal(clausesOf(text), null, text.slice(0, 40))
})
