import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expressionIn } from '../src/expression.ts'
import { EXPRESSION_MAX, TemplateError } from '../src/index.ts'
import { value } from './a-template.ts'

test('a text is an expression in brackets, and `[[` stands for one that is none', () => {
  assert.equal(value('plain'), 'plain')
  assert.equal(value('[[not(true())]'), '[not(true())]')
  assert.equal(value('[open'), '[open')
  assert.equal(value("[concat('it''s', ' ', '')]"), "it's ")
  assert.equal(value("[ createObject( 'a' , createArray ( -1 ) ) . A [ 0 ] ]"), -1)
  assert.equal(
    value("[PARAMETERS('A')['b'].c[parameters('i')]]", { a: { B: { c: [5, 6] } }, i: 1 }),
    6,
  )
})

test('what is no expression of the language is refused where it goes wrong', () => {
  const wrong = [
    "[concat('a')b]",
    '[a]',
    '[a.b.c()]',
    "[a('b]",
    '[a(,)]',
    '[]',
    '[a(1,)]',
    '[1.5]',
    '[a()[]]',
    '[{}]',
    '[99999999999999999999]',
  ]
  for (const text of wrong) assert.throws(() => expressionIn(text), TemplateError, text)
})

test("every beginning of an expression is one, plain text, or refused with the language's own error", () => {
  const whole = "[concat(parameters('a').b['c'], variables('d')[0], 'it''s', -12, f.g(true()))]"
  for (let length = 0; length <= whole.length; length++) {
    const part = `${whole.slice(0, length)}]`
    try {
      expressionIn(part)
    } catch (error) {
      assert.ok(error instanceof TemplateError, part)
    }
  }
})

test('length and depth have limits', () => {
  const long = `[concat('${'a'.repeat(EXPRESSION_MAX - 12)}')]`
  assert.equal(long.length, EXPRESSION_MAX)
  assert.equal(String(value(long)).length, EXPRESSION_MAX - 12)
  assert.throws(() => value(`${long.slice(0, -3)}a')]`), { code: 'JobSizeExceeded' })
  const deep = (levels: number) => `[${'not('.repeat(levels)}true()${')'.repeat(levels)}]`
  assert.equal(value(deep(90)), true)
  assert.throws(() => value(deep(200)), { code: 'JobSizeExceeded' })
  assert.throws(() => value(`[createObject()${'.a'.repeat(200)}]`), { code: 'JobSizeExceeded' })
})
