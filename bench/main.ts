// Measures. usage: npm run bench            lists the benchmarks
//                  npm run bench -- NAME [--json]
import { type Benchmark, benchmarks } from './benchmarks.ts'
import { thisMachine } from './machine.ts'
import { formatTable } from './table.ts'

const args = process.argv.slice(2).filter((arg) => arg !== '--yes')
const names = args.filter((arg) => arg !== '--json')
const known = Object.entries(benchmarks)

if (names.length === 0 && args.length === 0) {
  for (const [name, { measures }] of known) console.log(`${name.padEnd(10)} ${measures}`)
} else if (names.length === 1 && Object.hasOwn(benchmarks, names[0]!)) {
  await run(names[0]!, benchmarks[names[0]!]!)
} else {
  console.error(`usage: npm run bench -- ${known.map(([name]) => name).join('|')} [--json]`)
  process.exitCode = 2
}

async function run(benchmark: string, { load }: Benchmark): Promise<void> {
  const machine = thisMachine()
  const measure = await load()
  const rows = await measure((text) => process.stderr.write(`${benchmark}: ${text}\n`))
  const document = { benchmark, machine, rows }
  console.log(args.includes('--json') ? JSON.stringify(document, null, 2) : formatTable(rows))
}
