import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { serviceFlags } from '../service-node.mjs'

const folder = mkdtempSync(join(tmpdir(), 'stripped-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const kept = join(folder, 'kept')
const program = join(folder, 'program.ts')

/** What the program says, run as the service is. */
function run(text: string, cache = kept): string {
  writeFileSync(program, text)
  const env = { ...process.env, TL_STRIPPED: cache }
  const { stdout, stderr } = spawnSync(process.execPath, [...serviceFlags, program], {
    ...{ env, encoding: 'utf8' },
  })
  return stdout + stderr
}

test('a program whose types were stripped once is run from what is kept of it, and a changed one anew', () => {
  const text = 'const n: number = 1\nconsole.log(n)\n'
  assert.equal(run(text), '1\n')
  const [file, ...others] = readdirSync(kept)
  assert.deepEqual(others, [])
  const path = join(kept, file!)
  writeFileSync(path, readFileSync(path, 'utf8').replace('= 1', '= 2'))
  assert.equal(run(text), '2\n', 'it was read')
  assert.equal(run(text.replace('= 1', '= 3')), '3\n')
})

test('an error is told where the source has it, and its threads run as it does', () => {
  assert.match(run('type A = 1\n\nthrow new Error("here")\n'), /program\.ts:3/)
  const thread = `import { isMainThread, Worker } from 'node:worker_threads'
    if (isMainThread) new Worker(new URL(import.meta.url))
    else console.log('a thread' as string)`
  assert.equal(run(thread), 'a thread\n')
})

test('where nothing can be kept it runs all the same', () => {
  const file = join(folder, 'no-folder')
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, '')
  assert.equal(run('console.log(4 as number)\n', file), '4\n')
})
