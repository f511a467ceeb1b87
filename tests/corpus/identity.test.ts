import assert from 'node:assert/strict'
import test from 'node:test'
import { authority, endorsement, keyCertificate } from './certificates.ts'
import { type Entry, manifest, type Row, skipWithoutCorpus as skip } from './manifest.ts'
import { creations, quotes } from './signatures.ts'

/** What is done with a file, by its kind in the manifest. A kind more is a row more. */
const KINDS: Readonly<Record<string, (entry: Entry) => readonly Row[]>> = {
  'ca-cert': authority,
  'ak-cert': keyCertificate,
  'ek-cert': endorsement,
  'ak-creation': creations,
  'tpm-quote': quotes,
}

test('every certificate, creation and quote of the corpus ends as is known of it', {
  skip,
}, (t) => {
  const rows = manifest().flatMap((entry) => KINDS[entry.kind]?.(entry) ?? [])
  for (const { right, file, expected, got } of rows)
    t.diagnostic([right ? ' ' : '!', file, expected, got].join('  '))
  const wrong = rows.filter(({ right }) => !right)
  t.diagnostic(`${rows.length} rows, ${wrong.length} wrong`)
  assert.ok(rows.length > 50, `${rows.length} rows`)
  assert.deepEqual(wrong, [])
})
