import { BootChainError } from './errors.ts'

/** A piece of a word: literal text, or a variable; quoted pieces are never split at spaces. */
export interface Fragment {
  readonly kind: 'text' | 'variable'
  readonly value: string
  readonly quoted: boolean
}

/** A word before expansion; a block `{ … }` is its raw text and is not expanded. */
export type Word =
  | { readonly kind: 'word'; readonly fragments: readonly Fragment[] }
  | { readonly kind: 'block'; readonly raw: string }

/** A command line, an `if`, a loop, or a function that is defined. Anything else of GRUB's language is refused as unpredictable. */
export type Statement =
  | { readonly kind: 'command'; readonly words: readonly Word[] }
  | {
      readonly kind: 'loop'
      readonly name: string
      /** Of `while` and `until`. */
      readonly condition: readonly Statement[]
      readonly body: readonly Statement[]
    }
  | { readonly kind: 'function'; readonly name: string; readonly body: readonly Statement[] }
  | {
      readonly kind: 'if'
      readonly branches: readonly {
        readonly condition: readonly Statement[]
        readonly body: readonly Statement[]
      }[]
      readonly otherwise: readonly Statement[]
    }

const scriptCharsMax = 256 << 10
const depthMax = 32
const loops = new Set(['while', 'until', 'for'])

/**
 * Parses a GRUB script: commands, quotes, variables, comments, `if`/`elif`/`else`, loops, functions, blocks.
 * @throws {BootChainError} UNPREDICTABLE: what is no GRUB script.
 */
export function parseGrubScript(script: string): Statement[] {
  if (script.length > scriptCharsMax) throw unpredictable('script', 'longer than 256 KiB')
  if (/[^\S \t\n]/.test(script)) throw unpredictable('script', 'spaces that GRUB reads otherwise')
  const parser = new Parser(script)
  const statements = parser.statements([], 0)
  if (!parser.atEnd) throw unpredictable('script', 'more closed than opened')
  return statements
}

class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length
  }

  /** Statements until one of these keywords, or a function's `}`, which is left unread. */
  statements(until: readonly string[], depth: number): Statement[] {
    if (depth > depthMax) throw unpredictable('script', 'nested too deep')
    const found: Statement[] = []
    for (;;) {
      this.#skip(/[\s;]|#[^\n]*/y)
      if (this.atEnd) return found
      if (this.#peek === '}' && until.includes('}')) return found
      const keyword = this.#keyword()
      if (keyword !== null && until.includes(keyword)) return found
      if (keyword !== null && loops.has(keyword)) found.push(this.#loop(keyword, depth))
      else if (keyword === 'if') found.push(this.#if(depth))
      else found.push(keyword === 'function' ? this.#function(depth) : this.#command())
    }
  }

  #function(depth: number): Statement {
    const head = /function[ \t]+([A-Za-z_]\w*)\s+\{(?=\s)/y
    head.lastIndex = this.#at
    const name = head.exec(this.#text)?.[1]
    if (name === undefined) throw unpredictable('function', 'no name and body')
    this.#at = head.lastIndex
    const body = this.statements(['}'], depth + 1)
    if (this.#peek !== '}') throw unpredictable('function', 'never closed')
    this.#at++
    return { kind: 'function', name, body }
  }

  /** `for name in words; do … done`, `while condition; do … done`. */
  #loop(name: string, depth: number): Statement {
    this.#take(name)
    const condition = name === 'for' ? [] : this.statements(['do'], depth + 1)
    // Its words are expanded, and are no command.
    if (name === 'for') this.#command()
    this.#skip(/[\s;]|#[^\n]*/y)
    this.#take('do')
    const body = this.statements(['done'], depth + 1)
    this.#take('done')
    return { kind: 'loop', name, condition, body }
  }

  #if(depth: number): Statement {
    const branches = []
    for (let word = 'if'; word !== 'else' && word !== 'fi'; ) {
      this.#take(word)
      const condition = this.statements(['then'], depth + 1)
      this.#take('then')
      const body = this.statements(['elif', 'else', 'fi'], depth + 1)
      branches.push({ condition, body })
      word = this.#keyword() ?? 'fi'
    }
    let otherwise: Statement[] = []
    if (this.#keyword() === 'else') {
      this.#take('else')
      otherwise = this.statements(['fi'], depth + 1)
    }
    this.#take('fi')
    return { kind: 'if', branches, otherwise }
  }

  #command(): Statement {
    const words: Word[] = []
    for (;;) {
      this.#skip(/[ \t]|\\\n/y)
      if (this.atEnd || /[\n;]/.test(this.#peek)) return { kind: 'command', words }
      if (/[#]/.test(this.#peek)) this.#skip(/#[^\n]*/y)
      else if (this.#peek === '{') words.push(this.#block())
      else if (/[}|&<>()]/.test(this.#peek) && !this.#startsDevice())
        throw unpredictable(this.#peek, 'not foretold')
      else words.push(this.#word())
    }
  }

  /** `(hd0,gpt1)/path` is a word in GRUB, parentheses and all. */
  #startsDevice(): boolean {
    return this.#peek === '('
  }

  #block(): Word {
    const start = this.#at
    for (let depth = 0; !this.atEnd; ) {
      const character = this.#peek
      if (character === "'" || character === '"') this.#skipQuoted(character)
      else if (character === '\\') this.#at += 2
      else this.#at++
      if (character === '{') depth++
      if (character === '}' && --depth === 0)
        return { kind: 'block', raw: this.#text.slice(start, this.#at) }
    }
    throw unpredictable('{', 'never closed')
  }

  #skipQuoted(quote: string): void {
    const end = this.#text.indexOf(quote, this.#at + 1)
    if (end < 0) throw unpredictable(quote, 'never closed')
    this.#at = end + 1
  }

  #word(): Word {
    const fragments: Fragment[] = []
    while (!this.atEnd && !/[\s;#{}]/.test(this.#peek)) this.#fragment(fragments)
    return { kind: 'word', fragments }
  }

  #fragment(into: Fragment[]): void {
    const character = this.#peek
    if (character === '\\') into.push({ kind: 'text', value: this.#escaped(), quoted: true })
    else if (character === "'") {
      const start = this.#at + 1
      this.#skipQuoted("'")
      into.push({ kind: 'text', value: this.#text.slice(start, this.#at - 1), quoted: true })
    } else if (character === '"') this.#doubleQuoted(into)
    else if (character === '$') into.push(this.#variable(false))
    else into.push({ kind: 'text', value: this.#plain(), quoted: false })
  }

  #doubleQuoted(into: Fragment[]): void {
    this.#at++
    let text = ''
    for (;;) {
      if (this.atEnd) throw unpredictable('"', 'never closed')
      const character = this.#text[this.#at]!
      if (character === '"') break
      if (character === '$') {
        into.push({ kind: 'text', value: text, quoted: true }, this.#variable(true))
        text = ''
      } else if (character === '\\') {
        const escaped = /["$\\\n]/.test(this.#text[this.#at + 1] ?? '')
        if (escaped) this.#at++
        if (!escaped || this.#peek !== '\n') text += this.#peek
        this.#at++
      } else text += this.#run(/[^"$\\]+/y)
    }
    this.#at++
    into.push({ kind: 'text', value: text, quoted: true })
  }

  #variable(quoted: boolean): Fragment {
    const match = /\$(?:\{([A-Za-z0-9_]+|\?)\}|([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[?#@*]))/y
    match.lastIndex = this.#at
    const found = match.exec(this.#text)
    if (found === null) throw unpredictable('$', 'no variable')
    this.#at = match.lastIndex
    return { kind: 'variable', value: found[1] ?? found[2]!, quoted }
  }

  #escaped(): string {
    this.#at += 2
    return this.#text[this.#at - 1] ?? ''
  }

  #plain(): string {
    return this.#run(/[^\s;#{}'"$\\]+/y)
  }

  /** All that follows of these characters, in one piece: there may be very many of them. */
  #run(of: RegExp): string {
    const start = this.#at
    of.lastIndex = start
    this.#at = of.test(this.#text) ? of.lastIndex : start + 1
    return this.#text.slice(start, this.#at)
  }

  /** A reserved word here, if one stands here by itself. */
  #keyword(): string | null {
    const match = /(if|then|elif|else|fi|while|until|for|do|done|function)(?=[\s;]|$)/y
    match.lastIndex = this.#at
    return match.exec(this.#text)?.[1] ?? null
  }

  #take(word: string): void {
    if (this.#keyword() !== word) throw unpredictable(word, 'missing')
    this.#at += word.length
  }

  get #peek(): string {
    return this.#text[this.#at] ?? ''
  }

  #skip(what: RegExp): void {
    for (what.lastIndex = this.#at; what.test(this.#text); ) this.#at = what.lastIndex
  }
}

function unpredictable(subject: string, reason: string): BootChainError {
  return new BootChainError('UNPREDICTABLE', `GRUB script: ${subject}`, reason)
}
