const NEAR_MAX = 3

/**
 * The words that may be meant by one that is none of them, the nearest first: those that hold it, and those that few
 * slips make of it. None is better than a far one.
 */
export function nearest(word: string, words: readonly string[]): string[] {
  const asked = word.toLowerCase()
  if (asked === '') return []
  const limit = Math.max(1, Math.floor(asked.length / 4))
  return words
    .map((one) => ({ one, slips: slipsTo(asked, one.toLowerCase()) }))
    .filter(({ slips }) => slips <= limit)
    .sort((a, b) => a.slips - b.slips || (a.one < b.one ? -1 : 1))
    .slice(0, NEAR_MAX)
    .map(({ one }) => one)
}

/** None for a part of it, at most as many as letters differ; a letter left out, put in or changed, or two swapped, is one slip. */
function slipsTo(asked: string, word: string): number {
  if (asked.length > 2 && word.includes(asked)) return 0.5
  let before: number[] = []
  let row = Array.from({ length: word.length + 1 }, (_, i) => i)
  for (const [i, letter] of [...asked].entries()) {
    const next = [i + 1]
    for (let j = 1; j <= word.length; j++) {
      const changed = row[j - 1]! + (letter === word[j - 1] ? 0 : 1)
      const isSwapped = j > 1 && letter === word[j - 2] && asked[i - 1] === word[j - 1]
      const swapped = isSwapped ? before[j - 2]! + 1 : changed
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, changed, swapped))
    }
    before = row
    row = next
  }
  return row[word.length]!
}
