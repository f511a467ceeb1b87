// npm run checks:knockout: takes out each place of each check, one after the other, and wants a test to fail. Writes docs/checks.md.
// usage: node tools/run.mjs tools/knockout/main.ts [--verify] [NUMBER …]
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { checksDocument, type FailingTest, testFilesIn, withoutTests } from './checks-document.ts'
import { enforcedPlaces, type Place } from './places.ts'

const path = 'docs/checks.md'
const atOnce = 2
/** What needs the corpus, or takes long, comes last: what fails first is then the project's own. */
const last = /corpus|derived|recorded|own-evidence|decoders/

const { values, positionals } = parseArgs({
  options: { verify: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const before = readFileSync(path, 'utf8')
const known = testFilesIn(before)
const tests = new Map(
  globSync('packages/{attestation,eventlog}/test/**/*.test.ts').map((file) => [
    file,
    readFileSync(file, 'utf8'),
  ]),
)
const places = enforcedPlaces()
const wanted = places.filter(
  ({ checks, path, line }) =>
    positionals.length === 0 ||
    positionals.includes(`${path}:${line}`) ||
    checks.some((one) => positionals.includes(`${one}`)),
)

const failing = new Map<Place, FailingTest>()
const queue = [...wanted]
await Promise.all(Array.from({ length: atOnce }, work))
for (const file of new Set([...failing.values()].map(({ file }) => file))) await confirm(file)
const survived = wanted.filter((place) => !failing.has(place))
for (const { checks, path, line } of survived)
  console.error(`check ${checks}, ${path}:${line}: nothing fails without it`)
console.error(
  `${wanted.length - survived.length} of ${wanted.length} places are missed when they are gone`,
)
if (positionals.length === 0) finish()
process.exitCode = survived.length > 0 ? 1 : (process.exitCode ?? 0)

async function work(): Promise<void> {
  for (let place = queue.shift(); place !== undefined; place = queue.shift()) {
    const started = performance.now()
    const found = await failureWithout(place)
    if (found !== null) failing.set(place, found)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    const said = found === null ? 'NOTHING FAILS' : `${basename(found.file)}: ${found.test}`
    console.error(`${place.checks}\t${place.path}:${place.line}\t${seconds} s\t${said}`)
  }
}

/** The test that fails without a place: the one it was the last time, else the first of the likeliest file. */
async function failureWithout(place: Place): Promise<FailingTest | null> {
  const before = place.checks.flatMap((check) => {
    const all = places.filter(({ checks }) => checks.includes(check))
    const files = known.get(check) ?? []
    return [files[all.indexOf(place)], ...files].filter((file) => tests.has(file ?? ''))
  })
  for (const file of new Set([...before, ...likeliest(place)])) {
    const test = await firstFailure(place, file!)
    if (test !== null) return { file: file!, test }
  }
  return null
}

/** What fails though all is there does not miss anything: whatever that file told is not believed. */
async function confirm(file: string): Promise<void> {
  const test = await firstFailure(null, file)
  if (test === null) return
  console.error(`${file}: ${test}: fails though nothing is taken out`)
  for (const [place, found] of failing) if (found.file === file) failing.delete(place)
}

/** All test files: those first that name what it finds, then those of the same package and of a like name. */
function likeliest({ path, source, line }: Place): string[] {
  const lines = source.split('\n')
  const [, run] = /\brun: (?:inBoot\()?(\w+)/.exec(lines.slice(line - 1, line + 4).join(' ')) ?? []
  const at =
    run === undefined
      ? line - 1
      : lines.findIndex((text) => text.match(`(function|const) ${run}\\b`))
  const ids =
    lines
      .slice(at, at + 20)
      .join('\n')
      .match(/'[a-z0-9-]+\.[a-z0-9.-]+'/g) ?? []
  const wordsOf = (path: string) => basename(path).split(/[-.]/)
  const own = wordsOf(path)
  const distance = (file: string, text: string) =>
    (last.test(file) ? 100 : 0) -
    (ids[0] !== undefined && text.includes(ids[0])
      ? 50
      : ids.some((id) => text.includes(id))
        ? 40
        : 0) +
    (path.split('/')[1] === file.split('/')[1] ? 0 : 20) -
    wordsOf(file).filter((word) => own.includes(word)).length
  const distances = new Map([...tests].map(([file, text]) => [file, distance(file, text)]))
  return [...tests.keys()].sort((a, b) => distances.get(a)! - distances.get(b)! || (a < b ? -1 : 1))
}

/** The title of the first test of that file that fails without the place; null of a place: with all of them. */
function firstFailure(place: Place | null, file: string): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('worker.ts', import.meta.url), {
      workerData: { place: place && { path: place.path, line: place.line }, file },
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
      answer === undefined
        ? reject(new Error(`${file} without ${place?.path}:${place?.line}: no answer`))
        : resolve(answer),
    )
  })
}

function finish(): void {
  const text = checksDocument(places, failing)
  if (values.verify && withoutTests(text) === withoutTests(before)) return
  if (values.verify) {
    console.error(`${path} is not what this run gives: npm run checks:knockout writes it anew`)
    process.exitCode = 1
  } else writeFileSync(path, text)
}
