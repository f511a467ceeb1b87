import Table from 'cli-table3'
import picocolors from 'picocolors'

/** Where a command writes: results to `out`, everything else to `err`. */
export interface Output {
  out(text: string): void
  err(text: string): void
  readonly colors: ReturnType<typeof picocolors.createColors>
}

/** The process's own streams; colours only on a terminal, and not when NO_COLOR is set. */
export function processOutput(): Output {
  const isColourful = process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === ''
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    colors: picocolors.createColors(isColourful),
  }
}

/** One JSON document and a line feed: bytes are lowercase hexadecimal, 64-bit numbers decimal text. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

const bare = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

/** Rows under a head, without lines: it reads well in a terminal and in a file. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 0 }
  const table = new Table({ head: [...head], chars: bare, style })
  table.push(...rows.map((row) => [...row]))
  const lines = table.toString().split('\n')
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`
}
