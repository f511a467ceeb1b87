import { clip, TemplateError } from './errors.ts'
import {
  equal,
  isList,
  isObject,
  type Json,
  type JsonObject,
  kindOf,
  memberOf,
  nameIn,
  textOf,
} from './value.ts'

/** What a parameter or output may be, and the kind its values are of. */
const KINDS: Readonly<Record<string, { readonly kind: string; readonly shown: string }>> = {
  string: { kind: 'string', shown: 'String' },
  securestring: { kind: 'string', shown: 'SecureString' },
  int: { kind: 'int', shown: 'Int' },
  bool: { kind: 'bool', shown: 'Bool' },
  object: { kind: 'object', shown: 'Object' },
  secureobject: { kind: 'object', shown: 'SecureObject' },
  array: { kind: 'array', shown: 'Array' },
}

/** A type by its name. @throws {TemplateError} */
export function typeIn(declared: JsonObject): { readonly kind: string; readonly shown: string } {
  const type = memberOf(declared, 'type')
  const found = typeof type === 'string' ? KINDS[type.toLowerCase()] : undefined
  if (found !== undefined) return found
  throw new TemplateError(
    type === undefined
      ? 'The type is missing.'
      : `The type '${clip(String(type))}' is none that is supported here.`,
  )
}

/** Neither kept nor shown. */
export function isSecure(declared: JsonObject): boolean {
  return /^secure/i.test(String(memberOf(declared, 'type')))
}

/** The value that is given for a parameter; undefined: none is. @throws {TemplateError} */
export function givenFor(name: string, given: JsonObject): Json | undefined {
  const key = nameIn(given, name)
  if (key === undefined) return undefined
  const body = given[key]!
  if (!isObject(body)) throw new TemplateError(`It is no object with a 'value'.`, key)
  if (memberOf(body, 'reference') !== undefined)
    throw new TemplateError('References to key vaults are not supported here.', key)
  return memberOf(body, 'value')
}

/** @throws {TemplateError} parameters are given that the template does not have. */
export function requireDeclared(declared: JsonObject, given: JsonObject): void {
  const foreign = Object.keys(given).filter((name) => nameIn(declared, name) === undefined)
  if (foreign.length === 0) return
  throw new TemplateError(
    `The template parameters '${clip(foreign.join(', '))}' in the parameters file are not valid; they are not present in the original template and can therefore not be provided at deployment time. The only supported parameters for this template are '${clip(Object.keys(declared).join(', '))}'.`,
  )
}

/** Holds a value against what its parameter allows. @throws {TemplateError} which of it does not hold; never a secure value. */
export function checkParameter(name: string, declared: JsonObject, value: Json): Json {
  const { kind } = typeIn(declared)
  if (value === null && memberOf(declared, 'nullable') === true) return value
  if (kindOf(value) !== kind || (kind === 'int' && !Number.isSafeInteger(value)))
    throw new TemplateError(
      `The value of the template parameter '${name}' is ${kindOf(value)}, and ${kind} was expected.`,
    )
  const shown = isSecure(declared) ? '' : ` '${clip(textOf(value))}'`
  const allowed = memberOf(declared, 'allowedValues')
  if (isList(allowed) && !isAllowed(allowed, value))
    throw new TemplateError(
      `The provided value${shown} for the template parameter '${name}' is not valid. The value is not part of the allowed value(s): '${clip(allowed.map(textOf).join(','))}'.`,
    )
  checkRange(name, declared, value)
  return value
}

/** Texts in any case of letters; of a list each of its values. */
function isAllowed(allowed: readonly Json[], value: Json): boolean {
  if (isList(value) && !allowed.some((one) => equal(one, value)))
    return value.every((one) => isAllowed(allowed, one))
  return allowed.some(
    (one) =>
      equal(one, value) ||
      (typeof one === 'string' &&
        typeof value === 'string' &&
        one.toLowerCase() === value.toLowerCase()),
  )
}

function checkRange(name: string, declared: JsonObject, value: Json): void {
  const size = typeof value === 'string' || isList(value) ? value.length : null
  const measures = [
    ['Value', typeof value === 'number' ? value : null],
    ['Length', size],
  ] as const
  for (const [what, measure] of measures) {
    if (measure === null) continue
    const [min, max] = [memberOf(declared, `min${what}`), memberOf(declared, `max${what}`)]
    if (typeof min === 'number' && measure < min) throw outside(name, what, min, 'less')
    if (typeof max === 'number' && measure > max) throw outside(name, what, max, 'more')
  }
}

function outside(name: string, what: string, limit: number, by: string): TemplateError {
  return new TemplateError(
    `The ${what.toLowerCase()} of the template parameter '${name}' is ${by} than ${limit}.`,
  )
}

/** Letters that say nothing, in the place of each secure one. */
export function masked(value: Json): Json {
  if (typeof value === 'string') return '*******'
  if (typeof value === 'number') return 0
  if (isList(value)) return value.map(masked)
  if (!isObject(value)) return typeof value === 'boolean' ? false : value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, masked(one)]))
}
