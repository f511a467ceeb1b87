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

/** The members of a checked body that have a value and this disposition, by their paths; lists are one member. */
export function membersOf(rules: Dispositions, body: JsonRecord, wanted: Disposition): string[] {
  return leafPaths(body, '').filter((path) => dispositionOf(rules, path) === wanted)
}

function leafPaths(value: JsonRecord, path: string): string[] {
  return Object.entries(value).flatMap(([name, member]) => {
    if (member === null) return []
    const at = path === '' ? name : `${path}.${name}`
    const isObject = typeof member === 'object' && !Array.isArray(member)
    return isObject ? leafPaths(member as JsonRecord, at) : [at]
  })
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
