import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { serviceEnvironment, serviceFlags } from '../tools/service-node.mjs'
import { FleetOfSets } from './fleet-of-sets.ts'
import { Client } from './kills-client.ts'
import { against, measured, type Row } from './row.ts'
import { median, percentile, timed } from './statistics.ts'

const EACH = 100
const LOOKS = 100
/** Of a set as large as they get; at a tenth of the size, a tenth. */
const ROLLED = 1_000
const SETS_MAX = 1_000

/**
 * Scale sets over HTTPS, in a process of its own on a scripted host: first a tenth of the instances, then all of them.
 * What grows with their number shows in the ratios.
 */
export async function measureFleet(
  progress: (text: string) => void,
  { full = 0, instances = full === 0 ? 10_000 : 100_000 }: Readonly<Record<string, number>>,
): Promise<Row[]> {
  const sets = Math.min(SETS_MAX, Math.max(10, Math.round(instances / EACH / 10) * 10))
  const data = mkdtempSync(join(tmpdir(), 'bench-fleet-'))
  const program = join(import.meta.dirname, 'api-service.ts')
  const child = spawn(process.execPath, [...serviceFlags, program, data], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...serviceEnvironment },
  })
  try {
    await once(child.stdout!, 'data')
    const client = new Client(data)
    await client.signIn()
    const fleet = new FleetOfSets(client)
    await fleet.prepare()
    const rows: Row[] = []
    const tenth = await measurePhase(
      fleet,
      { sets: sets / 10, rolled: ROLLED / 10 },
      data,
      progress,
    )
    const whole = await measurePhase(fleet, { sets, rolled: ROLLED }, data, progress)
    for (const [i, { name, value, unit }] of tenth.entries()) {
      const yardstick = measured(`${name}, at ${(sets / 10) * EACH} instances`, value, unit)
      rows.push(yardstick)
      rows.push(against(yardstick, `${name}, at ${sets * EACH} instances`, whole[i]!.value))
    }
    client.close()
    return rows
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
    rmSync(data, { recursive: true })
  }
}

interface Value {
  readonly name: string
  readonly value: number
  readonly unit: string
}

/** Scales out to so many sets, upgrades one of `rolled` beside them, and looks at what there is. */
async function measurePhase(
  fleet: FleetOfSets,
  { sets, rolled }: { readonly sets: number; readonly rolled: number },
  data: string,
  progress: (text: string) => void,
): Promise<Value[]> {
  const bytes = () => statSync(join(data, 'service.db')).size
  const [before, from] = [bytes(), fleet.sets.length]
  const outMs: number[] = []
  while (fleet.sets.length < sets) {
    outMs.push((await timed(() => fleet.add(EACH))) / EACH)
    progress(`${fleet.sets.length * EACH} instances, ${outMs.at(-1)!.toFixed(1)} ms each`)
  }
  const grown = (bytes() - before) / ((fleet.sets.length - from) * EACH)
  const looks = { list: [] as number[], view: [] as number[] }
  for (let i = 0; i < LOOKS; i++) {
    const set = fleet.sets[Math.floor(Math.random() * fleet.sets.length)]!
    looks.list.push(await timed(() => fleet.look(`${set}/virtualMachines`)))
    looks.view.push(await timed(() => fleet.look(`${set}/instanceView`)))
    await sleep(1)
  }
  const rolling = await fleet.rolled(rolled)
  progress(`${rolled} instances upgraded in ${Math.round(rolling / 1000)} s`)
  return [
    // The last ones: what came before is what they are to be slowed down by.
    { name: 'an instance more, by a hundred', value: median(outMs.slice(-5)), unit: 'ms' },
    { name: `an instance of a rolling upgrade`, value: rolling / rolled, unit: 'ms' },
    { name: 'list of 100 instances, p99', value: percentile(looks.list, 0.99), unit: 'ms' },
    { name: 'instanceView of 100, p99', value: percentile(looks.view, 0.99), unit: 'ms' },
    { name: 'database, for an instance', value: grown, unit: 'B' },
  ]
}
