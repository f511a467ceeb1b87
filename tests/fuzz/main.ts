// npm run fuzz: every decoder of the packages, on inputs that are kept when they reach new code.
// usage: npm run fuzz -- [--seconds N] [--target TEXT] [--seed N] [--list] [--json]
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { type Failure, type Fuzzed, save } from './fuzz-target.ts'
import { SharedInput } from './shared-input.ts'
import type { Work } from './worker.ts'

/** Nothing tried for so long: the thread does not come back. */
const hangMs = 15_000
const folder = join(import.meta.dirname, '../../.cache/fuzz')

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    target: { type: 'string', default: '' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    list: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const milliseconds = values.list ? 0 : 1000 * Number(values.seconds)
if (!(milliseconds >= 0)) throw new RangeError(`--seconds ${values.seconds}`)
rmSync(join(folder, 'failures'), { recursive: true, force: true })
mkdirSync(folder, { recursive: true })

let targets: readonly string[] = []
let characters = 0
const done: Fuzzed[] = []
const hung: Failure[] = []
const until = performance.now() + milliseconds
if (!values.json && !values.list) console.error(`seed ${values.seed}, ${milliseconds / 1000} s`)
for (;;) {
  const skipped = [...done, ...hung].map(({ target }) => target)
  const stuck = await fuzz(skipped, Math.max(0, until - performance.now()))
  if (stuck === null) break
  hung.push(stuck)
}
report()

/** Runs the thread to its end; null, or where it never came back. */
function fuzz(skipped: readonly string[], milliseconds: number): Promise<Failure | null> {
  const shared = new SharedInput()
  const seed = Number(values.seed) + skipped.length
  const work: Work = {
    shared: shared.buffer,
    folder,
    seed,
    milliseconds,
    wanted: values.target,
    skipped,
  }
  const { promise, resolve, reject } = Promise.withResolvers<Failure | null>()
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: work,
    stdout: true,
  })
  let target = ''
  let seen = -1
  const watch = setInterval(() => {
    if (target !== '' && shared.count === seen) {
      const file = save(join(folder, 'failures'), shared.get())
      resolve({ target, kind: 'hang', message: `nothing for ${hangMs} ms`, file })
      void worker.terminate()
    }
    seen = shared.count
  }, hangMs)
  worker.on('message', (told) => {
    targets = told.targets ?? targets
    target = told.begins ?? target
    if (told.fuzzed === undefined) return
    characters = told.characters
    done.push(told.fuzzed)
    if (!values.json && !values.list) console.error(lineOf(told.fuzzed))
  })
  worker.on('error', reject)
  worker.on('exit', () => {
    clearInterval(watch)
    resolve(null)
  })
  return promise
}

function lineOf({ target, inputs, kept, slowestMs, failures }: Fuzzed): string {
  const numbers = `${String(inputs).padStart(9)} inputs, ${kept} kept, ${slowestMs.toFixed(1)} ms`
  return `${target.padEnd(48)} ${numbers}, ${failures.length} failures`
}

function report(): void {
  const failures = [...done.flatMap((each) => each.failures), ...hung]
  const inputs = done.reduce((sum, each) => sum + each.inputs, 0)
  const slowest = done.toSorted((a, b) => b.slowestMs - a.slowestMs)[0]
  if (values.list) console.log(targets.join('\n'))
  else if (values.json)
    console.log(JSON.stringify({ seed: values.seed, inputs, characters, targets: done, failures }))
  else {
    console.log(
      `${inputs} inputs to ${done.length} targets, ${characters} characters of code reached, ${failures.length} failures`,
    )
    if (slowest !== undefined)
      console.log(`slowest: ${slowest.slowestMs.toFixed(1)} ms, ${slowest.target}`)
    for (const { target, kind, message, file } of failures)
      console.log(`${target}: ${kind}: ${file}\n  ${message.split('\n').slice(0, 4).join('\n  ')}`)
  }
  if (targets.length === 0)
    console.error(`no target's name holds "${values.target}"; --list lists them`)
  process.exitCode = failures.length > 0 ? 1 : targets.length === 0 ? 2 : 0
}
