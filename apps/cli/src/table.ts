import { stripVTControlCharacters } from 'node:util'
import Table from 'cli-table3'
import { plain } from './plain-text.ts'

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
const borders = ['top', 'bottom', 'mid', 'top-left', 'top-right', 'bottom-left', 'bottom-right']
  .concat('top-mid', 'bottom-mid', 'left-mid', 'mid-mid', 'right-mid', 'left', 'right')
  .map((name) => [name, ''])

/**
 * Rows under a head, without lines: it reads well in a terminal and in a file. Where `width` has no room
 * the widest columns give way, down to 8 characters, and wrap; a wrapped cell loses its colour.
 */
export function tableText(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): string {
  const shown = (text: string) => stripVTControlCharacters(text).length
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => shown(row[i]!))))
  const room = width - gap.length * (widths.length - 1)
  while (widths.reduce((sum, each) => sum + each) > room && Math.max(...widths) > narrowest)
    widths[widths.indexOf(Math.max(...widths))]! -= 1
  const cell = (text: string, column: number) =>
    shown(text) <= widths[column]!
      ? text
      : wrapped(stripVTControlCharacters(text), widths[column]!).join('\n')
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 0 }
  const table = new Table({ style, chars: { ...Object.fromEntries(borders), middle: gap } })
  table.push(...[head, ...rows].map((row) => row.map(cell)))
  const lines = table.toString().split('\n')
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`
}

/** Names and values, one a line; what came from elsewhere obeys no terminal. */
export function fieldsText(fields: readonly (readonly [string, string])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length))
  return fields.map(([name, value]) => `${name.padEnd(width)}  ${plain(value)}\n`).join('')
}
