import type { JsonValue } from '../fields/check-body.ts'
import { LIST_MAX } from '../fields/check-body.ts'
import { fieldTable } from '../fields/tables.ts'

export type Schema = { readonly [name: string]: JsonValue }

const leaves: Readonly<Record<string, Schema>> = {
  text: { type: 'string' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  any: {},
}

/** A kind of a field table, as a schema. @see JSON Schema 2020-12 */
export function schemaOf(kind: string): Schema {
  if (kind.endsWith('!')) return { ...schemaOf(kind.slice(0, -1)), readOnly: true }
  if (kind.startsWith('['))
    return { type: 'array', maxItems: LIST_MAX, items: schemaOf(kind.slice(1, -1)) }
  if (kind.startsWith('{'))
    return {
      type: 'object',
      maxProperties: LIST_MAX,
      additionalProperties: schemaOf(kind.slice(1, -1)),
    }
  return leaves[kind] ?? { $ref: `#/components/schemas/${kind}` }
}

/** The schemas of some tables and of all they are made of, in the order of their names. */
export function schemasOf(names: Iterable<string>): Record<string, Schema> {
  const found = new Map<string, Schema>()
  const open = [...names]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const table = fieldTable(name)
    if (found.has(name) || table === undefined) continue
    const members = Object.entries(table)
    const properties = Object.fromEntries(members.map(([member, kind]) => [member, schemaOf(kind)]))
    found.set(name, { type: 'object', properties })
    open.push(...members.map(([, kind]) => kind.replace(/[[\]{}!]/g, '')))
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}
