import compute from './compute.json' with { type: 'json' }
import network from './network.json' with { type: 'json' }

/** Name → kind: `text`, `number`, `boolean`, `any`, a table's name, `[kind]` a list, `{kind}` a map; `!` at the end: of answers only. */
export type FieldTable = Readonly<Record<string, string>>

/** Types that no client library we read declares. */
const own: Readonly<Record<string, FieldTable>> = {
  ResourceGroup: {
    ...{ id: 'text!', name: 'text!', type: 'text!', location: 'text', managedBy: 'text' },
    ...{ tags: '{text}', properties: 'any' },
  },
}
const tables: Readonly<Record<string, FieldTable>> = { ...network, ...compute, ...own }

/** A type's members on the wire, as Azure's client libraries can send them; undefined: no such type. */
export function fieldTable(type: string): FieldTable | undefined {
  return Object.hasOwn(tables, type) ? tables[type] : undefined
}
