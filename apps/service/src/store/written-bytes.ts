/** A way to write bytes as text. Runs that are shorter are not worth the trouble. */
interface Writing {
  readonly run: RegExp
  readonly name: 'base64url' | 'hex'
}

/**
 * In this order: what stands in base64url may be text with hexadecimal in it. A longer run is several: what a guest sends
 * is as long as it likes, and a pattern without an end overflows on some megabytes.
 */
const WRITINGS: readonly Writing[] = [
  { name: 'base64url', run: /[A-Za-z0-9_-]{80,65536}/g },
  { name: 'hex', run: /[0-9a-f]{40,65536}/g },
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
function read(bytes: Uint8Array, { name, run: pattern }: Writing): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  const entries: number[] = []
  const parts: Buffer[] = []
  let end = 0
  for (const { 0: run, index } of text.matchAll(pattern)) {
    const decoded = Buffer.from(run, name)
    const written = decoded.toString(name)
    // Not as anybody writes it: the same bytes would be written otherwise.
    if (!run.startsWith(written)) continue
    parts.push(Buffer.from(text.slice(end, index), 'latin1'), decoded)
    entries.push(index - end, decoded.length)
    end = index + written.length
  }
  const head = Buffer.alloc(HEAD_BYTES + 4 * entries.length)
  const numbers = [entries.length / 2, ...entries]
  for (const [i, number] of numbers.entries()) head.writeUInt32BE(number, 4 * i)
  return Buffer.concat([head, ...parts, Buffer.from(text.slice(end), 'latin1')])
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
