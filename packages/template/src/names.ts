import type { Environment, Names, UserFunction } from './environment.ts'
import { at, clip, TemplateError } from './errors.ts'
import { checkParameter, givenFor, isSecure, masked, requireDeclared } from './parameters.ts'
import { looped, settleNow } from './settle.ts'
import type { Template } from './template.ts'
import { isList, isObject, type Json, type JsonObject, memberOf, nameIn } from './value.ts'

/** What the names of a template stand for: each is evaluated once, when it is first asked for. */
export class TemplateNames implements Names {
  readonly #template: Template
  readonly #given: JsonObject
  readonly #isMasked: boolean
  readonly #values = new Map<string, Json>()
  readonly #open = new Set<string>()
  #environment: Environment | null = null

  /** @throws {TemplateError} what is given is not declared. */
  constructor(template: Template, given: JsonObject, isMasked: boolean) {
    requireDeclared(template.parameters, given)
    this.#template = template
    this.#given = given
    this.#isMasked = isMasked
  }

  /** Where defaults and variables are evaluated. */
  in(environment: Environment): void {
    this.#environment = environment
  }

  parameter(asked: string): Json {
    const { parameters } = this.#template
    const name = nameIn(parameters, asked)
    if (name === undefined)
      throw new TemplateError(`The template parameter '${clip(asked)}' is not found.`)
    return this.#once(`parameters.${name}`, (environment) => {
      const declared = parameters[name]!
      if (!isObject(declared)) throw new TemplateError('A parameter is an object.')
      const value = this.#valueOf(name, declared, environment)
      const checked = checkParameter(name, declared, value)
      return this.#isMasked && isSecure(declared) ? masked(checked) : checked
    })
  }

  #valueOf(name: string, declared: JsonObject, environment: Environment): Json {
    const given = givenFor(name, this.#given)
    if (given !== undefined && !(given === null && memberOf(declared, 'nullable') !== true))
      return given
    const fallback = memberOf(declared, 'defaultValue')
    if (fallback !== undefined) return settleNow(fallback, { ...environment, defaultOf: name }, '')
    if (memberOf(declared, 'nullable') === true) return null
    throw new TemplateError(`The value for the template parameter '${name}' is not provided.`)
  }

  variable(asked: string): Json {
    const { variables } = this.#template
    const name = nameIn(variables, asked)
    if (name !== undefined && !(name === 'copy' && isList(variables[name])))
      return this.#once(`variables.${name}`, (environment) =>
        settleNow(variables[name]!, environment, ''),
      )
    const loop = this.#loopOf(asked)
    if (loop === undefined)
      throw new TemplateError(`The template variable '${clip(asked)}' is not found.`)
    return this.#once(
      `variables.${asked.toLowerCase()}`,
      (environment) => looped(loop, environment, '', settleNow)[1],
    )
  }

  #loopOf(asked: string): Json | undefined {
    const { copy } = this.#template.variables
    const name = (one: Json) => (isObject(one) ? memberOf(one, 'name') : undefined)
    return isList(copy)
      ? copy.find((one) => String(name(one)).toLowerCase() === asked.toLowerCase())
      : undefined
  }

  userFunction(name: string): UserFunction | null {
    return this.#template.functions.get(name.toLowerCase()) ?? null
  }

  #once(path: string, work: (environment: Environment) => Json): Json {
    const found = this.#values.get(path)
    if (found !== undefined) return found
    if (this.#open.has(path)) throw new TemplateError('It needs itself to be evaluated.', path)
    this.#open.add(path)
    const value = at(path, () => work(this.#environment!))
    this.#open.delete(path)
    this.#values.set(path, value)
    return value
  }
}
