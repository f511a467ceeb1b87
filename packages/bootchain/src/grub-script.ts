import { unpredictable } from './grub-errors.ts'
import { parseGrubScript, type Statement, type Word } from './grub-syntax.ts'
import { expandWord, joinWords } from './grub-words.ts'

const statementsMax = 4096
const callsMax = 32

/** GRUB's `$?`; null: it is not known whether the command failed. */
export type GrubStatus = number | null

/** FILE_NOT_FOUND, include/grub/err.h. */
export const NOT_FOUND = 5

/** What a script does to the machine. */
export interface GrubMachine {
  /** True once a kernel was started: nothing runs any more. */
  readonly booted: boolean
  /** Each command is measured before it runs. */
  measureCommand(text: string): void
  variable(name: string): string
  /** Undefined: no command of GRUB's. @throws {BootChainError} */
  run(name: string, words: readonly string[], raw: readonly Word[]): GrubStatus | undefined
  /** `name=value`. @throws {BootChainError} */
  assign(assignment: string): GrubStatus
}

/** Runs GRUB's scripts: what is tried, in which order, with which words. GRUB 2.06, grub-core/script/execute.c. */
export class GrubScript {
  readonly #machine: GrubMachine
  readonly #functions = new Map<string, readonly Statement[]>()
  #parameters: readonly string[] | null = null
  #status: GrubStatus = 0
  #steps = 0
  #calls = 0

  constructor(machine: GrubMachine) {
    this.#machine = machine
  }

  /** @throws {BootChainError} UNPREDICTABLE, and what its commands throw. */
  run(text: string): GrubStatus {
    this.#execute(parseGrubScript(text))
    return this.#status
  }

  #execute(statements: readonly Statement[]): void {
    for (const statement of statements) {
      if (this.#machine.booted) return
      if (++this.#steps > statementsMax) throw unpredictable('script', 'too many steps')
      if (statement.kind === 'if') this.#if(statement)
      else if (statement.kind === 'command') this.#command(statement.words)
      else if (statement.kind === 'loop') throw unpredictable(statement.name, 'a loop')
      else this.#functions.set(statement.name, statement.body)
    }
  }

  #if({ branches, otherwise }: Extract<Statement, { kind: 'if' }>): void {
    for (const { condition, body } of branches) {
      this.#execute(condition)
      if (this.#machine.booted) return
      if (this.#status === null) throw unpredictable('if', 'its condition may fail')
      if (this.#status !== 0) continue
      this.#execute(body)
      return
    }
    this.#status = 0
    this.#execute(otherwise)
  }

  #command(words: readonly Word[]): void {
    const line = words.flatMap((word) => expandWord(word, (name) => this.#value(name)))
    if (line.length === 0) return
    this.#machine.measureCommand(joinWords(line))
    const inverted = line[0] === '!'
    const [name = '', ...rest] = inverted ? line.slice(1) : line
    const known = this.#machine.run(name, rest, words)
    const status = known === undefined ? this.#other(name, rest) : known
    this.#status = inverted && status !== null ? Number(status === 0) : status
  }

  /** What is no command of GRUB's is a function, or else sets a variable. */
  #other(name: string, words: readonly string[]): GrubStatus {
    const body = this.#functions.get(name)
    if (body !== undefined) return this.#call(body, words)
    if (/^[A-Za-z_]\w*=/.test(name)) return this.#machine.assign(name)
    throw unpredictable(name, 'a command that is not foretold')
  }

  #call(body: readonly Statement[], words: readonly string[]): GrubStatus {
    if (++this.#calls > callsMax) throw unpredictable('function', 'calls that go too deep')
    const before = this.#parameters
    this.#parameters = words
    this.#status = 0
    this.#execute(body)
    this.#parameters = before
    this.#calls--
    return this.#status
  }

  #value(name: string): string {
    if (name === '?' && this.#status !== null) return String(this.#status)
    if (/^[1-9][0-9]?$/.test(name) && this.#parameters !== null)
      return this.#parameters[Number(name) - 1] ?? ''
    if (/^[0-9#@*?]/.test(name)) throw unpredictable(`$${name}`, 'not foretold')
    return this.#machine.variable(name)
  }
}
