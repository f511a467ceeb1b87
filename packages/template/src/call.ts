import type { Environment } from './environment.ts'
import { TemplateError } from './errors.ts'
import type { Expression } from './expression.ts'
import { isList, isObject, type Json, type JsonObject, type Kind, kindOf } from './value.ts'

/** A function of the language. */
export interface TemplateFunction {
  /** How many arguments it takes. */
  readonly takes: readonly [min: number, max: number]
  /** What it gives for arguments that are evaluated already… */
  readonly give?: (call: Call) => Json
  /** … or for those it evaluates itself: not all of them, or more than once. */
  readonly lazily?: (call: LazyCall) => Json
}

export const MANY = 800

/** One call, while its function works. */
export class Call {
  readonly name: string
  readonly args: readonly Json[]
  readonly environment: Environment

  constructor(name: string, args: readonly Json[], environment: Environment) {
    this.name = name
    this.args = args
    this.environment = environment
  }

  get count(): number {
    return this.args.length
  }

  at(index: number): Json {
    return this.args[index] ?? null
  }

  text(index: number): string {
    const value = this.at(index)
    return typeof value === 'string' ? value : this.wrong(index, 'string')
  }

  /** All of them. */
  texts(): string[] {
    return this.args.map((_, i) => this.text(i))
  }

  int(index: number): number {
    const value = this.at(index)
    return typeof value === 'number' ? value : this.wrong(index, 'int')
  }

  bool(index: number): boolean {
    const value = this.at(index)
    return typeof value === 'boolean' ? value : this.wrong(index, 'bool')
  }

  list(index: number): readonly Json[] {
    const value = this.at(index)
    return isList(value) ? value : this.wrong(index, 'array')
  }

  object(index: number): JsonObject {
    const value = this.at(index)
    return isObject(value) ? value : this.wrong(index, 'object')
  }

  /** @throws {TemplateError} */
  wrong(index: number, ...expected: readonly Kind[]): never {
    const found = index < this.count ? kindOf(this.at(index)) : 'nothing'
    return this.fail(`argument ${index + 1} is ${found}, and ${expected.join(' or ')} was expected`)
  }

  /** @throws {TemplateError} */
  fail(why: string): never {
    throw new TemplateError(`Unable to evaluate template language function '${this.name}': ${why}.`)
  }
}

/** One call whose arguments its function evaluates. */
export class LazyCall {
  readonly name: string
  readonly args: readonly Expression[]
  readonly environment: Environment
  readonly evaluate: (expression: Expression, environment: Environment) => Json

  constructor(
    name: string,
    args: readonly Expression[],
    environment: Environment,
    evaluate: LazyCall['evaluate'],
  ) {
    this.name = name
    this.args = args
    this.environment = environment
    this.evaluate = evaluate
  }

  /** The arguments from there on, evaluated; those before count as null. */
  given(...indexes: readonly number[]): Call {
    const values = this.args.map((one, i) =>
      indexes.includes(i) ? this.evaluate(one, this.environment) : null,
    )
    return new Call(this.name, values, this.environment)
  }

  fail(why: string): never {
    return new Call(this.name, [], this.environment).fail(why)
  }
}
