const BELL = '\u0007'
const ESCAPE = '\u001b'
/** What begins a string that a terminal obeys: OSC (titles, clipboard, colours, links), DCS, SOS, PM, APC. ECMA-48, 5.6. */
const STRINGS = ']PX^_'
/** What of a terminal's controls moves its cursor; the rest ask it something, or do nothing. */
const CONTROLS = '\b\t\n\v\f\r'
/** Longer than any that is known. */
const SEQUENCE_MAX = 64
/** DA, DSR, window reports, DECRQM, the terminal's version: what would be answered is typed at the VM. */
const QUESTION = /^\u001b\[(?:[?>=]?[\d;]*[cn]|[\d;]*t|\??[\d;]*\$p|>[\d;]*q)$/

/**
 * What a guest prints, as far as it only draws: cursor, colours, erasing. What would set the person's terminal's title or
 * clipboard, or make it answer, is left out. A sequence may come in pieces.
 * @see ECMA-48, 5.4 and 5.6
 */
export class TerminalFilter {
  readonly #text = new TextDecoder()
  /** An escape sequence that has begun. */
  #begun = ''
  /** Within a string. */
  #isString = false

  pass(bytes: Uint8Array): string {
    let passed = ''
    for (const one of this.#text.decode(bytes, { stream: true })) passed += this.#next(one)
    return passed
  }

  #next(one: string): string {
    if (this.#isString) return this.#inString(one)
    if (this.#begun !== '') return this.#inSequence(one)
    if (one === ESCAPE) {
      this.#begun = one
      return ''
    }
    const isControl = one < ' ' || (one >= '\u007f' && one < '\u00a0')
    return isControl && !CONTROLS.includes(one) && one !== BELL ? '' : one
  }

  /** Until BEL, or ESC and a backslash. */
  #inString(one: string): string {
    if (one === BELL || (this.#begun === ESCAPE && one === '\\')) {
      this.#isString = false
      this.#begun = ''
    } else this.#begun = one === ESCAPE ? ESCAPE : ''
    return ''
  }

  #inSequence(one: string): string {
    const isFirst = this.#begun.length === 1
    if (one === ESCAPE || this.#begun.length > SEQUENCE_MAX) {
      this.#begun = one === ESCAPE ? ESCAPE : ''
      return ''
    }
    this.#begun += one
    if (isFirst && STRINGS.includes(one)) {
      this.#isString = true
      this.#begun = ''
      return ''
    }
    const isOver =
      this.#begun[1] === '[' ? !isFirst && one >= '@' && one <= '~' : one >= '0' && one <= '~'
    if (!isOver) return ''
    const whole = this.#begun
    this.#begun = ''
    return QUESTION.test(whole) || whole === `${ESCAPE}Z` ? '' : whole
  }
}
