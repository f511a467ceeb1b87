import { u8, u32be, Writer } from '@trusted-launch/codec'
import { ChannelError } from './errors.ts'
import { CHANNEL_VERSION, FRAME_BYTES_MAX, FRAME_BYTES_MIN } from './limits.ts'

/**
 * One message: a u32be length of what follows (6 bytes to 64 KiB), then version, type, the id that
 * joins an answer to its question, and the payload.
 */
export interface Frame {
  readonly type: number
  readonly id: number
  readonly payload: Uint8Array
}

const LENGTH_BYTES = 4

/** @throws {RangeError} a payload that no frame holds: the caller's mistake. */
export function encodeFrame(frame: Frame): Uint8Array {
  const length = FRAME_BYTES_MIN + frame.payload.length
  if (length > FRAME_BYTES_MAX) throw new RangeError(`a frame of ${length} bytes`)
  const to = new Writer(LENGTH_BYTES + length)
  u32be.write(to, length)
  u8.write(to, CHANNEL_VERSION)
  u8.write(to, frame.type)
  u32be.write(to, frame.id)
  to.put(frame.payload)
  return to.finish()
}

/**
 * Cuts a stream into frames, however it arrives. Holds at most one frame (64 KiB), allocated only
 * once its length is known and within the limit. A stream that broke the rules is not
 * resynchronised: every further use throws the same error, and the connection is closed.
 */
export class FrameReader {
  readonly #frameBytesMax: number
  readonly #length = new Uint8Array(LENGTH_BYTES)
  #lengthBytes = 0
  #body: Uint8Array | null = null
  #bodyBytes = 0
  #fault: ChannelError | null = null

  /** @param frameBytesMax a limit below 64 KiB, for a side that is only asked. */
  constructor(frameBytesMax: number = FRAME_BYTES_MAX) {
    this.#frameBytesMax = frameBytesMax
  }

  /** Bytes held of a frame that is not whole yet. */
  get pendingBytes(): number {
    return this.#lengthBytes + this.#bodyBytes
  }

  /**
   * The frames that `chunk` completes, one by one; payloads are the caller's to keep.
   * @throws {ChannelError} `frame-too-long` and `frame-too-short` at the fourth byte,
   *   `frame-version` at the fifth at the earliest chunk that holds it.
   */
  *read(chunk: Uint8Array): Generator<Frame, void, undefined> {
    let at = 0
    while (at < chunk.length) {
      if (this.#fault !== null) throw this.#fault
      at += this.#body === null ? this.#takeLength(chunk, at) : this.#takeBody(chunk, at)
      const frame = this.#whole()
      if (frame !== null) yield frame
    }
  }

  #takeLength(chunk: Uint8Array, at: number): number {
    const taken = chunk.subarray(at, at + LENGTH_BYTES - this.#lengthBytes)
    this.#length.set(taken, this.#lengthBytes)
    this.#lengthBytes += taken.length
    if (this.#lengthBytes === LENGTH_BYTES) this.#body = new Uint8Array(this.#bodyLength())
    return taken.length
  }

  #bodyLength(): number {
    const length = new DataView(this.#length.buffer).getUint32(0)
    const max = this.#frameBytesMax
    if (length > max)
      throw this.#refuse('frame-too-long', `a frame of ${length} bytes, more than ${max}`, length)
    const min = FRAME_BYTES_MIN
    if (length < min)
      throw this.#refuse('frame-too-short', `a frame of ${length} bytes, fewer than ${min}`, length)
    return length
  }

  #takeBody(chunk: Uint8Array, at: number): number {
    const body = this.#body!
    const taken = chunk.subarray(at, at + body.length - this.#bodyBytes)
    body.set(taken, this.#bodyBytes)
    this.#bodyBytes += taken.length
    if (body[0] !== CHANNEL_VERSION)
      throw this.#refuse('frame-version', `a frame of version ${body[0]}`, body[0]!)
    return taken.length
  }

  #whole(): Frame | null {
    const body = this.#body
    if (body === null || this.#bodyBytes < body.length) return null
    this.#body = null
    this.#bodyBytes = 0
    this.#lengthBytes = 0
    const id = new DataView(body.buffer).getUint32(2)
    return { type: body[1]!, id, payload: body.subarray(FRAME_BYTES_MIN) }
  }

  #refuse(
    code: 'frame-too-long' | 'frame-too-short' | 'frame-version',
    text: string,
    found: number,
  ) {
    this.#fault = new ChannelError(code, text, { found })
    this.#body = null
    this.#bodyBytes = 0
    return this.#fault
  }
}
