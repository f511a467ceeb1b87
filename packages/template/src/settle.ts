import { Budget, DEPTH_MAX } from './budget.ts'
import type { Environment, References } from './environment.ts'
import { at, TemplateError } from './errors.ts'
import { callsIn, evaluate, evaluateText } from './evaluate.ts'
import { type Expression, escaped, expressionIn, literalOf } from './expression.ts'
import { LIMITS } from './template.ts'
import { isList, isObject, type Json, type JsonObject, memberOf } from './value.ts'

/** An expression that needs the state of a resource: it is evaluated when that is there. */
export class Deferred {
  readonly text: string
  readonly expression: Expression
  readonly environment: Environment
  readonly isEscaped: boolean
  readonly path: string

  constructor(
    text: string,
    expression: Expression,
    environment: Environment,
    isEscaped: boolean,
    path: string,
  ) {
    this.text = text
    this.path = path
    this.expression = expression
    this.environment = environment
    this.isEscaped = isEscaped
  }
}

/** A part of a template, evaluated but for what is deferred. */
export type Tree = null | boolean | number | string | Deferred | readonly Tree[] | TreeObject
export interface TreeObject {
  readonly [name: string]: Tree
}

export interface SettleRules {
  /** Whether it may wait for the state of a resource. */
  readonly mayDefer: boolean
  /** It is a template in a template, evaluated where the outer one is: what comes out is read once more. */
  readonly isTemplate: boolean
}

/** Evaluates what can be evaluated now. @throws {TemplateError} with the path. */
export function settle(
  value: Json,
  environment: Environment,
  path: string,
  rules: SettleRules,
  level = 0,
): Tree {
  environment.budget.spend(1)
  if (level > DEPTH_MAX) throw new TemplateError('It is too deep.', path, 'JobSizeExceeded')
  if (typeof value === 'string') return at(path, () => settleText(value, environment, rules, path))
  if (isList(value))
    return value.map((one, i) => settle(one, environment, `${path}[${i}]`, rules, level + 1))
  if (!isObject(value)) return value
  const { copy } = value
  const loops = isList(copy) && !rules.isTemplate ? copy : []
  const members = Object.entries(value)
    .filter(([name, one]) => one !== loops || name !== 'copy')
    .map(([name, one]): [string, Tree] => [
      at(path, () => nameOf(name, environment)),
      settle(one, environment, `${path}.${name}`, rules, level + 1),
    ])
  const copied = loops.map((loop, i) =>
    looped(loop, environment, `${path}.copy[${i}]`, (input, inside, where) =>
      settle(input, inside, where, rules, level + 1),
    ),
  )
  return Object.fromEntries([...members, ...copied])
}

/** The same where nothing may wait. @throws {TemplateError} */
export function settleNow(value: Json, environment: Environment, path: string): Json {
  return settle(value, environment, path, { mayDefer: false, isTemplate: false }) as Json
}

/** The name of a loop's list, and its members. */
export function looped<T>(
  loop: Json,
  environment: Environment,
  path: string,
  each: (input: Json, inside: Environment, path: string) => T,
): [string, T[]] {
  const input = isObject(loop) ? memberOf(loop, 'input') : undefined
  const name = isObject(loop) ? memberOf(loop, 'name') : undefined
  if (!isObject(loop) || input === undefined || typeof name !== 'string')
    throw new TemplateError('A loop has a name, a count and an input.', path)
  const count = countOf(loop, environment, path)
  const members = Array.from({ length: count }, (_, index) => {
    const loops = [...environment.loops, { name, index, isOfResource: false }]
    return each(input, { ...environment, loops }, `${path}.input`)
  })
  return [name, members]
}

/** How often a loop goes round. @throws {TemplateError} */
export function countOf(loop: JsonObject, environment: Environment, path: string): number {
  const count = settleNow(memberOf(loop, 'count') ?? null, environment, `${path}.count`)
  if (
    typeof count === 'number' &&
    Number.isInteger(count) &&
    count >= 0 &&
    count <= LIMITS.resources
  )
    return count
  throw new TemplateError(`The count of a loop is 0 to ${LIMITS.resources}.`, path)
}

function settleText(
  text: string,
  environment: Environment,
  rules: SettleRules,
  path: string,
): Tree {
  const expression = expressionIn(text)
  if (expression === null) return rules.isTemplate ? escaped(literalOf(text)) : literalOf(text)
  if (rules.mayDefer && needsState(expression))
    return new Deferred(text, expression, environment, rules.isTemplate, path)
  const value = evaluateText(text, environment)
  return rules.isTemplate ? escapedIn(value) : value
}

function needsState(expression: Expression): boolean {
  for (const { name } of callsIn(expression)) if (name.toLowerCase() === 'reference') return true
  return false
}

/** Members may be named by expressions too. */
function nameOf(name: string, environment: Environment): string {
  const value = evaluateText(name, environment)
  if (typeof value === 'string') return value
  throw new TemplateError('The name of a member is a text.')
}

/** What was computed is no expression, whatever it begins with. */
function escapedIn(value: Json): Json {
  if (typeof value === 'string') return escaped(value)
  if (isList(value)) return value.map(escapedIn)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, escapedIn(one)]))
}

/** All of it, now that states can be had. @throws {TemplateError} {@link NeedsReference} */
export function resolve(tree: Tree, references: References): Json {
  return resolved(tree, references, new Budget())
}

function resolved(tree: Tree, references: References, budget: Budget): Json {
  if (tree instanceof Deferred) {
    const environment = { ...tree.environment, references, budget }
    const value = at(tree.path, () => evaluate(tree.expression, environment))
    budget.write(budget.weigh(value))
    return tree.isEscaped ? escapedIn(value) : value
  }
  if (typeof tree !== 'object' || tree === null) return tree
  if (Array.isArray(tree)) return tree.map((one) => resolved(one, references, budget))
  return Object.fromEntries(
    Object.entries(tree).map(([name, one]) => [name, resolved(one, references, budget)]),
  )
}

/** All that is deferred in it. */
export function* deferredIn(tree: Tree): Generator<Deferred> {
  if (tree instanceof Deferred) yield tree
  else if (typeof tree === 'object' && tree !== null)
    for (const one of Object.values(tree)) yield* deferredIn(one as Tree)
}

/** To be shown: what is deferred is its expression. */
export function shown(tree: Tree): Json {
  if (tree instanceof Deferred) return tree.text
  if (typeof tree !== 'object' || tree === null) return tree
  if (Array.isArray(tree)) return tree.map(shown)
  return Object.fromEntries(Object.entries(tree).map(([name, one]) => [name, shown(one as Tree)]))
}
