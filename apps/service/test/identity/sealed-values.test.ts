import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fromUtf8, toUtf8 } from '@trusted-launch/codec'
import { SealedValues } from '../../src/identity/sealed-values.ts'
import { KEY_PERIOD_MS, signingKeysAt } from '../../src/identity/signing-keys.ts'
import { openStore } from '../../src/store/open.ts'

async function place(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'tl-sealed-'))
  t.after(() => rm(folder, { recursive: true }))
  const store = await openStore({ path: join(folder, 'service.db') })
  t.after(() => store.close())
  return { folder, file: join(folder, 'seal.key'), values: store.values }
}

test('what is sealed is not in the database, and opens with the key of the file, which is its owner’s', async (t) => {
  const { file, values } = await place(t)
  const sealed = await SealedValues.open(file, values)
  await sealed.put('a', toUtf8('something secret'))
  assert.doesNotMatch(Buffer.from((await values.get('a'))!).toString('latin1'), /secret/)
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  const again = await SealedValues.open(file, values)
  assert.equal(fromUtf8((await again.get('a'))!), 'something secret')
  assert.equal(again.derive('x'), sealed.derive('x'))
  assert.notEqual(again.derive('x'), again.derive('y'))
})

test('a database that another key has sealed is not opened, and no new key is made beside it', async (t) => {
  const { folder, file, values } = await place(t)
  await SealedValues.open(file, values)
  const other = join(folder, 'other.key')
  await assert.rejects(SealedValues.open(other, values), { code: 'seal-key-wrong' })
  assert.ok(!existsSync(other))
  await writeFile(other, Buffer.alloc(32, 7))
  await assert.rejects(SealedValues.open(other, values), { code: 'seal-key-wrong' })
})

test('a value opens under its own name only, and not when a bit of it is changed', async (t) => {
  const { file, values } = await place(t)
  const sealed = await SealedValues.open(file, values)
  await sealed.put('a', toUtf8('value'))
  const bytes = (await values.get('a'))!
  await values.put('b', bytes)
  await assert.rejects(sealed.get('b'), { code: 'AEAD_REFUSED' })
  await values.put('a', bytes.with(-1, bytes.at(-1)! ^ 1))
  await assert.rejects(sealed.get('a'), { code: 'AEAD_REFUSED' })
  await values.put('a', toUtf8('short'))
  await assert.rejects(sealed.get('a'))
})

test('a file that holds no key is refused', async (t) => {
  const { file, values } = await place(t)
  for (const bad of [new Uint8Array(31), new Uint8Array(33)]) {
    await writeFile(file, bad)
    await assert.rejects(SealedValues.open(file, values))
  }
})

test('services that start at the same moment sign with one key', async (t) => {
  const { file, values } = await place(t)
  const sealed = await SealedValues.open(file, values)
  const now = 100 * KEY_PERIOD_MS
  const all = await Promise.all(Array.from({ length: 8 }, () => signingKeysAt(sealed, now)))
  assert.equal(new Set(all.map(({ keys }) => keys[0]!.kid)).size, 1)
})

test('keys of two periods verify, and one signs; older ones are gone from sight', async (t) => {
  const { file, values } = await place(t)
  const sealed = await SealedValues.open(file, values)
  const at = async (period: number) =>
    (await signingKeysAt(sealed, period * KEY_PERIOD_MS)).keys.map(({ kid }) => kid)
  const [one] = await at(7)
  const [two, ...beforeTwo] = await at(8)
  assert.deepEqual(beforeTwo, [one])
  const [three, ...beforeThree] = await at(9)
  assert.deepEqual(beforeThree, [two])
  assert.equal(new Set([one, two, three]).size, 3)
})
