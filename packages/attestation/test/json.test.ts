import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedError, toUtf8 } from '@trusted-launch/codec'
import { formatCanonical } from '../src/canonical-json.ts'
import { FINDINGS, type FindingId, findingOf, sortFindings } from '../src/finding-table.ts'
import { parsePolicy, TRUSTED_LAUNCH_POLICY } from '../src/policy.ts'
import { encodeReferenceValues, parseReferenceValues } from '../src/reference-values.ts'
import { tierOfFindings } from '../src/result.ts'
import { formatTime } from '../src/time.ts'
import { cleanBoot, referencesOf, variantOf } from './boot.ts'

test("canonical JSON is RFC 8785's example of numbers, strings and order", () => {
  const value = {
    numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\u0022/",
    literals: [null, true, false],
  }
  assert.equal(
    formatCanonical(value),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  )
  assert.equal(
    formatCanonical({
      '\u20ac': 1,
      '\r': 2,
      '\ufb33': 3,
      '1': 4,
      '\u{1f600}': 5,
      '\u0080': 6,
      '\u00f6': 7,
    }),
    '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\u{1f600}":5,"\ufb33":3}',
  )
})

test('canonical JSON refuses what has no one text', () => {
  assert.throws(() => formatCanonical(Number.NaN), RangeError)
  assert.throws(() => formatCanonical('\ud800'), RangeError)
  assert.equal(formatCanonical({ a: undefined, b: 1 }), '{"b":1}')
})

test('reference values come back as they were written, and nothing else is taken', () => {
  const values = referencesOf(cleanBoot())
  assert.deepEqual(parseReferenceValues(encodeReferenceValues(values)), values)
  const variant = variantOf(cleanBoot())
  const broken: unknown[] = [
    { ...values, version: 1 },
    { ...values, more: 1 },
    { ...values, variants: [] },
    { ...values, variants: [variant, { ...variant, more: 1 }] },
    referencesOf(cleanBoot(), { origins: [] }),
    referencesOf(cleanBoot(), { origins: [{ kind: 'image', name: 'x', sha256: 'AA'.repeat(32) }] }),
    referencesOf(cleanBoot(), { origins: [{ kind: 'log', name: 'x', sha256: null }] }),
    referencesOf(cleanBoot(), { approval: { by: '', at: '2026-11-28T06:00:00Z', why: 'seen' } }),
    referencesOf(cleanBoot(), { approval: { by: 'me', at: 'today', why: 'seen' } }),
    referencesOf(cleanBoot(), { pcrs: { ...variant.pcrs, 24: variant.pcrs['4']! } }),
    referencesOf(cleanBoot(), { pcrs: { ...variant.pcrs, __proto__x: variant.pcrs['4']! } }),
    referencesOf(cleanBoot(), { banks: ['md5'] }),
    referencesOf(cleanBoot(), {
      pcrs: { ...variant.pcrs, 15: { events: [], values: { sha256: '00'.repeat(31) } } },
    }),
    [],
    null,
  ]
  for (const value of broken)
    assert.throws(() => parseReferenceValues(toUtf8(JSON.stringify(value))), MalformedError)
  assert.throws(() => parseReferenceValues(toUtf8('{')), MalformedError)
  assert.throws(() => parseReferenceValues(Uint8Array.of(0xff)), MalformedError)
})

test('a policy with an unknown rule, a mistyped name, or no rule is an error', () => {
  const policy = TRUSTED_LAUNCH_POLICY
  const parse = (value: unknown) => parsePolicy(toUtf8(JSON.stringify(value)))
  assert.deepEqual(parse(policy), policy)
  for (const wrong of [
    { ...policy, rules: {}, claims: [] },
    { ...policy, rules: { 'secure-boot-onn': 'high' } },
    { ...policy, rules: { 'secure-boot-on': 'higher' } },
    { ...policy, rule: {} },
    { ...policy, version: 1 },
    {},
    [],
  ])
    assert.throws(() => parse(wrong), MalformedError)
})

test('the worst finding decides the tier, and comes first', () => {
  const low = findingOf({ id: 'module.untrusted', summary: '' })
  const high = findingOf({ id: 'quote.nonce', summary: '' })
  const info = findingOf({ id: 'quote.unsafe-clock', summary: '' })
  assert.equal(tierOfFindings([]), 'affirming')
  assert.equal(tierOfFindings([info]), 'affirming')
  assert.equal(tierOfFindings([info, low]), 'warning')
  assert.equal(tierOfFindings([info, high, low]), 'contraindicated')
  assert.deepEqual(sortFindings([info, low, high]), [high, low, info])
})

test('every finding has an advice, a component and the number of its check', () => {
  for (const [id, { advice, component, check }] of Object.entries(FINDINGS)) {
    assert.match(id, /^[a-z0-9-]+(\.[a-z0-9-]+)+$/)
    assert.ok(advice.endsWith('.') && component.length > 0 && check >= 1 && check <= 47)
  }
})

test('a finding is told with all of its kind, and with what is particular to it', () => {
  for (const [id, { advice, component, severity, recoverable }] of Object.entries(FINDINGS)) {
    const found = findingOf({ id: id as FindingId, summary: 'It is so.' })
    const at = { pcr: null, events: [], expected: null, actual: null }
    const kind = { id, component, severity, recoverable, advice }
    assert.deepEqual(found, { ...kind, ...at, summary: 'It is so.' })
  }
  const own = { component: 'a module', severity: 'high', pcr: 10, events: [3] } as const
  const told = findingOf({ id: 'module.untrusted', summary: '', ...own })
  for (const [name, value] of Object.entries(own))
    assert.deepEqual(told[name as keyof typeof own], value)
})

test('times are written as ECMAScript writes them, over all their years', () => {
  for (let ms = 0; ms < 253_402_300_800_000; ms += 86_400_000 * 97 + 12_345_678)
    assert.equal(formatTime(ms), new Date(ms).toISOString())
  assert.throws(() => formatTime(-1), RangeError)
})
