// Measures. usage: npm run bench            lists the benchmarks
//                  npm run bench -- NAME [--json] [--OPTION NUMBER]
import { benchmarks } from './benchmarks.ts'
import { documentOf } from './document.ts'
import { formatTable } from './table.ts'

const args = process.argv.slice(2).filter((arg) => arg !== '--yes')
const known = Object.entries(benchmarks)
const list = known
  .map(([name, { measures, options = [] }]) =>
    [
      name.padEnd(10),
      measures,
      ...options.map((option) => (option === 'full' ? '[--full]' : `[--${option} N]`)),
    ].join(' '),
  )
  .join('\n')

/** Takes no number: as much as was promised, however long it takes. */
const FULL = 'full'

/** What follows the name; null: something that it does not know, or no number. */
function optionsOf(name: string, rest: readonly string[]): Record<string, number> | null {
  const options: Record<string, number> = {}
  for (let i = 0; i < rest.length; i += 2) {
    const option = rest[i]!.replace(/^--/, '')
    const value = option === FULL ? 1 : Number(rest[i + 1])
    if (option === FULL) i--
    const isKnown = benchmarks[name]!.options?.includes(option) ?? false
    if (!isKnown || !Number.isSafeInteger(value)) return null
    options[option] = value
  }
  return options
}

const [name, ...rest] = args.filter((arg) => arg !== '--json')
const isKnown = name !== undefined && Object.hasOwn(benchmarks, name)
const options = isKnown ? optionsOf(name, rest) : null

if (args.length === 0 || args.includes('--help')) {
  console.log(list)
} else if (isKnown && options !== null) {
  const document = await documentOf(name, benchmarks[name]!, options)
  console.log(
    args.includes('--json') ? JSON.stringify(document, null, 2) : formatTable(document.rows),
  )
} else {
  const why = name !== undefined && !isKnown ? `no benchmark is called ${name}\n` : ''
  console.error(`${why}usage: npm run bench -- NAME [--json] [--OPTION NUMBER]\n${list}`)
  process.exitCode = 2
}
