import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CHECK_LIST, FINDINGS } from '@trusted-launch/attestation'
import { checksDocument, testFilesIn, withoutTests } from '../knockout/checks-document.ts'
import { enforcedIn, withoutCheck } from '../knockout/without-check.ts'

const source = `function verify(a: number) {
  // check 6
  if (a > 1) return 'more'
  // check 7, 8
  faults.push(
    'less',
  )
  if (a > 2) return 'never skipped'
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

test('a check is enforced by marked statements and by rows', () => {
  assert.deepEqual(enforcedIn(source), [
    { check: 6, line: 3 },
    { check: 7, line: 5 },
    { check: 8, line: 5 },
    { check: 6, line: 11 },
    { check: 60, line: 13 },
    { check: 61, line: 17 },
  ])
})

test('without a check its statements are not reached and its rows find nothing', () => {
  const six = withoutCheck(source, 6)
  assert.match(six, /^ {2}if \(false\) if \(a > 1\)/m)
  assert.match(six, /title: 'one', run: \(\) => \[\], before: first \}/)
  assert.match(six, /run: second/)
  assert.match(withoutCheck(source, 8), /^ {2}if \(false\) faults\.push\(/m)
  assert.match(withoutCheck(source, 60), /run: \(\) => \[\]/)
  assert.match(withoutCheck(source, 61), /run: \(\) => \[\], before: \(log\) => \{/)
  assert.equal(withoutCheck(source, 9), source)
  assert.equal(six.split('\n').length, source.split('\n').length)
})

test('every finding is of a check in the list, and every check that is enforced is in it', () => {
  const numbers = new Set(Object.keys(CHECK_LIST).map(Number))
  for (const [id, { check }] of Object.entries(FINDINGS)) assert.ok(numbers.has(check), id)
  for (const path of globSync('packages/*/src/**/*.ts'))
    for (const { check, line } of enforcedIn(readFileSync(path, 'utf8')))
      assert.ok(numbers.has(check), `${path}:${line}`)
  assert.equal(numbers.size, 47)
})

test('the document names the test that fails, and is read again', () => {
  const failing = new Map([[26, { file: 'packages/eventlog/test/a.test.ts', test: 'one | two' }]])
  const text = checksDocument(
    [{ path: 'packages/a.ts', enforced: [{ check: 26, line: 3 }] }],
    failing,
  )
  assert.match(
    text,
    /^\| 26 \|.*`packages\/a\.ts` \| `packages\/eventlog\/test\/a\.test\.ts`: one \\\| two \|$/m,
  )
  assert.match(text, /^\| 27 \|.*\*\*nothing\*\* \|$/m)
  assert.deepEqual([...testFilesIn(text)], [[26, 'packages/eventlog/test/a.test.ts']])
})

test('docs/checks.md has every check, its findings and where it is enforced', () => {
  const files = globSync('packages/*/src/**/*.ts')
    .sort()
    .map((path) => ({ path, enforced: enforcedIn(readFileSync(path, 'utf8')) }))
  const known = readFileSync('docs/checks.md', 'utf8')
  assert.equal(withoutTests(known), withoutTests(checksDocument(files, new Map())))
  assert.ok(!known.includes('**nothing**'), 'a check that nothing misses')
})
