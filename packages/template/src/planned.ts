import type { Environment } from './environment.ts'
import { at, clip, TemplateError } from './errors.ts'
import { evaluateText } from './evaluate.ts'
import { absolute, idWithin, withinProviders } from './resource-ids.ts'
import { countOf, settle, settleNow, type Tree, type TreeObject } from './settle.ts'
import { type Declared, LIMITS, tooMany } from './template.ts'
import { isList, isObject, type Json, type JsonObject, memberOf } from './value.ts'

export const DEPLOYMENT = 'Microsoft.Resources/deployments'

/** A resource as the template means it, in one of its copies. */
export interface Planned {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly apiVersion: string
  /** What is sent of it, but for what waits for others. */
  readonly body: TreeObject
  /** As the template has it: ids, types and names, names of loops. */
  readonly dependsOn: readonly string[]
  readonly path: string
  readonly symbol: string | null
  /** Of the loop it is a copy of; `batch`: how many at once, null: all. */
  readonly copy: {
    readonly name: string
    readonly index: number
    readonly batch: number | null
  } | null
  /** Not deployed: its condition does not hold, or it is there already. */
  readonly isSkipped: boolean
  /** It is there already, and only named. */
  readonly isExisting: boolean
}

interface Parent {
  readonly type: string
  readonly name: string
}

/** What is for the template, and not for the resource. */
const FRAME = new Set([
  ...['type', 'name', 'apiversion', 'dependson', 'copy', 'condition', 'scope', 'resources'],
  ...['comments', 'metadata', 'existing', 'resourcegroup', 'subscriptionid', 'asserts'],
])
const API_VERSION = /^\d{4}-\d{2}-\d{2}(?:-[a-z0-9-]{1,32})?$/i

/** All that the template declares, copies one by one. @throws {TemplateError} */
export function plannedOf(all: readonly Declared[], environment: Environment): Planned[] {
  const planned: Planned[] = []
  for (const one of all) expand(one, null, environment, planned)
  return planned
}

function expand(
  declared: Declared,
  parent: Parent | null,
  environment: Environment,
  into: Planned[],
): void {
  const { body, path } = declared
  const loop = memberOf(body, 'copy')
  if (loop === undefined || loop === null) {
    one(declared, parent, environment, null, into)
    return
  }
  const name = isObject(loop) ? memberOf(loop, 'name') : undefined
  if (!isObject(loop) || typeof name !== 'string')
    throw new TemplateError('A loop has a name and a count.', `${path}.copy`)
  const count = countOf(loop, environment, `${path}.copy`)
  const batch = batchOf(loop, environment, `${path}.copy`)
  for (let index = 0; index < count; index++) {
    const loops = [...environment.loops, { name, index, isOfResource: true }]
    one(declared, parent, { ...environment, loops }, { name, index, batch }, into)
  }
}

function batchOf(loop: JsonObject, environment: Environment, path: string): number | null {
  const mode = settleNow(memberOf(loop, 'mode') ?? 'parallel', environment, `${path}.mode`)
  if (/^parallel$/i.test(String(mode))) return null
  const size = settleNow(memberOf(loop, 'batchSize') ?? 1, environment, `${path}.batchSize`)
  if (/^serial$/i.test(String(mode)) && typeof size === 'number' && size >= 1) return size
  throw new TemplateError('A loop is parallel, or serial with a batchSize of 1 or more.', path)
}

function one(
  declared: Declared,
  parent: Parent | null,
  environment: Environment,
  copy: Planned['copy'],
  into: Planned[],
): void {
  const { body, path, symbol } = declared
  const text = (name: string) => at(`${path}.${name}`, () => textIn(body, name, environment))
  const type = within(parent?.type, text('type'))
  const name = within(parent?.name, text('name'))
  const apiVersion = text('apiVersion')
  if (!API_VERSION.test(apiVersion))
    throw new TemplateError(`The api-version '${clip(apiVersion)}' is not valid.`, path)
  const isSkipped = !isWanted(body, environment, path)
  into.push({
    ...{ type, name, apiVersion, path, symbol, copy, isSkipped },
    isExisting: memberOf(body, 'existing') === true,
    id: at(path, () => idOf(body, type, name, environment)),
    body: isSkipped ? {} : bodyOf(body, type, environment, path),
    dependsOn: dependenciesIn(body, environment, path),
  })
  if (into.length > LIMITS.resources) throw tooMany(into.length)
  const children = memberOf(body, 'resources') ?? []
  if (!isList(children)) throw new TemplateError('It is no list.', `${path}.resources`)
  for (const [i, child] of children.entries()) {
    const where = `${path}.resources[${i}]`
    if (!isObject(child)) throw new TemplateError('A resource is an object.', where)
    expand({ symbol: null, body: child, path: where }, { type, name }, environment, into)
  }
}

/** A child's type and name go on from its parent's. */
const within = (parent: string | undefined, own: string): string =>
  parent === undefined ? own : `${parent}/${own}`

function textIn(body: JsonObject, name: string, environment: Environment): string {
  const given = memberOf(body, name)
  if (given === undefined) throw new TemplateError(`The '${name}' of the resource is missing.`)
  const value = typeof given === 'string' ? evaluateText(given, environment) : given
  if (typeof value === 'string' && value !== '') return value
  throw new TemplateError(`The '${name}' of the resource is no text.`)
}

function isWanted(body: JsonObject, environment: Environment, path: string): boolean {
  if (memberOf(body, 'existing') === true) return false
  const wanted = settleNow(memberOf(body, 'condition') ?? true, environment, `${path}.condition`)
  if (typeof wanted === 'boolean') return wanted
  throw new TemplateError('A condition is true or false.', `${path}.condition`)
}

/** What extends another says so by its `scope`; a deployment may be another group's or subscription's. */
function idOf(body: JsonObject, type: string, name: string, environment: Environment): string {
  const { subscriptionId, resourceGroup } = environment.context
  const here = `/subscriptions/${subscriptionId}${resourceGroup === null ? '' : `/resourceGroups/${resourceGroup}`}`
  if (memberOf(body, 'scope') !== undefined) {
    const scope = absolute(textIn(body, 'scope', environment), here)
    return `${scope === '/' ? '' : scope}${withinProviders(type, [name])}`
  }
  const other = (member: string) =>
    memberOf(body, member) === undefined ? null : textIn(body, member, environment)
  const isElsewhere = other('resourceGroup') !== null || other('subscriptionId') !== null
  if (isElsewhere && type.toLowerCase() !== DEPLOYMENT.toLowerCase())
    throw new TemplateError('Only a deployment lies in another group or subscription.')
  const subscription = other('subscriptionId')
  const group = other('resourceGroup') ?? (subscription === null ? resourceGroup : null)
  return idWithin(subscription ?? subscriptionId, group, type, [name])
}

function dependenciesIn(body: JsonObject, environment: Environment, path: string): string[] {
  const list = settleNow(memberOf(body, 'dependsOn') ?? [], environment, `${path}.dependsOn`)
  if (!isList(list)) throw new TemplateError('It is no list.', `${path}.dependsOn`)
  return list.map((text) => {
    if (typeof text === 'string') return text
    throw new TemplateError('A dependency is a text.', `${path}.dependsOn`)
  })
}

function bodyOf(
  body: JsonObject,
  type: string,
  environment: Environment,
  path: string,
): TreeObject {
  const kept = Object.entries(body).filter(([name]) => !FRAME.has(name.toLowerCase()))
  const isDeployment = type.toLowerCase() === DEPLOYMENT.toLowerCase()
  return Object.fromEntries(
    kept.map(([name, value]): [string, Tree] => {
      const where = `${path}.${name}`
      if (isDeployment && name.toLowerCase() === 'properties' && isObject(value))
        return [name, nestedOf(value, environment, where)]
      return [name, settle(value, environment, where, { mayDefer: true, isTemplate: false })]
    }),
  )
}

/** A template in a template: its expressions are the outer one's, unless it says `inner`. */
function nestedOf(properties: JsonObject, environment: Environment, path: string): TreeObject {
  if (memberOf(properties, 'templateLink') !== undefined)
    throw new TemplateError('Linked templates are not supported here: nothing is fetched.', path)
  const options = memberOf(properties, 'expressionEvaluationOptions')
  const scope = isObject(options) ? memberOf(options, 'scope') : 'outer'
  const isInner = /^inner$/i.test(String(scope))
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]): [string, Tree] => {
      const isTemplate = name.toLowerCase() === 'template'
      if (isTemplate && isInner) return [name, value as Json]
      return [name, settle(value, environment, `${path}.${name}`, { mayDefer: true, isTemplate })]
    }),
  )
}
