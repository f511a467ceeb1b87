// The thread that fuzzes: one target after the other, each for its share of the time.
import { parentPort, workerData } from 'node:worker_threads'
import { Coverage } from './coverage.ts'
import { fuzzTarget } from './fuzz-target.ts'
import { SharedInput } from './shared-input.ts'
import { findTargets } from './targets.ts'

/** What the thread is told. */
export interface Work {
  readonly shared: SharedArrayBuffer
  readonly folder: string
  readonly seed: number
  readonly milliseconds: number
  /** A part of the names of those wanted; empty: all. */
  readonly wanted: string
  readonly skipped: readonly string[]
}

const { shared, folder, seed, milliseconds, wanted, skipped } = workerData as Work
const input = new SharedInput(shared)
const found = (await findTargets()).filter(({ name }) => name.includes(wanted))
parentPort!.postMessage({ targets: found.map(({ name }) => name) })
const targets = found.filter(({ name }) => !skipped.includes(name))
// Most inputs are refused: of that where it happened is asked only when it must not have.
Error.stackTraceLimit = 0
const coverage = new Coverage()
const started = performance.now()
targets.forEach((target, i) => {
  const until = started + (milliseconds * (i + 1)) / targets.length
  const options = {
    folder,
    seed: seed + i,
    coverage,
    trying: (tried: Uint8Array) => input.put(tried),
  }
  parentPort!.postMessage({ begins: target.name })
  parentPort!.postMessage({
    fuzzed: fuzzTarget(target, until, options),
    characters: coverage.characters,
  })
})
coverage.close()
