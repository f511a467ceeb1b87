import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomFrom, type TriedDecoder } from '@trusted-launch/codec/check'
import type { Coverage } from './coverage.ts'
import { excessOf } from './memory.ts'
import { mutate } from './mutate.ts'
import type { Target } from './targets.ts'

/** Asking which code ran takes as long as some hundred inputs: so it is asked of as many as take `ms`. */
const batch = { min: 64, max: 4096, ms: 100 }
const weighedOneIn = 256
const keptMax = 2000
/** For 64 KiB at most: the fastest of three. */
const limitMs = 100
/** An input that ended otherwise than it may. */
export interface Failure {
  readonly target: string
  readonly kind: 'error' | 'slow' | 'memory' | 'hang'
  readonly message: string
  /** The input, as a file. */
  readonly file: string
}

/** What was tried of one target. */
export interface Fuzzed {
  readonly target: string
  readonly inputs: number
  readonly kept: number
  /** Of the input that took longest, the fastest of three. */
  readonly slowestMs: number
  readonly failures: readonly Failure[]
}

export interface FuzzOptions {
  readonly folder: string
  readonly seed: number
  readonly coverage: Coverage
  /** Told of each input before it is tried. */
  readonly trying: (input: Uint8Array) => void
}

/** Tries one target until a moment, and keeps what reaches code that nothing before it reached. */
export function fuzzTarget(target: Target, until: number, options: FuzzOptions): Fuzzed {
  const { folder, coverage, trying } = options
  const random = randomFrom(options.seed)
  const pick = <T>(from: readonly T[]): T => from[random(from.length)]!
  const home = join(folder, slugOf(target.name))
  mkdirSync(home, { recursive: true })
  const pool = [...target.decoders.flatMap(({ seeds }) => seeds), ...keptIn(home)]
  const failures: Failure[] = []
  const known = new Set<string>()
  const fail = (kind: Failure['kind'], message: string, input: Uint8Array) => {
    const key = `${kind} ${message.split('\n')[0]!.replace(/\d+/g, 'N')}`
    if (known.has(key)) return
    known.add(key)
    failures.push({
      target: target.name,
      kind,
      message,
      file: save(join(folder, 'failures'), input),
    })
  }
  let slowestMs = 0
  const attempt = (decoder: TriedDecoder, input: Uint8Array) => {
    trying(input)
    const started = performance.now()
    const fault = faultOf(decoder, input)
    if (fault !== null) fail('error', fault, input)
    const took = performance.now() - started
    if (took <= slowestMs) return
    const fastest = Math.min(took, ...[0, 1].map(() => timeOf(decoder, input)))
    slowestMs = Math.max(slowestMs, fastest)
    if (fastest >= limitMs && workOf(decoder, input) >= limitMs)
      fail('slow', `more than ${limitMs} ms`, input)
  }
  const weigh = ({ decoder, input }: Try) => {
    const excess = excessOf(decoder, input)
    if (excess !== null) fail('memory', excess, input)
  }
  let size = batch.min
  let inputs = 0
  let kept = 0
  for (const decoder of target.decoders) for (const seed of pool) attempt(decoder, seed)
  coverage.note(coverage.take())
  while (performance.now() < until) {
    const began = performance.now()
    const tries = Array.from({ length: size }, () => ({
      decoder: pick(target.decoders),
      input: mutate(pick(pool), pick(pool), random),
    }))
    for (const { decoder, input } of tries) attempt(decoder, input)
    inputs += size
    size =
      performance.now() - began < batch.ms
        ? Math.min(batch.max, 2 * size)
        : Math.max(batch.min, size >> 1)
    for (let i = 0; i < tries.length; i += weighedOneIn) weigh(tries[i]!)
    if (coverage.take().size === 0 || pool.length >= keptMax) continue
    const one = whoReached(tries, coverage)
    if (one === null) continue
    weigh(one)
    pool.push(one.input)
    save(home, one.input)
    kept++
  }
  return { target: target.name, inputs, kept, slowestMs, failures }
}

interface Try {
  readonly decoder: TriedDecoder
  readonly input: Uint8Array
}

/** The first of them that reaches new code, by halves; what it reaches is noted. Null: none does when run again. */
function whoReached(tries: readonly Try[], coverage: Coverage): Try | null {
  let among = tries
  while (among.length > 1) {
    const half = among.slice(0, among.length / 2)
    for (const { decoder, input } of half) faultOf(decoder, input)
    among = coverage.take().size > 0 ? half : among.slice(among.length / 2)
  }
  const [one] = among
  faultOf(one!.decoder, one!.input)
  const reached = coverage.take()
  coverage.note(reached)
  return reached.size > 0 ? one! : null
}

/** What is wrong with how it ended; null: it was read, or refused by an error it may raise. */
function faultOf({ decode, errors }: TriedDecoder, input: Uint8Array): string | null {
  try {
    decode(input)
    return null
  } catch (e) {
    if (errors.some((error) => e instanceof error)) return null
    return withStack(() => decode(input)) ?? String(e)
  }
}

/** The error again, with where it came from. */
function withStack(run: () => unknown): string | null {
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = 10
  try {
    run()
    return null
  } catch (e) {
    return e instanceof Error ? (e.stack ?? e.message) : null
  } finally {
    Error.stackTraceLimit = before
  }
}

function timeOf(decoder: TriedDecoder, input: Uint8Array): number {
  const started = performance.now()
  faultOf(decoder, input)
  return performance.now() - started
}

/** Milliseconds of this thread's own work: what else the machine does counts for nothing. */
function workOf(decoder: TriedDecoder, input: Uint8Array): number {
  const before = process.threadCpuUsage()
  faultOf(decoder, input)
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}

/** Kept under its hash. */
export function save(folder: string, input: Uint8Array): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${createHash('sha256').update(input).digest('hex').slice(0, 16)}.bin`)
  writeFileSync(file, input)
  return file
}

function keptIn(folder: string): Uint8Array[] {
  const names = readdirSync(folder).sort().slice(0, keptMax)
  return names.map((name) => Uint8Array.from(readFileSync(join(folder, name))))
}

function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
}
