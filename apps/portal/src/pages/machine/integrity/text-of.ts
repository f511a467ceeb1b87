/** A claim's value in a line: a list one after the other, an object as its fields' values. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value !== 'object') return String(value)
  return Object.values(value)
    .map(textOf)
    .filter(Boolean)
    .join(Array.isArray(value) ? '; ' : ' ')
}
