// npm run checks:knockout: takes each check out, one after the other, and wants a test to fail. Writes docs/checks.md.
// usage: node tools/run.mjs tools/knockout/main.ts [--verify] [NUMBER …]
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { CHECK_LIST } from '@trusted-launch/attestation'
import { checksDocument, type FailingTest, testFilesIn, withoutTests } from './checks-document.ts'
import { enforcedIn } from './without-check.ts'

const path = 'docs/checks.md'
const atOnce = 2
/** What needs the corpus, or takes long, comes last: what fails first is then the project's own. */
const last = /corpus|derived|recorded|own-evidence|decoders/

const { values, positionals } = parseArgs({
  options: { verify: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const wanted =
  positionals.length > 0 ? positionals.map(Number) : Object.keys(CHECK_LIST).map(Number)
const before = readFileSync(path, 'utf8')
const known = testFilesIn(before)
const tests = globSync('packages/{attestation,eventlog}/test/**/*.test.ts').sort(
  (a, b) => Number(last.test(a)) - Number(last.test(b)) || (a < b ? -1 : 1),
)
const files = globSync('packages/*/src/**/*.ts')
  .sort()
  .map((path) => ({ path, enforced: enforcedIn(readFileSync(path, 'utf8')) }))

const failing = new Map<number, FailingTest>()
const queue = [...wanted]
await Promise.all(Array.from({ length: atOnce }, work))
const survived = wanted.filter((check) => !failing.has(check))
for (const check of survived) console.error(`check ${check}: nothing fails without it`)
console.error(
  `${wanted.length - survived.length} of ${wanted.length} checks are missed when they are gone`,
)
if (positionals.length === 0) finish()
process.exitCode = survived.length > 0 ? 1 : (process.exitCode ?? 0)

async function work(): Promise<void> {
  for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
    const started = performance.now()
    const found = await failureWithout(check)
    if (found !== null) failing.set(check, found)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.error(`${check}\t${seconds} s\t${found === null ? 'NOTHING FAILS' : found.test}`)
  }
}

/** The test that fails without a check: the one it was the last time, else the first. */
async function failureWithout(check: number): Promise<FailingTest | null> {
  if (!files.some(({ enforced }) => enforced.some((one) => one.check === check))) return null
  const before = tests.filter((file) => file === known.get(check))
  for (const file of [...before, ...tests]) {
    const test = await firstFailure(check, file)
    if (test !== null) return { file, test }
  }
  return null
}

/** The title of the first test of that file that fails without the check. */
function firstFailure(check: number, file: string): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('worker.ts', import.meta.url), {
      workerData: { check, file },
      stdout: true,
      stderr: true,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    let answer: string | null | undefined
    worker.on('message', (message) => {
      answer = message
      void worker.terminate()
    })
    worker.on('error', reject)
    worker.on('exit', () =>
      answer === undefined ? reject(new Error(`check ${check}: no answer`)) : resolve(answer),
    )
  })
}

function finish(): void {
  const text = checksDocument(files, failing)
  if (values.verify && withoutTests(text) === withoutTests(before)) return
  if (values.verify) {
    console.error(`${path} is not what this run gives: npm run checks:knockout writes it anew`)
    process.exitCode = 1
  } else writeFileSync(path, text)
}
