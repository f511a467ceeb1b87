import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Journal, type JournalEntry } from '../../src/vtpm/journal.ts'

const bytes = (value: number) => new Uint8Array(32).fill(value)
const identity = { vm: 'vm', generation: 1, ekName: bytes(1), akName: bytes(2), retiredAkNames: [] }
const entry = (value: number): JournalEntry => ({
  ...{ state: 'running', sha256: '0'.repeat(64), resetCount: value, values: [bytes(value)] },
  ...{ pending: [], identity: identity as never, former: [], starts: [], counting: 0 },
})
const TIMES = 20

async function opened(t: TestContext): Promise<Journal> {
  const folder = mkdtempSync(join(tmpdir(), 'tl-journal-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const journal = await Journal.open(folder)
  await journal.write('vm', entry(1))
  return journal
}

test('an entry written while another is changed stays', async (t) => {
  const journal = await opened(t)
  for (let i = 0; i < TIMES; i++) {
    const changed = journal.recordIssued('vm', bytes(9))
    await Promise.all([changed, journal.write('vm', entry(2))])
    assert.deepEqual(await journal.get('vm'), entry(2))
  }
})

test('an entry of an older program, which wrote down no starts, is read', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-journal-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const journal = await Journal.open(folder)
  await journal.write('vm', entry(1))
  const path = join(folder, 'vm.json')
  const { starts: _, counting: __, ...older } = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify(older))
  assert.deepEqual(await journal.get('vm'), entry(1))
})

test('an entry forgotten while it is changed does not come back', async (t) => {
  const journal = await opened(t)
  for (let i = 0; i < TIMES; i++) {
    await journal.write('vm', entry(1))
    await Promise.all([journal.recordIssued('vm', bytes(9)), journal.forget('vm')])
    assert.equal(await journal.find('vm'), null)
    await assert.rejects(journal.recordIssued('vm', bytes(9)), { code: 'vtpm-journal-missing' })
  }
})
