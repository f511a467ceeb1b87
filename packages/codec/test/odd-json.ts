type Random = (below: number) => number

/** A JSON value in a text: where it stands. */
interface Place {
  readonly start: number
  readonly end: number
  readonly isName: boolean
}

const deep = 10_000
const names = ['"__proto__"', '"constructor"', '"toString"', '"\\ud800"', '""']

/** What a reader that trusts a value to be of one kind does not expect: every kind, and what has no text or no end. */
const values = [
  ...['null', 'true', '0', '-0', '-1', '1.5', '1e400', '9007199254740993', '[]', '{}'],
  ...[...names, '"sha256"', '["sha256"]', '[null]', '[[]]', '[{}]'],
  '{"toString":0,"valueOf":0}',
  '{"__proto__":{"length":1}}',
  '{"length":4294967295}',
  `"${'x'.repeat(70_000)}"`,
  `${'['.repeat(deep)}${']'.repeat(deep)}`,
  `${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`,
]

/** A document of so many values is small. */
const smallPlaces = 40

/**
 * JSON, or a sequence of it, with an odd value in one place: every value in every place of a small document, else
 * `tries` by chance. Of other text none.
 */
export function* oddJson(text: string, random: Random, tries: number): Generator<string> {
  const places = /^\s*[\x1e{[]/.test(text) ? placesIn(text) : []
  if (places.length <= smallPlaces)
    for (const place of places) for (const odd of oddFor(place)) yield replaced(text, place, odd)
  else for (let i = 0; i < tries; i++) yield oddAt(places[random(places.length)]!, text, random)
}

/** The text with an odd value in one place, by chance; null: there is no JSON in it. */
export function withOddValue(text: string, random: Random): string | null {
  const places = placesIn(text)
  return places.length === 0 ? null : oddAt(places[random(places.length)]!, text, random)
}

/** A name is replaced by names alone. */
const oddFor = ({ isName }: Place) => (isName ? names : values)
const oddAt = (place: Place, text: string, random: Random) =>
  replaced(text, place, oddFor(place)[random(oddFor(place).length)]!)
const replaced = (text: string, { start, end }: Place, by: string) =>
  text.slice(0, start) + by + text.slice(end)

const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|-?\d[\d.eE+-]*|true|false|null|[{}[\]]/g

/** Every value, of any depth; what is no JSON is passed over. */
function placesIn(text: string): Place[] {
  const places: Place[] = []
  const open: number[] = []
  for (const { index, 0: token, 1: colon } of text.matchAll(tokens)) {
    const end = index + token.length
    if (token === '{' || token === '[') open.push(index)
    else if (token !== '}' && token !== ']')
      places.push({ start: index, end: end - (colon?.length ?? 0), isName: colon !== undefined })
    else if (open.length > 0) places.push({ start: open.pop()!, end, isName: false })
  }
  return places
}
