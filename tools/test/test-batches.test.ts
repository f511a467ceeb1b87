import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchesOf } from '../test-batches.ts'

test('small files of a folder share a process, and what is the process’s own has one', () => {
  const texts: Record<string, string> = {
    'apps/cli/test/a.test.ts': '',
    'apps/cli/test/b.test.ts': "process.chdir('/')",
    'apps/cli/test/c.test.ts': '',
    'apps/host/test/a.test.ts': '',
    'apps/host/test/b.test.ts': '',
    'packages/tpm2/test/a.test.ts': '',
    'packages/tpm2/test/b.test.ts': 't.assert.snapshot(1)',
    'packages/tpm2/test/c.test.ts': 'after(() => {})',
    'tests/e2e/a.e2e.ts': '',
  }
  assert.deepEqual(
    batchesOf(Object.keys(texts), (file) => texts[file]!),
    [
      ['apps/cli/test/a.test.ts', 'apps/cli/test/c.test.ts'],
      ['apps/cli/test/b.test.ts'],
      ['apps/host/test/a.test.ts'],
      ['apps/host/test/b.test.ts'],
      ['packages/tpm2/test/a.test.ts'],
      ['packages/tpm2/test/b.test.ts'],
      ['packages/tpm2/test/c.test.ts'],
      ['tests/e2e/a.e2e.ts'],
    ],
  )
})

test('no process has more than ten files, and every file has one', () => {
  const files = Array.from({ length: 25 }, (_, i) => `apps/service/test/${i}.test.ts`)
  const batches = batchesOf(files, () => '')
  assert.deepEqual(
    batches.map(({ length }) => length),
    [10, 10, 5],
  )
  assert.deepEqual(batches.flat(), files)
})
