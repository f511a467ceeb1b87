import assert from 'node:assert/strict'
import {
  type Codec,
  decode,
  encode,
  equalBytes,
  fromHex,
  MalformedError,
  toHex,
} from '@trusted-launch/codec'
import { collect } from './collect.ts'

const mutationsPerVector = 1000

/** A small deterministic generator (xorshift32): a failing mutation can be made again. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/**
 * Tries a codec on vectors of hexadecimal: decode, encode back to the same bytes, every truncation,
 * one byte too many, and a thousand mutations. A mutation must decode and encode to the same bytes,
 * or raise a MalformedError that names a place.
 */
export function checkCodec(
  codec: Codec<any>,
  vectors: Record<string, string | Uint8Array>,
  options: { lossy?: boolean; openEnded?: boolean } = {},
): void {
  for (const [title, vector] of Object.entries(vectors)) {
    const bytes = typeof vector === 'string' ? fromHex(vector) : vector
    if (collect({ title, decode: roundTrip(codec, options), seeds: [bytes], errors })) continue
    assert.equal(toHex(encode(codec, decode(codec, bytes))), toHex(bytes), `${title}: round trip`)
    if (options.openEnded !== true) {
      for (let size = 0; size < bytes.length; size++)
        refuses(codec, bytes.subarray(0, size), `${title}: first ${size} bytes`)
      refuses(codec, Uint8Array.of(...bytes, 0), `${title}: one byte too many`)
    }
    const random = randomFrom(bytes.length + 1)
    for (let i = 0; i < mutationsPerVector && bytes.length > 0; i++) {
      const mutated = bytes.slice()
      for (let k = random(3); k >= 0; k--) mutated[random(mutated.length)] = random(256)
      survives(codec, mutated, `${title}: mutation ${toHex(mutated)}`, options.lossy === true)
    }
  }
}

const errors = [MalformedError]

/** Reads, and wants the same bytes back. */
function roundTrip(codec: Codec<any>, { lossy = false }: { lossy?: boolean }) {
  return (bytes: Uint8Array) => {
    const value = decode(codec, bytes)
    assert.ok(lossy || equalBytes(encode(codec, value), bytes), 'other bytes than were read')
  }
}

/** @throws unless `bytes` raise a MalformedError. */
export function refuses(codec: Codec<any>, bytes: Uint8Array, title: string): void {
  try {
    decode(codec, bytes)
  } catch (e) {
    assert.ok(e instanceof MalformedError, `${title}: ${e}`)
    return
  }
  assert.fail(`${title}: was accepted`)
}

function survives(codec: Codec<any>, bytes: Uint8Array, title: string, lossy: boolean): void {
  try {
    const value = decode(codec, bytes)
    if (!lossy) assert.ok(equalBytes(encode(codec, value), bytes), `${title}: other bytes`)
  } catch (e) {
    assert.ok(e instanceof MalformedError, `${title}: ${e}`)
    assert.ok(e.offset >= 0 && e.offset <= bytes.length, `${title}: offset ${e.offset}`)
  }
}
