// A thread in which one check does not exist: runs a file of tests until one fails, and says which.
import { readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { run } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { withoutCheck } from './without-check.ts'

const { check, file } = workerData as { check: number; file: string }

registerHooks({
  load(url, context, next) {
    if (!/\/packages\/[^/]+\/src\/.*\.ts$/.test(url)) return next(url, context)
    const whole = readFileSync(fileURLToPath(url), 'utf8')
    const source = withoutCheck(whole, check)
    if (source === whole) return next(url, context)
    return { format: 'module', source: stripTypeScriptTypes(source), shortCircuit: true }
  },
})

let answer: string | null = null
for await (const { type, data } of run({ files: [file], isolation: 'none' })) {
  if (type !== 'test:fail') continue
  answer = data.name
  break
}
parentPort!.postMessage(answer)
