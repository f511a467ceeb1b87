import { fromLatin1, toLatin1 } from '@trusted-launch/codec'
import { withOddValue } from '@trusted-launch/codec/check'

type Random = (below: number) => number
type Mutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array

const sizeMax = 64 * 1024
const interesting = [0, 1, 2, 3, 4, 7, 8, 15, 16, 20, 31, 32, 63, 64, 127, 128, 254, 255]
const lengths = [0, 1, 2, 4, 8, 16, 255, 256, 65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff]

const overwrite: Mutation = (bytes, random) => {
  const copy = bytes.slice()
  for (let k = random(4); k >= 0 && copy.length > 0; k--) copy[random(copy.length)] = random(256)
  return copy
}

const flip: Mutation = (bytes, random) => {
  const copy = bytes.slice()
  if (copy.length > 0) copy[random(copy.length)]! ^= 1 << random(8)
  return copy
}

const known: Mutation = (bytes, random) => {
  const copy = bytes.slice()
  if (copy.length > 0) copy[random(copy.length)] = interesting[random(interesting.length)]!
  return copy
}

/** A length or a count, of either order. */
const length: Mutation = (bytes, random) => {
  const copy = bytes.slice()
  if (copy.length < 8) return copy
  const view = new DataView(copy.buffer)
  const at = random(copy.length - 7)
  const value = random(3) === 0 ? random(copy.length + 2) : lengths[random(lengths.length)]!
  const little = random(2) === 0
  const kind = random(4)
  if (kind === 0) view.setUint16(at, value & 0xffff, little)
  else if (kind === 1) view.setBigUint64(at, BigInt(value) << BigInt(random(33)), little)
  else view.setUint32(at, value, little)
  return copy
}

const cut: Mutation = (bytes, random) => bytes.slice(0, random(bytes.length + 1))

const remove: Mutation = (bytes, random) => {
  const from = random(bytes.length + 1)
  const to = Math.min(bytes.length, from + random(64))
  return join(bytes.subarray(0, from), bytes.subarray(to))
}

const repeat: Mutation = (bytes, random) => {
  const from = random(bytes.length + 1)
  const to = Math.min(bytes.length, from + 1 + random(256))
  const times = 1 + random(8)
  return join(
    bytes.subarray(0, to),
    ...Array.from({ length: times }, () => bytes.subarray(from, to)),
    bytes.subarray(to),
  )
}

const insert: Mutation = (bytes, random) => {
  const at = random(bytes.length + 1)
  const more = Uint8Array.from({ length: 1 + random(16) }, () => random(256))
  return join(bytes.subarray(0, at), more, bytes.subarray(at))
}

const splice: Mutation = (bytes, random, other) => {
  const from = random(other.length + 1)
  const piece = other.subarray(from, from + random(512))
  const at = random(bytes.length + 1)
  const over = random(2) === 0 ? 0 : piece.length
  return join(bytes.subarray(0, at), piece, bytes.subarray(Math.min(bytes.length, at + over)))
}

/** Where there is JSON: a value of any kind in place of another. */
const odd: Mutation = (bytes, random) => {
  const made = beginsJson(bytes) ? withOddValue(toLatin1(bytes), random) : null
  return made === null ? bytes : fromLatin1(made)
}

const beginsJson = ([first]: Uint8Array) => first === 0x7b || first === 0x5b || first === 0x1e

/** One byte, or what may be a structure, over and over: up to all that an input may be. */
const run: Mutation = (bytes, random) => {
  const from = random(bytes.length + 1)
  const sizes = [1, 2, 4, 8, 16, 32, 64, 1 + random(512)]
  const piece = bytes.subarray(from, from + sizes[random(sizes.length)]!)
  if (piece.length === 0) return bytes
  const filled = new Uint8Array(Math.max(0, (sizeMax >> random(6)) - bytes.length))
  for (let at = 0; at < filled.length; at += piece.length)
    filled.set(piece.subarray(0, filled.length - at), at)
  return join(bytes.subarray(0, from), filled, bytes.subarray(from))
}
/** A run is long, so what is made of it takes long: one input in so many has one. */
const runOneIn = 32

const mutations: readonly Mutation[] = [
  ...[overwrite, overwrite, flip, flip, known, known, length, length],
  ...[cut, remove, repeat, insert, splice, splice, odd],
]

/** One input made of another, by one to four steps, now and then upon a long run; at most 64 KiB. */
export function mutate(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let made = random(runOneIn) === 0 ? run(bytes, random, other) : bytes
  for (let k = random(4); k >= 0; k--)
    made = mutations[random(mutations.length)]!(made, random, other)
  return made.length > sizeMax ? made.slice(0, sizeMax) : made
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
