import { Budget } from './budget.ts'
import type { Context, Environment, References } from './environment.ts'
import { at, clip, TemplateError } from './errors.ts'
import { TemplateNames } from './names.ts'
import { dependenciesOf, inOrder, Places } from './order.ts'
import { outputName } from './output-name.ts'
import { isSecure, typeIn } from './parameters.ts'
import { type Planned, plannedOf } from './planned.ts'
import { deferredIn, looped, resolve, settle, settleNow, shown, type Tree } from './settle.ts'
import { readTemplate, type Template } from './template.ts'
import { isObject, type Json, type JsonObject, kindOf, memberOf } from './value.ts'

/** A resource that is to be deployed. */
export interface PlannedResource {
  readonly id: string
  readonly type: string
  /** With its parents': `web/extensions`' is `web/GuestAttestation`. */
  readonly name: string
  readonly apiVersion: string
  /** The ids of those that must be there before. */
  readonly dependsOn: readonly string[]
  /** Where in the template. */
  readonly path: string
  /** Whether all that is sent of it is known before others are there. */
  readonly isKnown: boolean
  /** What is sent of it. @throws {TemplateError} @throws {NeedsReference} a state that `references` does not have. */
  body(references: References): JsonObject
  /** As far as it is known; expressions that wait are shown as they are. */
  readonly shown: JsonObject
}

/** What a template comes to with its parameters. */
export interface Plan {
  /** `{ "name": { "type": "String", "value": … } }`; secure ones without their value. */
  readonly parameters: JsonObject
  /** Each after those it depends on. */
  readonly resources: readonly PlannedResource[]
  /** The ids of those whose condition does not hold. */
  readonly skipped: readonly string[]
  /** The ids of those that it names and does not deploy. */
  readonly existing: readonly string[]
  /** `{ "name": { "type": "String", "value": … } }`. @throws {TemplateError} @throws {NeedsReference} */
  outputs(references: References): JsonObject
}

/**
 * Reads a template and evaluates all of it that needs no resource to be there.
 *
 * @param given `{ "name": { "value": … } }`
 * @param isMasked secure parameters are evaluated as stars: for plans that are shown.
 * @param budget what it may cost: one for several templates bounds them all.
 * @throws {TemplateError} `InvalidTemplate`; `JobSizeExceeded`: one of the limits of `template.ts` and `budget.ts`.
 */
export function planTemplate(
  template: Json,
  given: JsonObject,
  context: Context,
  isMasked = false,
  budget = new Budget(),
): Plan {
  budget.weigh(template)
  const read = readTemplate(template)
  const names = new TemplateNames(read, given, isMasked)
  let places = new Places([])
  const environment: Environment = {
    ...{ context, budget, names, loops: [], lambdas: {}, references: null, defaultOf: null },
    named: (name) => places.idOf(name),
  }
  names.in(environment)
  const parameters = parametersOf(read, names)
  for (const name of Object.keys(read.variables)) if (name !== 'copy') names.variable(name)
  const planned = plannedOf(read.resources, environment)
  requireOnce(planned)
  places = new Places(planned)
  const dependencies = dependenciesOf(planned, places)
  const outputs = outputsOf(read, environment)
  return {
    parameters,
    resources: inOrder(dependencies).map((one) => resourceOf(one, dependencies.get(one)!)),
    skipped: planned.filter((one) => one.isSkipped && !one.isExisting).map(({ id }) => id),
    existing: planned.filter(({ isExisting }) => isExisting).map(({ id }) => id),
    outputs: (references) =>
      Object.fromEntries(outputs.map((one) => resolvedOutput(one, references))),
  }
}

function resourceOf(
  { id, type, name, apiVersion, path, body }: Planned,
  dependsOn: readonly Planned[],
): PlannedResource {
  return {
    ...{ id, type, name, apiVersion, path },
    dependsOn: dependsOn.map((one) => one.id),
    isKnown: deferredIn(body).next().done === true,
    body: (references) => at(path, () => resolve(body, references) as JsonObject),
    shown: shown(body) as JsonObject,
  }
}

function parametersOf({ parameters }: Template, names: TemplateNames): JsonObject {
  const all = Object.entries(parameters).map(([name, declared]) => {
    const value = names.parameter(name)
    const { shown: type } = at(`parameters.${name}`, () => typeIn(declared as JsonObject))
    return [name, isSecure(declared as JsonObject) ? { type } : { type, value }] as const
  })
  return Object.fromEntries(all)
}

/** @throws {TemplateError} a resource is there twice. */
function requireOnce(planned: readonly Planned[]): void {
  const seen = new Set<string>()
  for (const { id, path, isSkipped } of planned) {
    if (isSkipped) continue
    const key = id.toLowerCase()
    if (seen.has(key))
      throw new TemplateError(
        `The resource '${clip(id)}' is defined multiple times in a template.`,
        path,
      )
    seen.add(key)
  }
}

interface Output {
  readonly name: string
  readonly declared: JsonObject
  readonly value: Tree
}

function outputsOf({ outputs }: Template, environment: Environment): Output[] {
  return Object.entries(outputs).flatMap(([name, declared]) => {
    const path = `outputs.${name}`
    if (!isObject(declared)) throw new TemplateError('An output is an object.', path)
    at(path, () => typeIn(declared))
    const wanted = settleNow(memberOf(declared, 'condition') ?? true, environment, path)
    if (wanted !== true) return []
    const rules = { mayDefer: true, isTemplate: false }
    const loop = memberOf(declared, 'copy')
    if (isObject(loop)) {
      const value = looped({ name, ...loop }, environment, path, (input, inside, where) =>
        settle(input, inside, where, rules),
      )[1]
      return [{ name, declared, value }]
    }
    const value = settle(memberOf(declared, 'value') ?? null, environment, `${path}.value`, rules)
    return [{ name, declared, value }]
  })
}

function resolvedOutput({ name, declared, value }: Output, references: References): [string, Json] {
  return at(`outputs.${name}`, () => {
    const { shown: type, kind } = typeIn(declared)
    const found = resolve(value, references)
    if (found !== null && kindOf(found) !== kind)
      throw new TemplateError(`The output is ${kindOf(found)}, and ${kind} was expected.`)
    return [outputName(name), isSecure(declared) ? { type } : { type, value: found }]
  })
}
