/** The one of `names` that somebody may have meant by `name`; null: none is near. */
export function nearest(name: string, names: readonly string[]): string | null {
  const given = name.slice(0, 64)
  const most = Math.max(1, Math.floor(given.length / 3))
  const [first] = names
    .map((one) => ({ one, away: distance(given, one) }))
    .filter(({ away }) => away <= most)
    .sort((a, b) => a.away - b.away)
  return first?.one ?? null
}

/** How many characters to change, add or drop: Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const kept = row[j]! + (a[i] === b[j] ? 0 : 1)
      next.push(Math.min(kept, row[j + 1]! + 1, next[j]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
