import { InputError } from './line.ts'

const VERSION = 'RFB 003.008\n'
const SECURITY_NONE = 1
const SHARED = 1
const ENCODINGS_MAX = 256
const CLIPBOARD_MAX = 65_536

/**
 * What QEMU's server is told that a viewer understands: pictures, the pointer's, changes of size, and keys by their
 * scan codes. Of the clipboard, sound, power buttons and whatever else there is it learns nothing, so that neither asks.
 * @see RFC 6143, 7.7 and 7.8; the RFB protocol's community version for the negative ones
 */
const ENCODINGS: ReadonlySet<number> = new Set([
  ...[0, 1, 2, 5, 6, 7, 16, -260], // Raw, CopyRect, RRE, Hextile, Zlib, Tight, ZRLE, Tight PNG
  ...[-223, -224, -239], // DesktopSize, LastRect, Cursor
  ...[-257, -258], // QEMU's pointer motion and key events
  ...range(-32, -23), // JPEG quality
  ...range(-256, -247), // compression
])

/** The length of a message as far as it is known from its beginning; null: more of it is needed. */
type Length = (head: Buffer) => number | null
interface Message {
  readonly length: Length
  /** Whether it is something that the person did. */
  readonly isTyped?: boolean
  /** It is not passed on. */
  readonly isDropped?: boolean
}

const fixed =
  (bytes: number): Length =>
  () =>
    bytes
const counted =
  (at: number, head: number, each: number, max: number): Length =>
  (bytes) => {
    if (bytes.length < head) return null
    const count = at === 2 ? bytes.readUInt16BE(2) : Math.abs(bytes.readInt32BE(at))
    if (count > max) throw new InputError(`a message of ${count}`)
    return head + count * each
  }

const SET_ENCODINGS = 2
const QEMU = 255
/** RFC 6143, 7.5; QEMU's own extended key event. */
const MESSAGES: ReadonlyMap<number, Message> = new Map([
  [0, { length: fixed(20) }], // SetPixelFormat
  [SET_ENCODINGS, { length: counted(2, 4, 4, ENCODINGS_MAX) }],
  [3, { length: fixed(10) }], // FramebufferUpdateRequest
  [4, { length: fixed(8), isTyped: true }], // KeyEvent
  [5, { length: fixed(6), isTyped: true }], // PointerEvent
  [6, { length: counted(4, 8, 1, CLIPBOARD_MAX), isDropped: true }], // ClientCutText
  [QEMU, { length: fixed(12), isTyped: true }],
])

/**
 * What a viewer of a screen sends, message by message: who may not type looks only, whatever their page sends, and what
 * this does not know is not passed on but ends the connection. The beginning is as RFC 6143, 7.1 and 7.3 have it.
 */
export class ScreenInput {
  readonly #mayType: boolean
  #rest: Buffer = Buffer.alloc(0)
  #steps: readonly ((bytes: Buffer) => Buffer | null)[] = [version, security, clientInit]

  constructor(mayType: boolean) {
    this.#mayType = mayType
  }

  /** @returns what is passed on. @throws {InputError} */
  take(bytes: Uint8Array): Uint8Array {
    this.#rest = Buffer.concat([this.#rest, bytes])
    const passed: Buffer[] = []
    for (let one = this.#next(); one !== null; one = this.#next()) passed.push(one)
    return new Uint8Array(Buffer.concat(passed))
  }

  /** The next message as it is passed on, empty where it is not; null: it is not all here. */
  #next(): Buffer | null {
    if (this.#rest.length === 0) return null
    const [step, ...later] = this.#steps
    if (step !== undefined) {
      const begun = step(this.#rest)
      if (begun === null) return null
      this.#steps = later
      this.#rest = this.#rest.subarray(begun.length)
      return begun
    }
    const type = this.#rest[0]!
    const message = MESSAGES.get(type)
    if (message === undefined) throw new InputError(`a message of type ${type}`)
    const length = message.length(this.#rest)
    if (length === null || this.#rest.length < length) return null
    const whole = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    if (type === QEMU && whole[1] !== 0) throw new InputError(`QEMU's message ${whole[1]}`)
    const isLeftOut = message.isDropped === true || (message.isTyped === true && !this.#mayType)
    if (isLeftOut) return Buffer.alloc(0)
    return type === SET_ENCODINGS ? onlyKnown(whole) : whole
  }
}

function version(bytes: Buffer): Buffer | null {
  if (bytes.length < VERSION.length) return null
  const given = bytes.subarray(0, VERSION.length)
  if (given.toString('latin1') !== VERSION) throw new InputError('another version of RFB')
  return given
}

function security(bytes: Buffer): Buffer {
  if (bytes[0] !== SECURITY_NONE) throw new InputError(`security type ${bytes[0]}`)
  return bytes.subarray(0, 1)
}

/** Whoever asks to be alone is not. */
function clientInit(): Buffer {
  return Buffer.from([SHARED])
}

function onlyKnown(message: Buffer): Buffer {
  const known: Buffer[] = []
  for (let at = 4; at < message.length; at += 4)
    if (ENCODINGS.has(message.readInt32BE(at))) known.push(message.subarray(at, at + 4))
  const head = Buffer.from(message.subarray(0, 4))
  head.writeUInt16BE(known.length, 2)
  return Buffer.concat([head, ...known])
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}
