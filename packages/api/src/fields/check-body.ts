import { ArmError, type Fault } from '../fault.ts'
import { faults } from '../faults.ts'
import { spelled } from './enumerations.ts'
import { type FieldTable, fieldTable } from './tables.ts'

/** Plain JSON. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue }
type JsonRecord = { readonly [name: string]: JsonValue }

export const LIST_MAX = 1000

/**
 * A body, held against the members that its type has: names in any case become the type's, members of answers
 * only are left out (clients send back what they got), a list holds no null, `"true"` and `"3"` are taken for what they stand for,
 * a value of an enumeration has Azure's spelling.
 * @throws {ArmError} 400: an unknown member, a value of another kind or of no enumeration's, a list of more than 1,000.
 */
export function checkBody(type: string, body: JsonRecord): JsonRecord {
  return checkObject(type, body, '')
}

function checkObject(type: string, value: JsonRecord, path: string): JsonRecord {
  const table = fieldTable(type)
  if (table === undefined) throw new TypeError(`there is no table of ${type}`)
  const result: Record<string, JsonValue> = {}
  for (const [given, member] of Object.entries(value)) {
    const at = path === '' ? given : `${path}.${given}`
    const name = nameIn(table, given)
    if (name === undefined) throw new ArmError(unknownMember(given, type, at))
    const kind = table[name]!
    if (kind.endsWith('!')) continue
    if (Object.hasOwn(result, name)) throw new ArmError(twice(name, at))
    const checked = checkValue(kind, member, at)
    result[name] = typeof checked === 'string' ? checkSpelling(type, name, checked, at) : checked
  }
  return result
}

function checkSpelling(type: string, name: string, value: string, path: string): string {
  const known = spelled(type, name, value)
  if (known !== undefined) return known
  const names = path.split('.').filter((each) => each.toLowerCase() !== 'properties')
  throw new ArmError(faults.invalidParameter(clip(names.slice(-2).join('.'))))
}

function nameIn(table: FieldTable, given: string): string | undefined {
  if (Object.hasOwn(table, given)) return given
  const lower = given.toLowerCase()
  return Object.keys(table).find((name) => name.toLowerCase() === lower)
}

function checkValue(kind: string, value: JsonValue, path: string): JsonValue {
  if (value === null || kind === 'any') return value
  if (kind.startsWith('[')) return checkList(kind.slice(1, -1), value, path)
  if (kind.startsWith('{')) return checkMap(kind.slice(1, -1), value, path)
  const leaf = leaves[kind]
  if (leaf === undefined) return checkObject(kind, objectAt(value, path, kind), path)
  const taken = leaf(value)
  if (taken === undefined) throw new ArmError(wrongKind(value, kind, path))
  return taken
}

const leaves: Readonly<Record<string, (value: JsonValue) => JsonValue | undefined>> = {
  text: (value) =>
    typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined,
  boolean: (value) =>
    typeof value === 'string' && /^(?:true|false)$/i.test(value)
      ? /^t/i.test(value)
      : typeof value === 'boolean'
        ? value
        : undefined,
  number: (value) =>
    typeof value === 'string' && /^-?\d{1,15}$/.test(value)
      ? Number(value)
      : typeof value === 'number'
        ? value
        : undefined,
}

function checkList(kind: string, value: JsonValue, path: string): JsonValue {
  if (!Array.isArray(value) || value.length > LIST_MAX)
    throw new ArmError(wrongKind(value, 'list', path))
  return value.map((one, i) => {
    if (one === null) throw new ArmError(wrongKind(one, kind, `${path}[${i}]`))
    return checkValue(kind, one, `${path}[${i}]`)
  })
}

function checkMap(kind: string, value: JsonValue, path: string): JsonValue {
  const entries = Object.entries(objectAt(value, path, 'map'))
  if (entries.length > LIST_MAX) throw new ArmError(wrongKind(value, 'map', path))
  return Object.fromEntries(
    entries.map(([name, one]) => [name, checkValue(kind, one, `${path}.${name}`)]),
  )
}

function objectAt(value: JsonValue, path: string, kind: string): JsonRecord {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as JsonRecord
  throw new ArmError(wrongKind(value, kind, path))
}

function unknownMember(name: string, type: string, path: string): Fault {
  const object = type.replace(/PropertiesFormat$/, 'Properties')
  const message = `Could not find member '${clip(name)}' on object of type '${object}'. Path '${clip(path)}'.`
  return { status: 400, code: 'BadRequest', message, target: clip(path) }
}

function twice(name: string, path: string): Fault {
  const message = `Member '${clip(name)}' is given twice, in different cases of letters. Path '${clip(path)}'.`
  return { status: 400, code: 'BadRequest', message, target: clip(path) }
}

const WORDS: Readonly<Record<string, string>> = {
  text: 'String',
  boolean: 'Boolean',
  number: 'Int64',
  list: 'List',
  map: 'Dictionary',
}

function wrongKind(value: JsonValue, kind: string, path: string): Fault {
  const shown =
    typeof value === 'object'
      ? Array.isArray(value)
        ? 'a list'
        : 'an object'
      : `value "${clip(String(value))}"`
  const message = `Error converting ${shown} to type '${WORDS[kind] ?? kind}'. Path '${clip(path)}'.`
  return { status: 400, code: 'BadRequest', message, target: clip(path) }
}

const SHOWN_MAX = 200
const clip = (text: string) => (text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`)
