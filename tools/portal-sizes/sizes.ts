/** Of what is loaded before the first page is there, compressed. */
export const FIRST_LOAD_BYTES_MAX = 350 * 1024

/** What somebody loads, by Brotli: first of all what each visit does, then what each page or part adds to that. */
export interface Loaded {
  readonly name: string
  readonly bytes: number
}

const BEGIN = '<!-- sizes of the portal -->'
const END = '<!-- end -->'

/** A document whose table of sizes is these. @throws {Error} it has no place for it. */
export function withSizes(document: string, [first, ...parts]: readonly Loaded[]): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`there is no ${BEGIN} … ${END}`)
  const pages = parts.filter(({ name }) => name.endsWith('.tsx'))
  const rows = [
    `| first load | ${kb(first!.bytes)} (at most ${kb(FIRST_LOAD_BYTES_MAX)}) |`,
    ...pages.map(({ name, bytes }) => `| \`${name.replace(/^src\//, '')}\` | ${kb(bytes)} |`),
  ]
  const table = ['| what is opened | KB that it adds, compressed |', '|---|---|', ...rows].join(
    '\n',
  )
  return `${document.slice(0, begin)}${BEGIN}\n\n${table}\n\n${document.slice(end)}`
}

const kb = (bytes: number) => (bytes / 1024).toFixed(1)
