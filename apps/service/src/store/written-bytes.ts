/** A way to write bytes as text. */
interface Writing {
  readonly name: 'base64url' | 'hex'
  /** Which bytes it writes with. */
  readonly digits: Uint8Array
  /** Shorter runs are not worth the trouble. */
  readonly least: number
}

/** In this order: what stands in base64url may be text with hexadecimal in it. A run is as long as a guest likes it to be. */
const WRITINGS: readonly Writing[] = [
  { name: 'base64url', digits: tableOf(/[A-Za-z0-9_-]/), least: 80 },
  { name: 'hex', digits: tableOf(/[0-9a-f]/), least: 40 },
]
const HEAD_BYTES = 4
const ENTRY_BYTES = 8

/**
 * A text in which what is written in base64url or hexadecimal stands as the bytes it says: these repeat where their
 * writings do not, and what never repeats takes no more than it is. `asWritten` gives back what was given, any bytes.
 */
export function asBytes(text: Uint8Array): Uint8Array {
  return WRITINGS.reduce(read, text)
}

/** What `asBytes` was given. */
export function asWritten(bytes: Uint8Array): Uint8Array {
  return WRITINGS.reduceRight(write, bytes)
}

/** Before it, how many runs there are, and of each what lies before it and how long it is. */
function read(bytes: Uint8Array, writing: Writing): Uint8Array {
  const { name } = writing
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const entries: number[] = []
  const parts: Uint8Array[] = []
  let end = 0
  for (const [from, to] of runsIn(bytes, writing)) {
    const run = text.toString('latin1', from, to)
    const decoded = Buffer.from(run, name)
    const written = decoded.toString(name)
    // Not as anybody writes it: the same bytes would be written otherwise.
    if (!run.startsWith(written)) continue
    parts.push(text.subarray(end, from), decoded)
    entries.push(from - end, decoded.length)
    end = from + written.length
  }
  const head = Buffer.alloc(HEAD_BYTES + 4 * entries.length)
  const numbers = [entries.length / 2, ...entries]
  for (const [i, number] of numbers.entries()) head.writeUInt32BE(number, 4 * i)
  return Buffer.concat([head, ...parts, text.subarray(end)])
}

/**
 * The longest runs of a writing's digits, each as long as one must be at least. Where the last byte of the shortest that
 * could begin here is no digit, none begins before it: most of a text is never looked at.
 */
function runsIn(bytes: Uint8Array, { digits, least }: Writing): [from: number, to: number][] {
  const runs: [number, number][] = []
  for (let from = 0; from + least <= bytes.length; ) {
    let at = from + least - 1
    while (at >= from && digits[bytes[at]!] === 1) at--
    if (at >= from) {
      from = at + 1
      continue
    }
    let to = from + least
    while (to < bytes.length && digits[bytes[to]!] === 1) to++
    runs.push([from, to])
    from = to + 1
  }
  return runs
}

function tableOf(digit: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, i) => Number(digit.test(String.fromCharCode(i))))
}

function write(bytes: Uint8Array, { name }: Writing): Uint8Array {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const count = all.readUInt32BE(0)
  let at = HEAD_BYTES + ENTRY_BYTES * count
  const parts: Buffer[] = []
  for (let i = 0; i < count; i++) {
    const entry = HEAD_BYTES + ENTRY_BYTES * i
    const [before, length] = [all.readUInt32BE(entry), all.readUInt32BE(entry + 4)]
    parts.push(all.subarray(at, at + before))
    at += before
    parts.push(Buffer.from(all.toString(name, at, at + length)))
    at += length
  }
  return Buffer.concat([...parts, all.subarray(at)])
}
