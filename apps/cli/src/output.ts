import picocolors from 'picocolors'

/** How text may look where it goes to. */
export interface Look {
  readonly colors: ReturnType<typeof picocolors.createColors>
  /** The terminal's, in characters; Infinity where there is none. */
  readonly width: number
}

/** Where a command writes: results to `out`, everything else to `err`. */
export interface Output extends Look {
  out(text: string): void
  err(text: string): void
}

/** The process's own streams; colours and a width only on a terminal, no colours when NO_COLOR is set. */
export function processOutput(): Output {
  const { isTTY, columns } = process.stdout
  const isColourful = isTTY === true && (process.env.NO_COLOR ?? '') === ''
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    colors: picocolors.createColors(isColourful),
    width: (isTTY === true ? columns : 0) || Number.POSITIVE_INFINITY,
  }
}

/** One JSON document and a line feed: bytes are lowercase hexadecimal, 64-bit numbers decimal text. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
