// A thread in which one place of a check, or none, does not exist: runs a file of tests until one fails, and says which.
import { readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { run } from 'node:test'
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { withoutSite } from './without-check.ts'

const { place, file } = workerData as { place: { path: string; line: number } | null; file: string }
const gone = place === null ? null : pathToFileURL(place.path).href

registerHooks({
  load(url, context, next) {
    if (place === null || url !== gone) return next(url, context)
    const source = withoutSite(readFileSync(place.path, 'utf8'), place.line)
    return { format: 'module', source: stripTypeScriptTypes(source), shortCircuit: true }
  },
})

/** On a machine with other work they fail whatever is taken out. */
const ofTime = / in time\b/

let answer: string | null = null
const tests = run({ files: [file], isolation: 'none', testSkipPatterns: [ofTime] })
for await (const { type, data } of tests) {
  if (type !== 'test:fail') continue
  answer = data.name
  break
}
parentPort!.postMessage(answer)
