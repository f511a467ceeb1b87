/** Code page 437 from 0x80 on: what OVMF draws its menus with on a serial port. */
const CP437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'
/** The first byte of the characters that lines and blocks are drawn with, and the first after them. */
const LINES = [0xb0, 0xe0] as const

/**
 * The text in what a guest prints. Linux prints UTF-8, firmware code page 437: a byte that begins no character of
 * UTF-8 is one of that code page, and so is what looks like one right after it among lines, as the corner of a frame.
 * A character may come in pieces.
 * @see RFC 3629
 */
export class ConsoleText {
  #rest: readonly number[] = []
  /** Whether the byte before was of the code page. */
  #isDrawing = false

  decode(bytes: Uint8Array): string {
    const all = [...this.#rest, ...bytes]
    this.#rest = []
    let text = ''
    for (let at = 0; at < all.length; ) {
      const length = this.#isLine(all, at) ? 1 : lengthAt(all, at)
      if (length === null) {
        this.#rest = all.slice(at)
        return text
      }
      const first = all[at]!
      this.#isDrawing = first >= 0x80 && length === 1
      text += this.#isDrawing ? CP437[first - 0x80] : codePointOf(all.slice(at, at + length))
      at += length
    }
    return text
  }

  #isLine(all: readonly number[], at: number): boolean {
    const first = all[at]!
    return this.#isDrawing && first >= LINES[0] && first < LINES[1]
  }
}

/** Of the character that begins there, in bytes; 1: none of UTF-8 does; null: it is not all here yet. */
function lengthAt(all: readonly number[], at: number): number | null {
  const first = all[at]!
  const length = first < 0x80 ? 1 : first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  if (length === 1 || first > 0xf4) return 1
  for (let i = 1; i < length; i++) {
    const next = all[at + i]
    if (next === undefined) return null
    const [low, high] = i > 1 ? [0x80, 0xbf] : secondOf(first)
    if (next < low || next > high) return 1
  }
  return length
}

/** What the second byte may be: no longer form than needed, no surrogate, nothing past U+10FFFF. */
function secondOf(first: number): readonly [number, number] {
  if (first === 0xe0) return [0xa0, 0xbf]
  if (first === 0xed) return [0x80, 0x9f]
  if (first === 0xf0) return [0x90, 0xbf]
  if (first === 0xf4) return [0x80, 0x8f]
  return [0x80, 0xbf]
}

function codePointOf([first, ...others]: readonly number[]): string {
  const bits = [0x7f, 0x1f, 0x0f, 0x07][others.length]!
  return String.fromCodePoint(
    others.reduce((value, byte) => (value << 6) | (byte & 0x3f), first! & bits),
  )
}
