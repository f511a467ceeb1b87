import assert from 'node:assert/strict'
import test from 'node:test'
import { confidentialLog, derivedLog, malformed, readable, realLog } from './logs.ts'
import { type Entry, manifest, type Row, skipWithoutCorpus as skip } from './manifest.ts'

/** What is done with a file, by its kind in the manifest. A kind more is a row more. */
const KINDS: Readonly<Record<string, (entry: Entry) => readonly Row[]>> = {
  'tcg-eventlog': realLog,
  'cc-eventlog': confidentialLog,
  malformed,
  'malformed-ish': readable,
  'attack-derived': derivedLog,
}

test('every file of the corpus that we can read ends as is known of it', { skip }, (t) => {
  const rows = manifest().flatMap((entry) => KINDS[entry.kind]?.(entry) ?? [])
  for (const line of tableOf(rows)) t.diagnostic(line)
  const wrong = rows.filter(({ right }) => !right)
  t.diagnostic(`${rows.length} rows, ${wrong.length} wrong`)
  assert.ok(rows.length > 100, `${rows.length} rows`)
  assert.deepEqual(
    wrong.map(({ file, expected, got }) => `${file}: ${expected}; ${got}`),
    [],
  )
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
