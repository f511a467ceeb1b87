import assert from 'node:assert/strict'
import { fromLatin1, MalformedError, toHex, toLatin1 } from '@trusted-launch/codec'
import { randomFrom } from './check-codec.ts'
import { collect } from './collect.ts'
import { oddJson } from './odd-json.ts'

type ErrorClass = abstract new (...args: any[]) => Error

/** What a decoder that is no codec promises. */
export interface DecoderPromise {
  /** Errors it may raise besides MalformedError. */
  readonly errors?: readonly ErrorClass[]
  /** Whether so many first bytes are a whole of their own, as where a log ends between two events. */
  readonly isWhole?: (size: number) => boolean
  /** Tries of each kind, for decoders that take long. */
  readonly tries?: number
}

const cutsMax = 1500
/** FUZZ_SEED tries other bytes than every run does. */
const seed = Number(process.env.FUZZ_SEED ?? 1)

/**
 * Tries a decoder on bytes it takes: cut short it must refuse them; mutated, or bytes drawn by
 * chance, or of JSON with an odd value anywhere, it may take or refuse, and raises nothing but its own errors. A
 * failure names the seed.
 */
export function checkDecoder(
  decode: (bytes: Uint8Array) => unknown,
  vectors: Record<string, Uint8Array>,
  { errors = [], isWhole = () => false, tries = 500 }: DecoderPromise = {},
): void {
  const own = [MalformedError, ...errors]
  const seeds = Object.values(vectors)
  if (collect({ title: Object.keys(vectors).join(', '), decode, seeds, errors: own })) return
  for (const [title, bytes] of Object.entries(vectors)) {
    assert.doesNotThrow(() => decode(bytes), `${title}: the vector itself`)
    const step = Math.ceil(bytes.length / cutsMax)
    for (let size = 0; size < bytes.length; size += step)
      if (!isWhole(size))
        assert.ok(
          endsWell(decode, bytes.slice(0, size), own, title),
          `${title}: ${size} bytes taken for the whole`,
        )
    const random = randomFrom(seed + bytes.length)
    for (let i = 0; i < tries; i++) endsWell(decode, mutated(bytes, random), own, title)
    for (let i = 0; i < tries; i++) endsWell(decode, drawn(bytes, random), own, title)
    for (const odd of oddJson(toLatin1(bytes), random, tries))
      endsWell(decode, fromLatin1(odd), own, title)
  }
}

/** Whether it was refused. @throws {AssertionError} by another error than it may raise. */
function endsWell(
  decode: (bytes: Uint8Array) => unknown,
  bytes: Uint8Array,
  own: readonly ErrorClass[],
  title: string,
): boolean {
  try {
    decode(bytes)
    return false
  } catch (e) {
    const shown = toHex(bytes.subarray(0, 512))
    if (!own.some((error) => e instanceof error))
      assert.fail(`${title}, FUZZ_SEED=${seed}, ${bytes.length} bytes ${shown}: ${e}`)
    return true
  }
}

/** One to three bytes overwritten, cut at chance now and then. */
function mutated(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  const copy = bytes.slice(0, random(8) === 0 ? random(bytes.length + 1) : bytes.length)
  for (let k = random(3); k >= 0 && copy.length > 0; k--) copy[random(copy.length)] = random(256)
  return copy
}

/** Bytes by chance, half of them zeros, behind as much of the beginning as chance leaves. */
function drawn(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  const kept = bytes.subarray(0, random(Math.min(bytes.length, 64) + 1))
  const copy = new Uint8Array(kept.length + random(256))
  copy.set(kept)
  for (let at = kept.length; at < copy.length; at++) copy[at] = random(2) === 0 ? 0 : random(256)
  return copy
}

/** The functions at a room's door whose names say that they read foreign bytes. */
export function decodersAt(door: object): string[] {
  const reads = /^(decode|parse|read|open)[A-Z]/
  return Object.keys(door)
    .filter((name) => reads.test(name))
    .sort()
}

/** Whether it reads and writes. */
export function isCodec(value: unknown): boolean {
  const { read, write } = Object(value)
  return typeof read === 'function' && typeof write === 'function'
}
