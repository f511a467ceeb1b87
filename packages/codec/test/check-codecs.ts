import assert from 'node:assert/strict'
import { type Codec, concat, MalformedError, Reader } from '@trusted-launch/codec'
import { checkCodec, randomFrom } from './check-codec.ts'
import { isCodec } from './check-decoder.ts'

const triesMax = 3000
const vectorsWanted = 3

/**
 * Tries every codec at a room's door on vectors found by chance: the bytes that a reading of random
 * bytes took. `vectors` are for those that chance does not hit.
 */
export function checkCodecsAt(door: object, vectors: Record<string, Uint8Array> = {}): void {
  for (const [name, codec] of Object.entries(door)) {
    if (!isCodec(codec)) continue
    const given = vectors[name]
    const found = given === undefined ? vectorsOf(codec) : [given]
    assert.ok(found.length > 0, `${name}: chance found no vector`)
    for (const bytes of found)
      checkCodec(codec, { [name]: bytes }, { openEnded: isOpenEnded(codec, bytes) })
  }
}

/** Whether the structure ends where the bytes end. */
function isOpenEnded(codec: Codec<unknown>, bytes: Uint8Array): boolean {
  const from = new Reader(concat(bytes, bytes))
  try {
    codec.read(from)
  } catch {
    return true
  }
  return from.offset > bytes.length
}

function vectorsOf(codec: Codec<unknown>): Uint8Array[] {
  const random = randomFrom(7)
  const found = new Map<string, Uint8Array>()
  for (let i = 0; i < triesMax && found.size < vectorsWanted; i++) {
    const from = new Reader(
      Uint8Array.from({ length: random(200) }, () => (random(3) === 0 ? random(256) : 0)),
    )
    try {
      codec.read(from)
    } catch (e) {
      assert.ok(e instanceof MalformedError, String(e))
      continue
    }
    found.set(String(from.offset), from.bytes.slice(0, from.offset))
  }
  return [...found.values()]
}
