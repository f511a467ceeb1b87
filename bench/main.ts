// Measures. usage: npm run bench            lists the benchmarks
//                  npm run bench -- NAME [--json]
import { benchmarks } from './benchmarks.ts'
import { documentOf } from './document.ts'
import { formatTable } from './table.ts'

const args = process.argv.slice(2).filter((arg) => arg !== '--yes')
const names = args.filter((arg) => arg !== '--json')
const known = Object.entries(benchmarks)
const list = known.map(([name, { measures }]) => `${name.padEnd(10)} ${measures}`).join('\n')

if (args.length === 0 || args.includes('--help')) {
  console.log(list)
} else if (names.length === 1 && Object.hasOwn(benchmarks, names[0]!)) {
  const document = await documentOf(names[0]!, benchmarks[names[0]!]!)
  console.log(
    args.includes('--json') ? JSON.stringify(document, null, 2) : formatTable(document.rows),
  )
} else {
  const unknown = names.filter((name) => !Object.hasOwn(benchmarks, name))
  const why = unknown.length > 0 ? `no benchmark is called ${unknown.join(', ')}\n` : ''
  console.error(`${why}usage: npm run bench -- NAME [--json]\n${list}`)
  process.exitCode = 2
}
