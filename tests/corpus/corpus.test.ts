import assert from 'node:assert/strict'
import test from 'node:test'
import { judge, notJudged, otherKinds } from './kinds.ts'
import { manifest, type Row, skipWithoutCorpus as skip } from './manifest.ts'

test('every log, quote, certificate and IMA list of the corpus ends as is known of it', {
  skip,
}, (t) => {
  const entries = manifest()
  const rows = judge(entries)
  for (const line of tableOf(rows)) t.diagnostic(line)
  const wrong = rows.filter(({ right }) => !right)
  const left = notJudged(entries, rows)
  for (const file of left) t.diagnostic(`not judged: ${file}`)
  t.diagnostic(`not of these kinds: ${otherKinds(entries, rows)}`)
  t.diagnostic(`${rows.length} rows, ${wrong.length} wrong, ${left.length} files not judged`)
  assert.ok(rows.length > 250, `${rows.length} rows`)
  assert.deepEqual(
    wrong.map(({ file, expected, got }) => `${file}: ${expected}; ${got}`),
    [],
  )
  assert.deepEqual(left, [])
})

function tableOf(rows: readonly Row[]): string[] {
  const width = (cells: readonly string[]) => Math.max(...cells.map(({ length }) => length))
  const file = width(rows.map((row) => row.file))
  const expected = width(rows.map((row) => row.expected))
  return rows.map((row) =>
    [row.right ? ' ' : '!', row.file.padEnd(file), row.expected.padEnd(expected), row.got].join(
      '  ',
    ),
  )
}
