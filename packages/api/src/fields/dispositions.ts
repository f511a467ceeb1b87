import type { JsonValue } from './check-body.ts'
import { fieldTable } from './tables.ts'

/** What becomes of a member that is sent: it has its effect, it is kept and said to have none, or it is refused. */
export type Disposition = 'honoured' | 'notEnforced' | 'refused'

/** Paths (`properties.osProfile`) with all below them; the longest that fits decides, `notEnforced` where none does. */
export type Dispositions = Readonly<Record<string, Disposition>>

type JsonRecord = { readonly [name: string]: JsonValue }

export function dispositionOf(rules: Dispositions, path: string): Disposition {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.'))))
    if (Object.hasOwn(rules, at)) return rules[at]!
  return 'notEnforced'
}

/**
 * The members of a checked body that have a value and this disposition, by their paths; those of a list's entries
 * once each. To leave something off is to ask for nothing: `false` and what is empty are never refused.
 */
export function membersOf(rules: Dispositions, body: JsonRecord, wanted: Disposition): string[] {
  const found = leaves(body, '').filter(
    ([path, value]) =>
      dispositionOf(rules, path) === wanted && !(wanted === 'refused' && asksNothing(value)),
  )
  return [...new Set(found.map(([path]) => path))]
}

function leaves(value: JsonRecord, path: string): [path: string, value: JsonValue][] {
  return Object.entries(value).flatMap(([name, member]) => {
    const at = path === '' ? name : `${path}.${name}`
    if (member === null) return []
    if (!Array.isArray(member)) return isRecord(member) ? leaves(member, at) : [[at, member]]
    const records = member.filter(isRecord)
    return records.length === 0 ? [[at, member]] : records.flatMap((one) => leaves(one, at))
  })
}

function asksNothing(value: JsonValue): boolean {
  return value === false || value === '' || (Array.isArray(value) && value.length === 0)
}

function isRecord(value: JsonValue): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Every path of a type and what becomes of it, for the document: one level of lists, no type within itself. */
export function dispositionRows(
  type: string,
  rules: Dispositions,
): [path: string, what: Disposition][] {
  const rows: [string, Disposition][] = []
  const walk = (name: string, path: string, within: readonly string[]) => {
    for (const [member, kind] of Object.entries(fieldTable(name) ?? {})) {
      if (kind.endsWith('!')) continue
      const at = path === '' ? member : `${path}.${member}`
      const inner = kind.replace(/[[\]{}]/g, '')
      if (fieldTable(inner) === undefined || within.includes(inner))
        rows.push([at, dispositionOf(rules, at)])
      else walk(inner, at, [...within, inner])
    }
  }
  walk(type, '', [type])
  return rows
}
