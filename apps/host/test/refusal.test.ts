import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { fromBytes } from '@trusted-launch/disk'
import { boundedDisk } from '../src/machine/bounded-disk.ts'
import { whetherRefused } from '../src/machine/refusal.ts'

test('of a disk no more is read than may be', () => {
  const disk = boundedDisk(fromBytes(new Uint8Array(4096)), 1024)
  disk.readAt(0, 512)
  assert.throws(() => disk.readAt(0, 513), { name: 'MalformedError' })
  assert.equal(disk.readAt(3584, 512).length, 512)
  assert.throws(() => disk.readAt(0, 1), { name: 'MalformedError' })
})

test('disks are looked at one at a time, and one that cannot be read holds up no other', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-refusal-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'disk')
  writeFileSync(path, new Uint8Array(1 << 16))
  const variables = new Uint8Array(0)
  const question = { component: 'kernel' as const, variables }
  let working = 0
  let most = 0
  const begun = (worker: Worker) => {
    most = Math.max(most, ++working)
    worker.once('exit', () => working--)
  }
  process.on('worker', begun)
  t.after(() => process.off('worker', begun))
  const asked = [path, join(folder, 'none'), path, path].map((each) =>
    whetherRefused({ ...question, disk: { path: each, format: 'raw' } }),
  )
  assert.deepEqual(await Promise.all(asked), [null, null, null, null])
  assert.equal(most, 1)
})
