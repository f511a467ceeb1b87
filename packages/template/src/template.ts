import type { UserFunction } from './environment.ts'
import { at, clip, TemplateError } from './errors.ts'
import { isList, isObject, type Json, type JsonObject, memberOf } from './value.ts'

/** Azure's limits for one template. */
export const LIMITS = {
  /** As sent, in bytes. */
  templateBytes: 4_194_304,
  parameters: 256,
  variables: 512,
  outputs: 64,
  /** Copies counted. */
  resources: 800,
} as const

/** A resource as the template has it. */
export interface Declared {
  /** What the template calls it, where resources have names of their own (`languageVersion` 2.0). */
  readonly symbol: string | null
  readonly body: JsonObject
  readonly path: string
}

/** A template, its frame read and nothing of it evaluated. */
export interface Template {
  readonly parameters: JsonObject
  readonly variables: JsonObject
  readonly functions: ReadonlyMap<string, UserFunction>
  readonly resources: readonly Declared[]
  readonly outputs: JsonObject
}

const MEMBERS = new Set([
  ...['$schema', 'languageversion', 'contentversion', 'parameters', 'functions', 'variables'],
  ...['resources', 'outputs', 'metadata', 'definitions', 'apiprofile', 'imports', 'extensions'],
])
const REFUSED = ['definitions', 'apiProfile', 'imports', 'extensions'] as const
const SCHEMA = /\/(?:subscriptionD|d)eploymentTemplate\.json#?$/i

/** @throws {TemplateError} */
export function readTemplate(text: Json): Template {
  if (!isObject(text)) throw new TemplateError('The template is no object.')
  for (const name of Object.keys(text))
    if (!MEMBERS.has(name.toLowerCase()))
      throw new TemplateError(`Could not find member '${clip(name)}' on object of type 'Template'.`)
  for (const name of REFUSED)
    if (!isEmpty(memberOf(text, name)))
      throw new TemplateError(`The member '${name}' is not supported here.`)
  const schema = memberOf(text, '$schema')
  if (typeof schema !== 'string' || !SCHEMA.test(schema))
    throw new TemplateError(
      "The '$schema' is missing, or of no deployment to a resource group or subscription.",
    )
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(String(memberOf(text, 'contentVersion'))))
    throw new TemplateError("The 'contentVersion' is missing, or not four numbers.")
  return {
    parameters: section(text, 'parameters', LIMITS.parameters),
    variables: section(text, 'variables', LIMITS.variables),
    functions: functionsIn(memberOf(text, 'functions') ?? []),
    resources: declaredIn(memberOf(text, 'resources') ?? []),
    outputs: section(text, 'outputs', LIMITS.outputs),
  }
}

function isEmpty(value: Json | undefined): boolean {
  return (
    value === undefined || value === null || (isObject(value) && Object.keys(value).length === 0)
  )
}

function section(template: JsonObject, name: string, max: number): JsonObject {
  const found = memberOf(template, name) ?? {}
  if (!isObject(found)) throw new TemplateError('It is no object.', name)
  const count = Object.keys(found).length
  if (count <= max) return found
  throw new TemplateError(
    `A template has at most ${max} ${name}, and there are ${count}.`,
    name,
    'JobSizeExceeded',
  )
}

function declaredIn(resources: Json): Declared[] {
  const named = isObject(resources)
  if (!named && !isList(resources)) throw new TemplateError('It is no list.', 'resources')
  const all: [string | null, Json, string][] = named
    ? Object.entries(resources).map(([name, body]) => [name, body, `resources.${name}`])
    : resources.map((body, i) => [null, body, `resources[${i}]`])
  if (all.length > LIMITS.resources) throw tooMany(all.length)
  return all.map(([symbol, body, path]) => {
    if (!isObject(body)) throw new TemplateError('A resource is an object.', path)
    return { symbol, body, path }
  })
}

export function tooMany(count: number): TemplateError {
  return new TemplateError(
    `A template has at most ${LIMITS.resources} resources, and there are ${count}.`,
    'resources',
    'JobSizeExceeded',
  )
}

function functionsIn(spaces: Json): Map<string, UserFunction> {
  const found = new Map<string, UserFunction>()
  if (!isList(spaces)) throw new TemplateError('It is no list.', 'functions')
  for (const [i, space] of spaces.entries())
    at(`functions[${i}]`, () => {
      const members = isObject(space) ? memberOf(space, 'members') : undefined
      const namespace = isObject(space) ? memberOf(space, 'namespace') : undefined
      if (typeof namespace !== 'string' || !isObject(members))
        throw new TemplateError('It has no namespace or no members.')
      for (const [name, body] of Object.entries(members))
        found.set(`${namespace}.${name}`.toLowerCase(), userFunction(body))
    })
  return found
}

function userFunction(body: Json): UserFunction {
  const output = isObject(body) ? memberOf(body, 'output') : undefined
  const parameters = (isObject(body) ? memberOf(body, 'parameters') : undefined) ?? []
  if (!isObject(output) || !isList(parameters))
    throw new TemplateError('A function has parameters and an output.')
  const read = parameters.map((one) => {
    const name = isObject(one) ? memberOf(one, 'name') : undefined
    if (typeof name !== 'string') throw new TemplateError('A parameter has no name.')
    return { name }
  })
  return { parameters: read, output: { value: memberOf(output, 'value') ?? null } }
}
