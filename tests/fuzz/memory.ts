import { GCProfiler, getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { TriedDecoder } from '@trusted-launch/codec/check'

/** So many times the input, and what is needed for an empty one. */
interface Bound {
  readonly times: number
  readonly floorBytes: number
}
/** What is held in the end, value and all. */
const heldMax: Bound = { times: 16, floorBytes: 1 << 20 }
/** All that is allocated, garbage too: a bound of the peak. A whole verdict reads and writes its input again. */
const allocatedMax: Bound = { times: 64, floorBytes: 4 << 20 }

const limitOf = ({ times, floorBytes }: Bound, { length }: Uint8Array) =>
  times * length + floorBytes

/** What a decoder took too much of, in words; null: it stays within both bounds. */
export function excessOf({ decode }: TriedDecoder, input: Uint8Array): string | null {
  const run = () => {
    try {
      return decode(input)
    } catch (e) {
      return e
    }
  }
  let allocated = allocatedBy(run)
  if (allocated <= limitOf(heldMax, input)) return null
  allocated = Math.min(allocated, allocatedBy(run))
  if (allocated > limitOf(allocatedMax, input))
    return `${allocated} bytes allocated for an input of ${input.length}`
  const held = Math.min(heldBy(run), heldBy(run))
  if (held <= limitOf(heldMax, input)) return null
  return `${held} bytes held for an input of ${input.length}`
}

/** Bytes allocated meanwhile, those that the collector took back included. */
function allocatedBy(run: () => unknown): number {
  const profiler = new GCProfiler()
  profiler.start()
  let from = used()
  run()
  const last = used()
  let sum = 0
  for (const { beforeGC, afterGC } of profiler.stop().statistics) {
    sum += bytesOf(beforeGC.heapStatistics) - from
    from = bytesOf(afterGC.heapStatistics)
  }
  return sum + last - from
}

/** Bytes that stay when all that is garbage was collected. */
function heldBy(run: () => unknown): number {
  collect()
  const before = used()
  const value = [run()]
  collect()
  const held = used() - before
  value.pop()
  return held
}

const bytesOf = (statistics: { usedHeapSize: number; externalMemory: number }) =>
  statistics.usedHeapSize + statistics.externalMemory

function used(): number {
  const { used_heap_size, external_memory } = getHeapStatistics()
  return used_heap_size + external_memory
}

const gc: () => void = (() => {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc')
})()

/** Collects all garbage. Buffers are freed beside it, and are all gone when the next begins. */
function collect(): void {
  gc()
  gc()
}
