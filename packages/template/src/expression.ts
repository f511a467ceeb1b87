import { clip, TemplateError } from './errors.ts'

/** An expression, taken apart: `[concat(parameters('a'), variables('b').c[0])]`. */
export type Expression =
  | { readonly kind: 'value'; readonly value: string | number }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'index'; readonly of: Expression; readonly by: Expression }

/** Azure's limit for one expression, in characters. */
export const EXPRESSION_MAX = 24_576
/** How deep calls and indexes may lie in each other. */
const NESTING_MAX = 100
const TOKEN = /\s*(?:('(?:[^']|'')*')|(-?\d+)|([A-Za-z_][\w$]*)|([()[\].,]))/y

/** A text that is an expression; null: it is what it says (`[[` at its beginning stands for `[`). @throws {TemplateError} */
export function expressionIn(text: string): Expression | null {
  if (!isExpression(text)) return null
  if (text.length > EXPRESSION_MAX)
    throw new TemplateError(
      `The language expression is longer than ${EXPRESSION_MAX} characters.`,
      '',
      'JobSizeExceeded',
    )
  return new Parser(text.slice(1, -1)).whole()
}

export function isExpression(text: string): boolean {
  return text.startsWith('[') && !text.startsWith('[[') && text.endsWith(']')
}

/** What a text that is no expression says. */
export function literalOf(text: string): string {
  return text.startsWith('[[') ? text.slice(1) : text
}

/** So that who reads it again finds the same text, and no expression. */
export function escaped(text: string): string {
  return text.startsWith('[') ? `[${text}` : text
}

class Parser {
  readonly #text: string
  #at = 0
  #token = ''
  #kind: 'text' | 'number' | 'name' | 'sign' | 'end' = 'end'

  constructor(text: string) {
    this.#text = text
    this.#next()
  }

  whole(): Expression {
    const found = this.#expression(0)
    if (this.#kind !== 'end') this.#fail()
    return found
  }

  #expression(level: number): Expression {
    if (level > NESTING_MAX)
      throw new TemplateError('The language expression is too deep.', '', 'JobSizeExceeded')
    let found = this.#first(level)
    let links = 0
    for (;;) {
      if (this.#takes('.')) found = { kind: 'index', of: found, by: this.#name() }
      else if (this.#takes('[')) {
        const by = this.#expression(level + 1)
        this.#need(']')
        found = { kind: 'index', of: found, by }
      } else return found
      links++
      if (links > NESTING_MAX)
        throw new TemplateError('The language expression is too deep.', '', 'JobSizeExceeded')
    }
  }

  #first(level: number): Expression {
    const [kind, token] = [this.#kind, this.#token]
    if (kind === 'sign' || kind === 'end') return this.#fail()
    this.#next()
    if (kind === 'text') return { kind: 'value', value: token.slice(1, -1).replaceAll("''", "'") }
    if (kind === 'number') return { kind: 'value', value: numberOf(token) }
    let name = token
    if (this.#takes('.')) name += `.${this.#name().value}`
    this.#need('(')
    return { kind: 'call', name, args: this.#arguments(level) }
  }

  #arguments(level: number): Expression[] {
    const args: Expression[] = []
    if (this.#takes(')')) return args
    for (;;) {
      args.push(this.#expression(level + 1))
      if (this.#takes(')')) return args
      this.#need(',')
    }
  }

  #name(): { kind: 'value'; value: string } {
    if (this.#kind !== 'name') return this.#fail()
    const value = this.#token
    this.#next()
    return { kind: 'value', value }
  }

  #takes(sign: string): boolean {
    if (this.#kind !== 'sign' || this.#token !== sign) return false
    this.#next()
    return true
  }

  #need(sign: string): void {
    if (!this.#takes(sign)) this.#fail()
  }

  #next(): void {
    TOKEN.lastIndex = this.#at
    const match = TOKEN.exec(this.#text)
    if (match === null) {
      if (this.#text.slice(this.#at).trim() !== '') this.#fail()
      this.#kind = 'end'
      return
    }
    this.#at = TOKEN.lastIndex
    const [, text, number, name, sign] = match
    this.#kind = text !== undefined ? 'text' : number ? 'number' : name ? 'name' : 'sign'
    this.#token = (text ?? number ?? name ?? sign)!
  }

  #fail(): never {
    throw new TemplateError(
      `Unable to parse language expression '${clip(this.#text)}': something else was expected at character ${this.#at}.`,
    )
  }
}

function numberOf(digits: string): number {
  const value = Number(digits)
  if (Number.isSafeInteger(value)) return value
  throw new TemplateError(`The number '${clip(digits)}' is too large.`)
}
