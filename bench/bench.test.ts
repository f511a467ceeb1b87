import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { importsOf } from '../tools/rooms.ts'
import { benchmarks } from './benchmarks.ts'
import { documentOf } from './document.ts'
import { against, measured } from './row.ts'
import { median, percentile } from './statistics.ts'
import { formatTable } from './table.ts'

const names = [
  'boot',
  'vtpm',
  'agent',
  'appraise',
  'growth',
  'store',
  'kills',
  'monitoring',
  'fleet',
  'api',
  'portal',
]

function bench(...args: string[]) {
  const program = join(import.meta.dirname, 'main.ts')
  return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })
}

test('alone it lists the benchmarks; of an unknown name it says so and ends with 2', () => {
  const listed = bench()
  assert.equal(listed.status, 0)
  assert.deepEqual(
    listed.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]),
    names,
  )
  assert.equal(bench('--help').stdout, listed.stdout)
  assert.match(bench('nothing').stderr, /^no benchmark is called nothing$/m)
  for (const args of [
    ['nothing'],
    ['boot', 'vtpm'],
    ['--json'],
    ['toString'],
    ['boot', '--rounds', '3'],
    ['kills', '--rounds', 'many'],
  ]) {
    const refused = bench(...args)
    assert.equal(refused.status, 2, args.join(' '))
    assert.equal(refused.stdout, '')
    for (const name of names) assert.match(refused.stderr, new RegExp(`^${name} `, 'm'))
  }
})

test('a document has its machine, and rows whose goal is of the ratio where there is one', async () => {
  const yardstick = measured('theirs', 400, 'ms')
  const rows = [
    yardstick,
    measured('ours', 121.23456, 'ms', 120),
    against(yardstick, 'ours against theirs', 100, 0.25),
    against(yardstick, 'ours besides', 100),
  ]
  const document = await documentOf('own', { measures: '', load: async () => async () => rows })
  assert.deepEqual(Object.keys(document), ['benchmark', 'machine', 'rows'])
  assert.equal(document.benchmark, 'own')
  assert.equal(document.machine.node, process.versions.node)
  assert.ok(document.machine.cores > 0)
  const none = { ratioTo: null, ratio: null, goal: null, met: null }
  const theirs = { value: 100, unit: 'ms', ratioTo: 'theirs', ratio: 0.25 }
  assert.deepEqual(document.rows, [
    { name: 'theirs', value: 400, unit: 'ms', ...none },
    { name: 'ours', value: 121.2, unit: 'ms', ...none, goal: 120, met: false },
    { name: 'ours against theirs', ...theirs, goal: 0.25, met: true },
    { name: 'ours besides', ...theirs, goal: null, met: null },
  ])
  assert.equal(
    new Set(
      formatTable(rows)
        .split('\n')
        .map((line) => line.length),
    ).size,
    1,
  )
})

test('percentiles are samples, by nearest rank', () => {
  assert.equal(median([3, 1, 2, 4]), 2)
  assert.equal(percentile([5, 1], 0.99), 5)
  assert.throws(() => percentile([], 0.5), RangeError)
})

test('every benchmark can be loaded, and enters rooms by their doors only', async () => {
  assert.deepEqual(Object.keys(benchmarks), names)
  for (const { load } of Object.values(benchmarks)) assert.equal(typeof (await load()), 'function')
  for (const file of globSync('*.ts', { cwd: import.meta.dirname })) {
    const entered = importsOf(readFileSync(join(import.meta.dirname, file), 'utf8'))
    const outside = entered.filter((target) => target.startsWith('../'))
    const doors =
      file === 'bench.test.ts'
        ? ['../tools/rooms.ts']
        : ['../tools/setup.mjs', '../tools/service-node.mjs', '../tests/portal/chromium.ts']
    for (const target of outside) assert.ok(doors.includes(target), `${file}: ${target}`)
  }
})
