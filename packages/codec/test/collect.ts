type ErrorClass = abstract new (...args: any[]) => Error

/** A decoder as a test tries it: what it takes, and what it may raise. */
export interface TriedDecoder {
  /** Where in the tests it is tried: `/…/decoders.test.ts:31:5`. */
  readonly place: string
  readonly title: string
  readonly decode: (bytes: Uint8Array) => unknown
  readonly seeds: readonly Uint8Array[]
  readonly errors: readonly ErrorClass[]
}

let collected: TriedDecoder[] | null = null

/** From now on decoders are collected instead of tried, for who tries them longer than a test does. */
export function startCollecting(): readonly TriedDecoder[] {
  collected = []
  return collected
}

/** Whether decoders are collected; this one then is. */
export function collect(tried: Omit<TriedDecoder, 'place'>): boolean {
  collected?.push({ ...tried, place: callerOutside(new Error().stack ?? '') })
  return collected !== null
}

/** The nearest caller that is a file of tests. */
function callerOutside(stack: string): string {
  return /\(?(?:file:\/\/)?(\/[^()]*\.test\.ts:\d+:\d+)\)?$/m.exec(stack)?.[1] ?? ''
}
