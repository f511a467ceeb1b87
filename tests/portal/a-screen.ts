import { Duplex } from 'node:stream'

export const WIDTH = 64
export const HEIGHT = 48
const VERSION = 'RFB 003.008\n'
/** 32 bits, little endian, red in the third byte. RFC 6143, 7.4. */
const FORMAT = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]
const KEY = 4
const SCAN_CODE = 255
const LENGTHS: Readonly<Record<number, number>> = { 0: 20, 3: 10, [KEY]: 8, 5: 6, [SCAN_CODE]: 12 }

/** A server of RFB whose screen is red all over; what is typed at it is written down. @see RFC 6143 */
export class RedScreen extends Duplex {
  /** How many messages of keys and pointer came. */
  typed = 0
  #rest = Buffer.alloc(0)
  #step: 'version' | 'security' | 'init' | 'open' = 'version'
  #isDrawn = false

  constructor() {
    super()
    this.push(VERSION)
  }

  override _read(): void {}

  override _write(bytes: Buffer, _: BufferEncoding, done: () => void): void {
    this.#rest = Buffer.concat([this.#rest, bytes])
    while (this.#take()) {}
    done()
  }

  override _destroy(_: Error | null, done: () => void): void {
    this.push(null)
    done()
  }

  #take(): boolean {
    if (this.#step !== 'open') return this.#begin()
    const [type] = this.#rest
    if (type === undefined) return false
    const length = type === 2 ? 4 + 4 * this.#rest.readUInt16BE(2) : LENGTHS[type]
    if (length === undefined) throw new Error(`a message of type ${type}`)
    if (this.#rest.length < length) return false
    this.#rest = this.#rest.subarray(length)
    if (type === 3 && !this.#isDrawn) this.#draw()
    if ([KEY, 5, SCAN_CODE].includes(type)) this.typed++
    return true
  }

  #begin(): boolean {
    const wanted = this.#step === 'version' ? VERSION.length : 1
    if (this.#rest.length < wanted) return false
    this.#rest = this.#rest.subarray(wanted)
    if (this.#step === 'version') this.push(Buffer.from([1, 1]))
    if (this.#step === 'security') this.push(Buffer.from([0, 0, 0, 0]))
    if (this.#step === 'init')
      this.push(Buffer.from([0, WIDTH, 0, HEIGHT, ...FORMAT, 0, 0, 0, 1, 0x73]))
    this.#step = ({ version: 'security', security: 'init', init: 'open' } as const)[
      this.#step as 'init'
    ]
    return true
  }

  #draw(): void {
    this.#isDrawn = true
    const head = Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, WIDTH, 0, HEIGHT, 0, 0, 0, 0])
    // noVNC asks for red in the first byte.
    const pixels = Buffer.alloc(WIDTH * HEIGHT * 4, Buffer.from([255, 0, 0, 0]))
    this.push(Buffer.concat([head, pixels]))
  }
}
