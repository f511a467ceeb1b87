import { concat, fromLatin1, MalformedError, Reader } from '@trusted-launch/codec'

/** Universal tags, X.690 8.1.2, with the constructed bit where DER asks for it. */
export const DER = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OBJECT_IDENTIFIER: 0x06,
  UTF8_STRING: 0x0c,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const

/** The tag of `[n]`: constructed (explicit, or implicit over a SEQUENCE or SET) or primitive. */
export function contextTag(n: number, constructed = true): number {
  return (constructed ? 0xa0 : 0x80) | n
}

/** One element: its tag, its content, and its bytes whole as they came. All are views. */
export interface DerElement {
  readonly tag: number
  readonly content: Uint8Array
  readonly bytes: Uint8Array
  /** Where the content begins in the whole input. */
  readonly position: number
}

/**
 * Reads DER, X.690 section 10, one element after the other, and no other form of BER: lengths are
 * definite and minimal, tags one byte. Nothing is allocated by a length that was read.
 */
export class DerReader {
  readonly #from: Reader

  /** @param position where `bytes` begin in the whole input, so that errors name its byte. */
  constructor(bytes: Uint8Array, position = 0) {
    this.#from = new Reader(bytes, position)
  }

  get atEnd(): boolean {
    return this.#from.remaining === 0
  }

  /** The next element, of this tag. @throws {MalformedError} another tag, or not DER. */
  next(tag?: number): DerElement {
    const from = this.#from
    const start = from.offset
    const found = from.bytes[from.skip(1)]!
    if (tag !== undefined && found !== tag) {
      from.offset = start
      throw from.malformed(`tag 0x${found.toString(16)} where 0x${tag.toString(16)} must be`)
    }
    if ((found & 0x1f) === 0x1f) throw from.malformed('a tag of more than one byte')
    const length = readLength(from)
    const position = from.position
    const content = from.take(length)
    return { tag: found, content, bytes: from.bytes.subarray(start, from.offset), position }
  }

  /** The next element if it has this tag. */
  optional(tag: number): DerElement | null {
    const from = this.#from
    return from.remaining > 0 && from.bytes[from.offset] === tag ? this.next(tag) : null
  }

  /** A reader over the next element's content. */
  enter(tag: number): DerReader {
    return inside(this.next(tag))
  }

  /** The elements that are left, at most `max`. */
  all(max: number, tag?: number): DerElement[] {
    const elements: DerElement[] = []
    while (!this.atEnd) {
      if (elements.length >= max) throw this.#from.malformed(`more than ${max} elements`)
      elements.push(this.next(tag))
    }
    return elements
  }

  /** @throws {MalformedError} unless everything was read. */
  finish(): void {
    this.#from.finish()
  }

  /** A dotted object identifier. */
  oid(): string {
    return oidOf(this.next(DER.OBJECT_IDENTIFIER))
  }

  /** An unsigned integer, without its leading zero byte. @throws {MalformedError} a negative one. */
  unsigned(): Uint8Array {
    const { content, position } = this.integer()
    if (content[0]! & 0x80) throw new MalformedError('', position, 'a negative integer')
    return content[0] === 0 && content.length > 1 ? content.subarray(1) : content
  }

  /** An integer of either sign, shortest form. */
  integer(): DerElement {
    const element = this.next(DER.INTEGER)
    const [first, second] = element.content
    const padded =
      element.content.length > 1 &&
      ((first === 0 && second! < 0x80) || (first === 0xff && second! >= 0x80))
    if (first === undefined || padded)
      throw new MalformedError('', element.position, 'not the shortest form of an integer')
    return element
  }

  /** An unsigned integer that fits 31 bits. */
  small(): number {
    const bytes = this.unsigned()
    if (bytes.length > 4 || (bytes.length === 4 && bytes[0]! >= 0x80))
      throw this.#from.malformed('an integer above 2^31')
    return bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  }

  boolean(): boolean {
    const { content, position } = this.next(DER.BOOLEAN)
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff))
      throw new MalformedError('', position, 'not a boolean')
    return content[0] === 0xff
  }

  /** A bit string of whole bytes. @throws {MalformedError} bits left over. */
  octets(): Uint8Array {
    const { content, position } = this.next(DER.BIT_STRING)
    if (content[0] !== 0) throw new MalformedError('', position, 'a bit string of broken bytes')
    return content.subarray(1)
  }
}

/** The one element that `bytes` hold, and nothing after it. */
export function readDer(bytes: Uint8Array, tag?: number): DerElement {
  const reader = new DerReader(bytes)
  const element = reader.next(tag)
  reader.finish()
  return element
}

/** A reader over an element's content. */
export function inside(element: DerElement): DerReader {
  return new DerReader(element.content, element.position)
}

// X.690 8.1.3, 10.1
function readLength(from: Reader): number {
  const first = from.bytes[from.skip(1)]!
  if (first < 0x80) return first
  const size = first & 0x7f
  if (size === 0 || size > 4) throw from.malformed('a length that is indefinite or of 2^32')
  const start = from.skip(size)
  let length = 0
  for (let i = 0; i < size; i++) length = length * 256 + from.bytes[start + i]!
  if (length < 0x80 || length < 256 ** (size - 1)) throw from.malformed('not the shortest length')
  return length
}

// X.690 8.19
function oidOf({ content, position }: DerElement): string {
  let text = ''
  let arc = 0
  for (let i = 0; i < content.length; i++) {
    const byte = content[i]!
    if (arc === 0 && byte === 0x80) throw new MalformedError('', position + i, 'a padded arc')
    arc = arc * 128 + (byte & 0x7f)
    if (arc > Number.MAX_SAFE_INTEGER) throw new MalformedError('', position + i, 'an arc of 2^53')
    if (byte & 0x80) continue
    text = text === '' ? firstArcs(arc) : `${text}.${arc}`
    arc = 0
  }
  if (text === '' || content[content.length - 1]! & 0x80)
    throw new MalformedError('', position, 'not an object identifier')
  return text
}

/** Two arcs are written as one. X.690 8.19.4 */
function firstArcs(both: number): string {
  const root = Math.min(2, Math.floor(both / 40))
  return `${root}.${both - 40 * root}`
}

/** An element: tag, shortest length, the parts as content. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concat(...parts)
  const size: number[] = []
  for (let left = content.length; left > 0; left = Math.floor(left / 256)) size.unshift(left % 256)
  const length = content.length < 0x80 ? [content.length] : [0x80 | size.length, ...size]
  return concat(Uint8Array.of(tag, ...length), content)
}

/** An INTEGER out of an unsigned big-endian number of any length. */
export function derUnsigned(value: Uint8Array): Uint8Array {
  let start = 0
  while (start < value.length - 1 && value[start] === 0) start++
  const digits = value.length === 0 ? Uint8Array.of(0) : value.subarray(start)
  return der(DER.INTEGER, digits[0]! & 0x80 ? concat(Uint8Array.of(0), digits) : digits)
}

/** An OBJECT IDENTIFIER out of its dotted form. */
export function derOid(dotted: string): Uint8Array {
  const [root, second, ...rest] = dotted.split('.').map(Number)
  const content: number[] = []
  for (const arc of [root! * 40 + second!, ...rest]) {
    const digits = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      digits.unshift(0x80 | (left % 128))
    content.push(...digits)
  }
  return der(DER.OBJECT_IDENTIFIER, Uint8Array.from(content))
}

/** A BIT STRING of whole bytes. */
export function derBits(content: Uint8Array): Uint8Array {
  return der(DER.BIT_STRING, Uint8Array.of(0), content)
}

/** A UTCTime (through 2049) or GeneralizedTime of whole seconds. RFC 5280, 4.1.2.5. */
export function derTime(ms: number): Uint8Array {
  const text = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)
  return text < '2050'
    ? der(DER.UTC_TIME, fromLatin1(`${text.slice(2)}Z`))
    : der(DER.GENERALIZED_TIME, fromLatin1(`${text}Z`))
}
