import assert from 'node:assert/strict'
import { test } from 'node:test'
import { strictJson } from '../../src/http/strict-json.ts'
import { plainJson } from '../../src/http/template-json.ts'

const read = (text: string) => strictJson(Buffer.from(text), plainJson)

test('a template may have comments, texts over lines, and a name without quotes as az sends it', () => {
  const sent =
    '{"properties": {"mode": "Incremental", template:{ // one\r\n "a": "x // no\ty\r\n z", /* two\n*/ "b": ["c:", true, null, 1e2]}}}'
  const template = { a: 'x // no\ty\r\n z', b: ['c:', true, null, 100] }
  assert.deepEqual(read(sent), { properties: { mode: 'Incremental', template } })
  assert.deepEqual(read('{a:/**/1,\n$b_2 :true}'), { a: 1, $b_2: true })
  assert.deepEqual(read('{"a\\"b": "\\\\"}'), { 'a"b': '\\' })
})

test('plain JSON says the same', () => {
  const value = { 'a:b': ['é𝄞', '//', '/* */', { true: null }], n: -1.5e-3, '': '\\"\n' }
  for (const spaces of [0, 2]) assert.deepEqual(read(JSON.stringify(value, null, spaces)), value)
})

test('half a character is refused in a text and in a name, a whole one that is escaped is not', () => {
  for (const text of ['["\\ud800"]', '{"a\\uDC00b":1}', '{"a":{"b":["x\\udfff\\ud800"]}}'])
    assert.throws(() => read(text), { name: 'ArmError', message: /half a character/ }, text)
  assert.deepEqual(read('{"\\ud83d\\ude00":"\\\\ud800"}'), { '😀': '\\ud800' })
  assert.throws(() => read('{"\\ud83d\\ude00":1,"😀":2}'), { name: 'ArmError', message: /twice/ })
})

test('what is neither is refused, a name twice too, in a time that goes by the length', () => {
  const wrong = [
    '{a}',
    '{a:b}',
    '{"a": 1,}',
    '{a:1,"a":2}',
    '{__proto__:1}',
    '{"a": "b',
    '/*',
    '{} /',
    "{'a':1}",
    '{a:1}}',
  ]
  for (const text of wrong) assert.throws(() => read(text), { name: 'ArmError' }, text)
  const begun = performance.now()
  for (const part of ['"\\', '/*', '/', '"', 'a:', '{"a":', ' \n', '//'])
    assert.throws(() => read(part.repeat(4_000_000 / part.length)), { name: 'ArmError' })
  assert.ok(performance.now() - begun < 60_000)
})
