import { Session } from 'node:inspector'

interface FunctionCoverage {
  /** The function whole, then its blocks, outer ones first; those only whose count differs from the one around. */
  readonly ranges: readonly { startOffset: number; endOffset: number; count: number }[]
}
interface ScriptCoverage {
  readonly url: string
  readonly functions: readonly FunctionCoverage[]
}

/** Of functions, by their place: which of their characters ran (1) and which did not (0). */
export type Reached = ReadonlyMap<string, Uint8Array>

/** Which code ran, as V8 counts its blocks. */
export class Coverage {
  readonly #session = new Session()
  readonly #noted = new Map<string, Uint8Array>()
  readonly #sources: RegExp

  /** @param sources which files count: the rooms' own. */
  constructor(sources = /\/packages\/\w+\/src\//) {
    this.#sources = sources
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** How many characters of code ran so far. */
  get characters(): number {
    let sum = 0
    for (const ran of this.#noted.values()) for (const one of ran) sum += one
    return sum
  }

  /** The functions in which something ran since the last call that never did before it was noted. */
  take(): Reached {
    const found = new Map<string, Uint8Array>()
    for (const { url, functions } of this.#taken())
      if (this.#sources.test(url))
        for (const each of functions) {
          const { startOffset, endOffset } = each.ranges[0]!
          const key = `${url}:${startOffset}-${endOffset}`
          const ran = charactersOf(each)
          const noted = this.#noted.get(key)
          if (ran.some((one, i) => one > (noted?.[i] ?? 0))) found.set(key, ran)
        }
    return found
  }

  /** This is nothing new any more. */
  note(reached: Reached): void {
    for (const [key, ran] of reached) {
      const noted = this.#noted.get(key) ?? new Uint8Array(ran.length)
      for (let i = 0; i < ran.length; i++) noted[i]! |= ran[i]!
      this.#noted.set(key, noted)
    }
  }

  close(): void {
    this.#session.disconnect()
  }

  #taken(): readonly ScriptCoverage[] {
    let taken: readonly ScriptCoverage[] = []
    // In the same thread the answer is there when the call returns.
    this.#session.post('Profiler.takePreciseCoverage', (_, { result }) => {
      taken = result
    })
    return taken
  }
}

function charactersOf({ ranges }: FunctionCoverage): Uint8Array {
  const { startOffset: base, endOffset } = ranges[0]!
  const ran = new Uint8Array(endOffset - base)
  for (const { startOffset, endOffset: end, count } of ranges)
    ran.fill(count > 0 ? 1 : 0, startOffset - base, end - base)
  return ran
}
