const mark = /^\s*\/\/ check ([\d, ]+)$/

/** The checks that a source file enforces: by a mark above a statement, or by a row of a table. */
export interface Enforced {
  readonly check: number
  /** Counted from 1. */
  readonly line: number
}

/** Where a file enforces which checks. */
export function enforcedIn(source: string): Enforced[] {
  const marked = source
    .split('\n')
    .flatMap((text, i) => numbersOf(text).map((check) => ({ check, line: i + 2 })))
  const rows = [...source.matchAll(/\bnumber: (\d+),\s+title\b/g)].map((row) => ({
    check: Number(row[1]),
    line: source.slice(0, row.index).split('\n').length,
  }))
  return [...marked, ...rows]
}

/**
 * A source file as if one check had never been written: each statement below a mark `// check N` is never
 * reached, each row of that number finds nothing. Line numbers stay.
 */
export function withoutCheck(source: string, check: number): string {
  const lines = source.split('\n')
  const skipped = lines.map((line, i) =>
    i > 0 && numbersOf(lines[i - 1]!).includes(check) ? line.replace(/\S/, 'if (false) $&') : line,
  )
  const row = new RegExp(`(\\bnumber: ${check},\\s+title\\b[^}]*?)run: `, 'g')
  return skipped.join('\n').replace(row, '$1run: () => [], before: ')
}

function numbersOf(line: string): number[] {
  return (mark.exec(line)?.[1] ?? '').split(',').filter(Boolean).map(Number)
}
