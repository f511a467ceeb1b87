/** One condition of a `$filter`: `name eq 'value'`, `name ge 2026-01-01`, or a function's call, whose verb is `()`. */
export interface Clause {
  /** In lower case. */
  readonly name: string
  readonly verb: 'eq' | 'ge' | 'le' | '()'
  /** Of a call without an argument the empty text. */
  readonly value: string
}

const FILTER_MAX = 4096
const TEXT = "'((?:[^']|'')*)'"
const ONE = new RegExp(
  String.raw`^\s*(?:(\w+(?:/\w+)*)\s+(?:(eq|ge|le)\s+${TEXT}|(ge|le)\s+([\d:.TZ+-]+))|(\w+)\(\s*(?:${TEXT})?\s*\))\s*(?:and\s|$)`,
  'i',
)

/**
 * The conditions of a `$filter`, all of which are to hold; none of an absent or empty one. Null: it is not made of such,
 * and must be refused: a filter that was only half understood gives what nobody asked for.
 * @see OData 4.01, URL Conventions, "System Query Option $filter"
 */
export function clausesOf(filter: string | undefined): readonly Clause[] | null {
  if (filter === undefined || filter.trim() === '') return []
  if (filter.length > FILTER_MAX) return null
  const clauses: Clause[] = []
  for (let rest = filter; rest !== ''; ) {
    const match = ONE.exec(rest)
    if (match === null) return null
    const [whole, name, verb, value, order, time, call, argument = ''] = match
    clauses.push(
      call === undefined
        ? {
            name: name!.toLowerCase(),
            verb: (verb ?? order)!.toLowerCase() as 'eq',
            value: plain((value ?? time)!),
          }
        : { name: call.toLowerCase(), verb: '()', value: plain(argument) },
    )
    rest = rest.slice(whole.length)
    if (rest === '' && /and\s$/i.test(whole)) return null
  }
  return clauses
}

const plain = (text: string) => text.replaceAll("''", "'")
