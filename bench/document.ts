import type { Benchmark } from './benchmarks.ts'
import { type Machine, thisMachine } from './machine.ts'
import type { Row } from './row.ts'

/** The result of one benchmark. */
export interface Document {
  readonly benchmark: string
  readonly machine: Machine
  readonly rows: readonly Row[]
}

/** Runs a benchmark on this machine, telling on stderr what it does. */
export async function documentOf(
  name: string,
  { load }: Benchmark,
  options: Readonly<Record<string, number>> = {},
): Promise<Document> {
  const machine = thisMachine()
  const measure = await load()
  const rows = await measure((text) => process.stderr.write(`${name}: ${text}\n`), options)
  return { benchmark: name, machine, rows }
}
