import { Call, LazyCall } from './call.ts'
import type { Environment, UserFunction } from './environment.ts'
import { clip, TemplateError } from './errors.ts'
import { type Expression, expressionIn, literalOf } from './expression.ts'
import { functionNamed, REFUSED } from './functions.ts'
import { isList, isObject, type Json, kindOf, memberOf } from './value.ts'

/** What an expression comes to. @throws {TemplateError} {@link NeedsReference} */
export function evaluate(expression: Expression, environment: Environment): Json {
  const { budget } = environment
  budget.spend(1)
  if (expression.kind === 'value') return expression.value
  if (expression.kind === 'index')
    return indexed(
      evaluate(expression.of, environment),
      evaluate(expression.by, environment),
      expression.by.kind === 'value' ? ` '${clip(String(expression.by.value))}'` : '',
    )
  const value = called(expression, environment)
  budget.weigh(value)
  return value
}

/** A text of a template: what its expression comes to, or what it says. */
export function evaluateText(text: string, environment: Environment): Json {
  const expression = expressionIn(text)
  if (expression === null) return literalOf(text)
  const value = evaluate(expression, environment)
  // Written out where it stands, however often it is shared.
  environment.budget.write(environment.budget.weigh(value))
  return value
}

function called({ name, args }: Expression & { kind: 'call' }, environment: Environment): Json {
  const own = environment.names.userFunction(name)
  if (own !== null) return calledOwn(name, own, args, environment)
  const found = functionNamed(name)
  if (found === null) throw new TemplateError(unknown(name))
  const [least, most] = found.takes
  if (args.length < least || args.length > most)
    throw new TemplateError(
      `Unable to evaluate template language function '${name}': ${args.length} arguments are given, and ${least === most ? least : `${least} to ${most}`} were expected.`,
    )
  if (found.lazily !== undefined)
    return found.lazily(new LazyCall(name, args, environment, evaluate))
  const values = args.map((one) => evaluate(one, environment))
  const value = found.give!(new Call(name, values, environment))
  environment.budget.write(shallowSize(value))
  return value
}

const shallowSize = (value: Json): number =>
  typeof value === 'string' || isList(value)
    ? value.length
    : isObject(value)
      ? Object.keys(value).length
      : 0

function unknown(name: string): string {
  const why = REFUSED[name.toLowerCase()] ?? (/^list/i.test(name) ? REFUSED['list*'] : undefined)
  if (why !== undefined) return `The template function '${name}' is not supported here: ${why}.`
  return `The template function '${clip(name)}' is not valid.`
}

/** Knows its own arguments only, as Azure has it: no variables, no state, no other function of the template. */
function calledOwn(
  name: string,
  { parameters, output }: UserFunction,
  args: readonly Expression[],
  environment: Environment,
): Json {
  if (args.length !== parameters.length)
    throw new TemplateError(
      `The template function '${name}' takes ${parameters.length} arguments, and ${args.length} are given.`,
    )
  const values = args.map((one) => evaluate(one, environment))
  const names = {
    parameter(asked: string): Json {
      const at = parameters.findIndex((one) => one.name.toLowerCase() === asked.toLowerCase())
      if (at < 0) throw new TemplateError(`The template function '${name}' has no '${asked}'.`)
      return values[at]!
    },
    variable(): never {
      throw new TemplateError(`The template function '${name}' may not use variables.`)
    },
    userFunction: () => null,
  }
  return settledOwn(output.value, {
    ...{ ...environment, names, loops: [], lambdas: {}, references: null },
    named: () => null,
  })
}

function settledOwn(value: Json, environment: Environment): Json {
  if (typeof value === 'string') return evaluateText(value, environment)
  if (isList(value)) return value.map((one) => settledOwn(one, environment))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, settledOwn(one, environment)]),
  )
}

/** @param written what stands in the template; what is computed, and what an object has, may be secure. */
function indexed(value: Json, by: Json, written: string): Json {
  if (isList(value) && typeof by === 'number') {
    const found = value[by]
    if (found === undefined)
      throw new TemplateError(
        `The language expression property array index${written} is out of bounds.`,
      )
    return found
  }
  if (isObject(value) && typeof by === 'string') {
    const found = memberOf(value, by)
    if (found !== undefined) return found
    throw new TemplateError(`The language expression property${written} doesn't exist.`)
  }
  throw new TemplateError(
    `The language expression property${written} can't be evaluated: it is looked for in ${kindOf(value)}.`,
  )
}

/** All calls in an expression, those in its arguments too. */
export function* callsIn(expression: Expression): Generator<Expression & { kind: 'call' }> {
  if (expression.kind === 'index') {
    yield* callsIn(expression.of)
    yield* callsIn(expression.by)
  }
  if (expression.kind !== 'call') return
  yield expression
  for (const one of expression.args) yield* callsIn(one)
}
