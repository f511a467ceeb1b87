import Table from 'cli-table3'

/** The words on lines of at most `width` characters; a word that is longer is cut. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (longer.length <= width) line = longer
    else {
      if (line !== '') lines.push(line)
      for (line = word; line.length > width; line = line.slice(width))
        lines.push(line.slice(0, width))
    }
  }
  return [...lines, line]
}

const gap = '  '
const narrowest = 8
const lines = ['top', 'bottom', 'mid', 'top-left', 'top-right', 'bottom-left', 'bottom-right']
  .concat('top-mid', 'bottom-mid', 'left-mid', 'mid-mid', 'right-mid', 'left', 'right')
  .map((name) => [name, ''])

/**
 * Columns without lines, as wide as their texts; in less room the widest give way, down to 8 characters,
 * and wrap. `paint` colours a cell.
 */
export function tableOf(
  rows: readonly (readonly string[])[],
  width: number,
  paint: (text: string, row: number, column: number) => string,
): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)))
  const room = width - gap.length * (widths.length - 1)
  while (widths.reduce((sum, each) => sum + each) > room && Math.max(...widths) > narrowest)
    widths[widths.indexOf(Math.max(...widths))]! -= 1
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 0 }
  const table = new Table({ style, chars: { ...Object.fromEntries(lines), middle: gap } })
  for (const [y, row] of rows.entries())
    table.push(row.map((text, x) => paint(wrapped(text, widths[x]!).join('\n'), y, x)))
  const shown = table.toString().split('\n')
  return shown.map((line) => line.trimEnd()).join('\n')
}

/** Text that came from a guest, without anything a terminal would obey. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd')
}
