import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sourcesIn } from '../../src/images/debian-archive.ts'
import { imageOf, type Recipe } from '../../src/images/image.ts'
import type { Step } from '../../src/images/step.ts'
import { runTool } from '../../src/images/tool.ts'

function cacheOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'image-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function recipe(change: Partial<Recipe> = {}): Recipe {
  return {
    name: 'one',
    format: 'raw',
    inputs: { from: 'something' },
    async build(path) {
      writeFileSync(path, 'an image')
      return {}
    },
    ...change,
  }
}

/** What is in the folder of images besides its locks and its index. */
const imagesIn = (cache: string) =>
  readdirSync(join(cache, 'images')).filter((name) => name !== 'made' && !name.endsWith('.lock'))

test('two builds at once make one image, and the second says what it waits for', async (t) => {
  const cache = cacheOf(t)
  let built = 0
  const slow = recipe({
    async build(path) {
      built++
      await sleep(300)
      writeFileSync(path, 'an image')
      return {}
    },
  })
  const told: string[] = []
  const first = imageOf(slow, cache)
  await sleep(100)
  const step: Step = (title, work) => {
    told.push(title)
    return work()
  }
  const second = await imageOf(slow, cache, { step })
  assert.deepEqual(second, await first)
  assert.equal(built, 1)
  assert.deepEqual(told, ['waiting for another build'])
})

test('a build that is ended, or waits for another, ends within its step, kills its program and leaves nothing', async (t) => {
  const cache = cacheOf(t)
  const ended = new AbortController()
  const began = Promise.withResolvers<string>()
  const endless = recipe({
    async build(path, { folder, lock, signal }) {
      writeFileSync(path, 'half of it')
      began.resolve(folder)
      await runTool('sleep', ['1000'], { lock, signal: signal! })
      return {}
    },
  })
  const first = imageOf(endless, cache, { signal: ended.signal })
  await began.promise
  const waits = AbortSignal.timeout(200)
  await assert.rejects(imageOf(recipe(), cache, { signal: waits }), { name: 'TimeoutError' })
  ended.abort(new Error('nobody wants it'))
  await assert.rejects(first, /nobody wants it/)
  assert.deepEqual(imagesIn(cache), [])
  // Nobody holds the lock any more, be it the program.
  const { path } = await imageOf(recipe(), cache)
  assert.ok(existsSync(path))
  const late = imageOf(recipe({ name: 'two' }), cache, { signal: ended.signal })
  await assert.rejects(late, /nobody wants it/)
})

test('a build that fails leaves nothing, and what a killed one left goes with the next', async (t) => {
  const cache = cacheOf(t)
  const fails = recipe({
    async build(path, { folder }) {
      writeFileSync(path, 'half')
      writeFileSync(join(folder, 'scratch'), 'scratch')
      throw new Error('no more room')
    },
  })
  await assert.rejects(imageOf(fails, cache), /no more room/)
  assert.deepEqual(imagesIn(cache), [])
  mkdirSync(join(cache, 'images/.part-one-0123456789abcdef/image'), { recursive: true })
  mkdirSync(join(cache, 'images/.part-other-0123456789abcdef'))
  const { path } = await imageOf(recipe(), cache)
  assert.ok(existsSync(path))
  assert.equal(imagesIn(cache).length, 2, 'the image, and what is another build’s')
  assert.ok(!existsSync(join(cache, 'images/.part-one-0123456789abcdef')))
})

test('a tool that outlives its killed builder keeps the next build out until it ends', async (t) => {
  const cache = cacheOf(t)
  const source = new URL('../../src/images/', import.meta.url)
  const code = `
    import { imageOf } from '${source}image.ts'
    import { runTool } from '${source}tool.ts'
    const build = async (path, { lock }) => {
      console.log('building')
      await runTool('sh', ['-c', 'sleep 1; touch ${cache}/outlived'], { lock })
    }
    await imageOf({ name: 'one', format: 'raw', inputs: {}, build }, '${cache}')`
  const builder = spawn(process.execPath, ['--input-type=module', '-e', code])
  await once(builder.stdout, 'data')
  await sleep(200)
  builder.kill('SIGKILL')
  await imageOf(recipe(), cache)
  assert.ok(existsSync(join(cache, 'outlived')))
  assert.equal(imagesIn(cache).length, 1)
})

test('Debian 12 comes from the mirror that the machine uses for Debian 12, or from Debian’s own', () => {
  const targets = `http://mirror.example/debian/ bookworm main
http://mirror.example/debian/ bookworm contrib
http://mirror.example/debian/ bookworm main
http://mirror.example/security/ bookworm-security main
http://elsewhere.example/ nodistro main
`
  assert.deepEqual(sourcesIn(targets, 'bookworm'), [
    'deb http://mirror.example/debian/ bookworm main',
    'deb http://mirror.example/security/ bookworm-security main',
  ])
  assert.deepEqual(sourcesIn('http://mirror.example/debian/ trixie main\n', 'bookworm'), [])
  assert.deepEqual(sourcesIn('', 'bookworm'), [])
})
