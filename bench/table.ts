import type { Row } from './row.ts'

const heads = ['name', 'value', 'unit', 'ratio', 'ratio to', 'goal', 'met']

/** Rows as a table of Markdown, its columns aligned. */
export function formatTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.name,
    String(row.value),
    row.unit,
    row.ratio === null ? '' : String(row.ratio),
    row.ratioTo ?? '',
    row.goal === null ? '' : `≤ ${row.goal}`,
    row.met === null ? '' : row.met ? 'yes' : 'no',
  ])
  const widths = heads.map((head, i) =>
    Math.max(...[head, ...cells.map((row) => row[i]!)].map(width)),
  )
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell + ' '.repeat(widths[i]! - width(cell))).join(' | ')} |`
  return [
    line(heads),
    `|${widths.map((w) => '-'.repeat(w + 2)).join('|')}|`,
    ...cells.map(line),
  ].join('\n')
}

const width = (text: string) => [...text].length
