import { globSync, readFileSync } from 'node:fs'
import { run } from 'node:test'
import { startCollecting, type TriedDecoder } from '@trusted-launch/codec/check'

/** What is fuzzed as one: the decoders that one line of a room's tests tries. */
export interface Target {
  /** `eventlog: decodeImaList`. */
  readonly name: string
  readonly decoders: readonly TriedDecoder[]
}

/** Every decoder that the rooms' own tests try: none is listed here, so none can be left out. */
export async function findTargets(): Promise<Target[]> {
  const collected = startCollecting()
  const files = globSync('packages/*/test/decoders.test.ts').sort()
  const failed: string[] = []
  for await (const { type, data } of run({ files, isolation: 'none' }))
    if (type === 'test:fail') failed.push(data.name)
  if (failed.length > 0) throw new Error(`these tests fail: ${failed.join('; ')}`)
  const groups = Map.groupBy(collected, ({ place, title }) => nameOf(place, title))
  return [...groups].map(([name, decoders]) => ({ name, decoders }))
}

/** The room, and what its tests call this: a codec its own name, others the test's. */
function nameOf(place: string, title: string): string {
  const [, room, line] = /packages\/(\w+)\/.*?:(\d+):\d+$/.exec(place) ?? []
  const isCodec = /^[A-Z]\w+$/.test(title)
  if (isCodec || room === undefined) return `${room}: ${title}`
  const file = place.replace(/:\d+:\d+$/, '')
  const above = readFileSync(file, 'utf8').split('\n').slice(0, Number(line)).reverse()
  const caller = above
    .map((text) => /^ {2}(?:'([^']+)'|(\w+)): \(\) =>|test\(\s*[`'"](.+?)[`'"],/.exec(text))
    .find((match) => match !== null)
  return `${room}: ${caller?.[1] ?? caller?.[2] ?? caller?.[3] ?? title}`
}
