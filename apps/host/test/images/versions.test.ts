import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Image, imageFolder, imageOf } from '../../src/images/image.ts'
import { freeVersion, keepVersion, keptImage, keptVersions } from '../../src/images/versions.ts'

function cacheOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'versions-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** An image as it lies in the folder of images. */
function anImage(cache: string, first: string, built: string): Image {
  const sha256 = first.repeat(64)
  const folder = imageFolder(cache, 'one', sha256)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'disk.raw'), first)
  writeFileSync(join(folder, 'image.json'), JSON.stringify({ built }))
  return { name: 'one', sha256, path: join(folder, 'disk.raw'), format: 'raw' }
}

test('an image is of the day it was built on, keeps its version, and is found by it', async (t) => {
  const cache = cacheOf(t)
  assert.deepEqual(keptVersions(cache, 'one'), [])
  const old = anImage(cache, 'a', '2026-09-30T23:59:59.000Z')
  const later = anImage(cache, 'b', '2026-11-28T00:00:00.000Z')
  assert.equal(await keepVersion(cache, later), '2026.11.28')
  assert.equal(await keepVersion(cache, old), '2026.09.30')
  assert.equal(await keepVersion(cache, old), '2026.09.30')
  assert.deepEqual(keptVersions(cache, 'one'), ['2026.09.30', '2026.11.28'])
  assert.deepEqual(keptImage(cache, 'one', '2026.09.30'), old)
  assert.deepEqual(keptVersions(cache, 'other'), [])
  for (const version of ['2026.11.29', '../one/2026.11.28', ''])
    assert.equal(keptImage(cache, 'one', version), null)
  rmSync(dirname(old.path), { recursive: true })
  assert.equal(keptImage(cache, 'one', '2026.09.30'), null)
})

test('two images of one day have a version each, in their order', async (t) => {
  const cache = cacheOf(t)
  for (let n = 0; n < 12; n++)
    await keepVersion(cache, anImage(cache, n.toString(16), '2026-11-28T10:00:00.000Z'))
  const kept = keptVersions(cache, 'one')
  assert.deepEqual(
    [kept.at(0), kept.at(1), kept.at(-1)],
    ['2026.11.28', '2026.11.28.2', '2026.11.28.12'],
  )
  assert.equal(keptImage(cache, 'one', '2026.11.28.12')!.sha256, 'b'.repeat(64))
  assert.equal(freeVersion(new Date('2026-11-28T12:00:00Z'), kept), '2026.11.28.13')
  assert.equal(freeVersion(new Date('2026-11-29T12:00:00Z'), kept), '2026.11.29')
})

test('an image says when it was built; of one that does not, its folder does', async (t) => {
  const cache = cacheOf(t)
  const image = await imageOf(
    {
      ...{ name: 'one', format: 'raw', inputs: {} },
      async build(path) {
        writeFileSync(path, 'an image')
        return {}
      },
    },
    cache,
  )
  const facts = join(dirname(image.path), 'image.json')
  const { built, ...rest } = JSON.parse(readFileSync(facts, 'utf8'))
  const version = await keepVersion(cache, image)
  assert.equal(version, built.slice(0, 10).replaceAll('-', '.'))
  assert.ok(Math.abs(Date.parse(built) - Date.now()) < 60_000)
  rmSync(join(cache, 'images/versions'), { recursive: true })
  writeFileSync(facts, JSON.stringify(rest))
  assert.match(await keepVersion(cache, image), /^20\d\d\.\d\d\.\d\d$/)
})
