import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fromBytes, openFat } from '@trusted-launch/disk'
import { checkSeed, SEED_FILE_BYTES_MAX, writeSeed } from '../src/machine/seed.ts'

const full = (fill: number) => new Uint8Array(SEED_FILE_BYTES_MAX).fill(fill)

test('a seed of three full files is a FAT volume labelled CIDATA that holds them, closed to others', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-seed-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'seed')
  await writeSeed(path, { userData: full(1), metaData: full(2), networkConfig: full(3) })
  const bytes = readFileSync(path)
  assert.equal(bytes.toString('latin1', 43, 54), 'CIDATA     ')
  const fat = openFat(fromBytes(bytes))
  for (const [name, fill] of [
    ['user-data', 1],
    ['meta-data', 2],
    ['network-config', 3],
  ] as const)
    assert.deepEqual(fat.readFile(name), full(fill))
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(folder), ['seed'], 'nothing of it lies beside it')
})

test('a file of a seed over its limit is refused', () => {
  const userData = new Uint8Array(SEED_FILE_BYTES_MAX + 1)
  assert.throws(() => checkSeed({ userData, metaData: new Uint8Array() }), {
    code: 'machine-bad-spec',
  })
})
