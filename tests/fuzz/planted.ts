/** Decoders with a fault each, for what finds faults to be tried on. */
import { MalformedError } from '@trusted-launch/codec'

/** Ends badly behind four comparisons: chance alone needs 2^32 inputs, who looks at coverage some thousands. */
export function deep(bytes: Uint8Array): void {
  const magic = [0x54, 0x50, 0x4d, 0x32]
  if (bytes.length < 4) throw new MalformedError('', 0, 'truncated')
  if (bytes[0] === magic[0]) {
    if (bytes[1] === magic[1]) {
      if (bytes[2] === magic[2]) {
        if (bytes[3] === magic[3]) throw new TypeError('planted')
      }
    }
  }
}

/** Takes a fifth of a second for an input that begins with 7. */
export function slow(bytes: Uint8Array): void {
  const before = process.threadCpuUsage()
  while (bytes[0] === 7 && process.threadCpuUsage(before).user < 200_000);
}

/** Allocates what a length field says, and drops it. */
export function greedy(bytes: Uint8Array): void {
  if (bytes[0] === 9) last = new Array((bytes[1] ?? 0) * 8192).fill(bytes[2]).at(-1)
}
export let last: unknown

/** Gives a value that holds two mebibytes, which is less than may be allocated. */
export function hoarding(bytes: Uint8Array): Uint8Array | null {
  return bytes[0] === 11 ? new Uint8Array(2 << 20) : null
}

/** Throws three times as much away, piece by piece. */
export function wasteful(bytes: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < 24; i++) sum += new Array(16384).fill(bytes[0]).length
  return sum
}

/** Takes time by the square of how often an input says the same again: at least a quarter of a second for 8,000 times, as its runs are counted. */
export function quadratic(bytes: Uint8Array): number {
  let run = 0
  let longest = 0
  for (const [i, byte] of bytes.entries()) {
    run = i > 0 && byte === bytes[i - 1] ? run + 1 : 0
    longest = Math.max(longest, Math.min(run, 8_000))
  }
  let sum = 0
  for (let i = 0; i < longest; i++) for (let k = 0; k < longest; k++) sum = (sum + i * k) | 0
  return sum
}
