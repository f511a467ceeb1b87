import assert from 'node:assert/strict'
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { encodeReferenceValues } from '@trusted-launch/attestation'
import { predict } from '@trusted-launch/bootchain'
import { findFirmware, makeVariableStore, openDiskFile } from '@trusted-launch/host'
import { keysFor } from '../../src/catalogue/secure-boot-templates.ts'
import { foretell, Unforetold } from '../../src/driver/foretell.ts'

const [small] = globSync(join(import.meta.dirname, '../../../../.cache/images/small-*/disk.raw'))
const skip = small === undefined && 'no image built yet: npm run setup builds it'
const { signal } = new AbortController()

async function aWork(path: string) {
  const variables = await makeVariableStore(findFirmware(), keysFor('Linux'), true)
  const image = { name: 'small', sha256: 'a'.repeat(64) }
  return {
    ...{ file: { path, format: 'raw' as const }, image, variables },
    ...{ banks: ['sha256'] as const, firmware: null, modules: null },
  }
}

function aFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'foretell-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'disk.raw')
  writeFileSync(file, new Uint8Array(1 << 20))
  return file
}

test('what is foretold in a thread is what is foretold here, and others go on meanwhile', {
  skip,
}, async () => {
  const { file, ...input } = await aWork(small!)
  const disk = openDiskFile(file.path, file.format)
  const here = encodeReferenceValues({ version: 2, variants: [predict({ ...input, disk })] })
  disk.close()
  let turns = 0
  const turning = setInterval(() => turns++, 5)
  const there = await foretell({ file, ...input }, signal)
  clearInterval(turning)
  assert.deepEqual(there, new Uint8Array(here))
  assert.ok(turns > 5, `${turns} turns`)
})

test('a disk that nothing can be foretold of says so, and one that nobody waits for any more ends', async (t) => {
  const work = await aWork(aFile(t))
  await assert.rejects(foretell(work, signal), Unforetold)
  const reason = new Error('nobody waits')
  await assert.rejects(foretell(work, AbortSignal.abort(reason)), reason)
})
