const mark = /^\s*\/\/ check ([\d, ]+)$/

/** A place where a source file enforces checks: a marked statement, a marked element of a list, or a row of a table. */
export interface Site {
  readonly checks: readonly number[]
  /** Of the statement, the element or the row's number; counted from 1. */
  readonly line: number
}

/** Where a file enforces which checks, from top to bottom. */
export function sitesIn(source: string): Site[] {
  const marked = source.split('\n').flatMap((text, i) => {
    const checks = (mark.exec(text)?.[1] ?? '').split(',').filter(Boolean).map(Number)
    return checks.length === 0 ? [] : [{ checks, line: i + 2 }]
  })
  const rows = [...source.matchAll(/\bnumber: (\d+),\s+title\b/g)].map((row) => ({
    checks: [Number(row[1])],
    line: source.slice(0, row.index).split('\n').length,
  }))
  return [...marked, ...rows].sort((a, b) => a.line - b.line)
}

/**
 * A source file as if what stands in that line had never been written: a statement is never reached, an element
 * of a list or of an object is not there, a row finds nothing. All else of the same check stays. So do line numbers.
 */
export function withoutSite(source: string, line: number): string {
  const lines = source.split('\n')
  const own = lines[line - 1]!
  if (!mark.test(lines[line - 2] ?? '')) {
    const rest = lines.slice(line - 1).join('\n')
    const without = rest.replace(/(\btitle\b[^}]*?)run: /, '$1run: () => [], before: ')
    return [...lines.slice(0, line - 1), without].join('\n')
  }
  const without = /,$/.test(own) ? `// ${own}` : own.replace(/\S/, 'if (false) $&')
  return lines.with(line - 1, without).join('\n')
}
