import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'

const HEAP_MB_MAX = 64

test('a long list is held against a hundred variants in the memory of one', async () => {
  const worker = new Worker(new URL('many-variants.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
  })
  const [findings] = await once(worker, 'message')
  assert.ok(findings > 0)
})
