import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { MalformedError } from '@trusted-launch/codec'
import { Coverage } from './coverage.ts'
import { type Failure, fuzzTarget } from './fuzz-target.ts'
import { excessOf } from './memory.ts'
import { deep, greedy, hoarding, quadratic, slow, wasteful } from './planted.ts'

const planted = { deep, greedy, hoarding, quadratic, slow }

const decoderOf = (decode: (bytes: Uint8Array) => unknown, title = '') => ({
  ...{ place: '', title, decode },
  seeds: [new Uint8Array(16)],
  errors: [MalformedError],
})

/** The first fault, of this kind if any is told, that is found in a planted decoder within so many seconds. */
function found(
  t: TestContext,
  name: keyof typeof planted,
  seconds: number,
  of?: Failure['kind'],
): Failure {
  const folder = mkdtempSync(join(tmpdir(), 'tl-fuzz-'))
  const coverage = new Coverage(/planted\.ts$/)
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  t.after(() => coverage.close())
  const target = { name, decoders: [decoderOf(planted[name], name)] }
  const options = { folder, coverage, trying: () => {} }
  for (let seed = 1; seed <= seconds; seed++) {
    const { failures } = fuzzTarget(target, performance.now() + 1000, { ...options, seed })
    const failure = failures.find(({ kind }) => kind === (of ?? kind))
    if (failure !== undefined) return failure
  }
  return assert.fail(`nothing found in ${name}`)
}

test('a fault behind four comparisons is found by coverage, and its input kept', (t) => {
  const { kind, message, file } = found(t, 'deep', 60)
  assert.equal(kind, 'error')
  assert.match(message, /planted/)
  assert.throws(() => deep(readFileSync(file)), TypeError)
})

test('an input that takes too long is found', (t) => {
  assert.equal(found(t, 'slow', 20).kind, 'slow')
})

test('an input that takes too long only where it says the same thousands of times is found', (t) => {
  const { kind, file } = found(t, 'quadratic', 30)
  assert.equal(kind, 'slow')
  assert.ok(readFileSync(file).length > 2048)
})

test('an input that takes too much memory is found, whether it is kept or dropped', (t) => {
  for (const [name, how] of [
    ['greedy', /allocated/],
    ['hoarding', /held/],
  ] as const) {
    // Where the machine is slow, so is what fills much memory.
    assert.match(found(t, name, 20, 'memory').message, how)
  }
})

test('what is dropped piece by piece is not held', () => {
  assert.equal(excessOf(decoderOf(wasteful), new Uint8Array(16)), null)
})

test('a minute of every decoder ends without a failure', () => {
  const args = [join(import.meta.dirname, 'main.ts'), '--seconds', '60', '--json']
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    // Of functions that come from a cache V8 counts less exactly.
    env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' },
  })
  assert.notEqual(stdout, '', stderr)
  const { failures, targets, inputs } = JSON.parse(stdout)
  assert.deepEqual(failures, [])
  assert.ok(
    targets.length > 100 && inputs > 100_000,
    `${inputs} inputs to ${targets.length} targets`,
  )
})
