import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { test } from 'node:test'
import { CHECK_LIST, FINDINGS } from '@trusted-launch/attestation'
import { checksDocument, testFilesIn, withoutTests } from '../knockout/checks-document.ts'
import { enforcedPlaces } from '../knockout/places.ts'
import { sitesIn, withoutSite } from '../knockout/without-check.ts'

const source = `function verify(a: number) {
  // check 6
  if (a > 1) return 'more'
  // check 7, 8
  faults.push(
    'less',
  )
  // check 6
  if (a > 2) return 'most'
  return [
    // check 9
    ...faultsOf(a),
    ...notesOf(a),
  ]
}
export const rows: readonly Check[] = [
  { number: 6, title: 'one', run: first },
  {
    number: 60,
    title: 'sixty',
    run: second,
  },
  { number: 61, title, run: (log) => { return look(log) } },
]
`

test('a check is enforced by marked statements, by marked elements and by rows', () => {
  assert.deepEqual(sitesIn(source), [
    { checks: [6], line: 3 },
    { checks: [7, 8], line: 5 },
    { checks: [6], line: 9 },
    { checks: [9], line: 12 },
    { checks: [6], line: 17 },
    { checks: [60], line: 19 },
    { checks: [61], line: 23 },
  ])
})

test('each place is taken out alone: a statement is not reached, an element is gone, a row finds nothing', () => {
  const changed = (line: number) => {
    const without = withoutSite(source, line).split('\n')
    const before = source.split('\n')
    assert.equal(without.length, before.length)
    return without.flatMap((text, i) => (text === before[i] ? [] : [`${i + 1} ${text.trim()}`]))
  }
  assert.deepEqual(changed(3), ["3 if (false) if (a > 1) return 'more'"])
  assert.deepEqual(changed(5), ['5 if (false) faults.push('])
  assert.deepEqual(changed(9), ["9 if (false) if (a > 2) return 'most'"])
  assert.deepEqual(changed(12), ['12 //     ...faultsOf(a),'])
  assert.deepEqual(changed(17), ["17 { number: 6, title: 'one', run: () => [], before: first },"])
  assert.deepEqual(changed(19), ['21 run: () => [], before: second,'])
  assert.match(
    changed(23).join(),
    /^23 \{ number: 61, title, run: \(\) => \[\], before: \(log\) => \{/,
  )
})

test('every place can be taken out: what is left reads, and no value is left without one', () => {
  for (const { path, source, line } of enforcedPlaces()) {
    const without = withoutSite(source, line)
    assert.notEqual(without, source, `${path}:${line}`)
    assert.doesNotMatch(source.split('\n')[line - 1]!, /^\s*(return|else|\})/, `${path}:${line}`)
    stripTypeScriptTypes(without)
  }
})

test('every finding is of a check in the list, and every check that is enforced is in it', () => {
  const numbers = new Set(Object.keys(CHECK_LIST).map(Number))
  for (const [id, { check }] of Object.entries(FINDINGS)) assert.ok(numbers.has(check), id)
  for (const { path, line, checks } of enforcedPlaces())
    for (const check of checks) assert.ok(numbers.has(check), `${path}:${line}`)
  assert.equal(numbers.size, 47)
})

test('the document names the tests that fail, place by place, and is read again', () => {
  const source = ''
  const places = [
    { path: 'packages/a.ts', source, checks: [26], line: 3 },
    { path: 'packages/a.ts', source, checks: [28], line: 5 },
    { path: 'packages/b.ts', source, checks: [28, 29], line: 7 },
    { path: 'packages/b.ts', source, checks: [28], line: 9 },
  ]
  const one = { file: 'packages/eventlog/test/a.test.ts', test: 'one | two' }
  const other = { file: 'packages/eventlog/test/b.test.ts', test: 'other (2)' }
  const [a, b, c, d] = places
  const failing = new Map([one, one, other, one].map((test, i) => [places[i]!, test]))
  const text = checksDocument(places, failing)
  const cells = (number: number) => text.match(new RegExp(`^\\| ${number} \\|.*$`, 'm'))![0]
  assert.ok(
    cells(26).endsWith('| `packages/a.ts` | `packages/eventlog/test/a.test.ts`: one \\| two |'),
  )
  assert.ok(
    cells(28).endsWith(
      '| (1) `packages/a.ts` <br> (2, 3) `packages/b.ts` | (1, 3) `packages/eventlog/test/a.test.ts`: one \\| two <br> (2) `packages/eventlog/test/b.test.ts`: other (2) |',
    ),
  )
  assert.ok(cells(27).endsWith('| **nothing** |'))
  const read = testFilesIn(text)
  assert.deepEqual(read.get(26), [one.file])
  assert.deepEqual(read.get(28), [one.file, other.file, one.file])
  assert.deepEqual(read.get(29), [other.file])
  const without = checksDocument(
    places,
    new Map([
      [a!, one],
      [c!, other],
    ]),
  )
  assert.match(without, /^\| 28 \|.*\| \(1, 3\) \*\*nothing\*\* <br> \(2\) `packages/m)
  assert.equal(testFilesIn(without).get(28)?.[1], other.file)
  assert.equal(withoutTests(without), withoutTests(text))
  assert.notEqual(withoutTests(checksDocument([a!, b!, d!], failing)), withoutTests(text))
})

test('docs/checks.md has every check, its findings and where it is enforced', () => {
  const known = readFileSync('docs/checks.md', 'utf8')
  assert.equal(withoutTests(known), withoutTests(checksDocument(enforcedPlaces(), new Map())))
  assert.ok(!known.includes('**nothing**'), 'a place that nothing misses')
})
