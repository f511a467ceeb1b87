import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '@trusted-launch/service'
import { Check, type Machines } from './kills-check.ts'
import { Client } from './kills-client.ts'
import { endMachines, isDoomed, realMachines, scriptedMachines } from './kills-host.ts'
import { Load } from './kills-load.ts'
import { Services } from './kills-process.ts'
import { measured, type Row } from './row.ts'

type Say = (text: string) => void

interface Kind {
  readonly name: 'scripted' | 'real'
  readonly size: { readonly clients: number; readonly each: number }
  readonly pauseMs: number
  /** So long under load at most until the kill. */
  readonly loadMs: number
  /** So long until all that was accepted must have ended. */
  readonly limitMs: number
  readonly isDoomed: (vmId: string) => boolean
  readonly machinesIn: (data: string) => Machines
  readonly end: (data: string) => Promise<void>
}

const scripted: Kind = {
  ...{ name: 'scripted', size: { clients: 4, each: 3 }, pauseMs: 30 },
  ...{ loadMs: 1_500, limitMs: 60_000, isDoomed, machinesIn: scriptedMachines },
  end: async () => {},
}
/** A VM boots in some twenty seconds under emulation: each kill comes somewhere in one or two of them. */
const real: Kind = {
  ...{ name: 'real', size: { clients: 2, each: 1 }, pauseMs: 12_000 },
  ...{ loadMs: 40_000, limitMs: 300_000, isDoomed: () => false, machinesIn: realMachines },
  end: endMachines,
}
/** Of the kills a part comes while the service still takes up what the one before left. */
const EARLY = 0.25
const EARLY_MS = 800

/** Kills the service at random moments under load, and looks for all that it had acknowledged. */
export async function measureKills(
  progress: Say,
  given: Readonly<Record<string, number>>,
): Promise<Row[]> {
  const { rounds = 100, real: realRounds = 3, seed = Date.now() % 1_000_000 } = given
  progress(`seed ${seed}`)
  const rows: Row[] = []
  for (const [kind, kills] of [
    [scripted, rounds],
    [real, realRounds],
  ] as const)
    if (kills > 0) rows.push(...(await measureKind(kind, kills, seed, progress)))
  return rows
}

async function measureKind(kind: Kind, rounds: number, seed: number, say: Say): Promise<Row[]> {
  const data = mkdtempSync(join(tmpdir(), 'bench-kills-'))
  const services = new Services(data, kind.name)
  const random = randomFrom(seed)
  const end = async () => {
    await services.close()
    await kind.end(data)
    rmSync(data, { recursive: true, force: true })
  }
  const interrupted = () => void end().finally(() => process.exit(130))
  process.once('SIGINT', interrupted)
  try {
    await services.start()
    const first = new Client(data)
    await first.signIn()
    const load = new Load(first, random, kind.size, kind.pauseMs, kind.isDoomed)
    await load.prepare(first)
    first.close()
    const store = await openStore({ path: join(data, 'service.db') })
    const check = new Check(store, kind.machinesIn(data), kind.limitMs)
    let told = 0
    for (let round = 1; round <= rounds; round++) {
      await underLoad(data, services, load, random() * kind.loadMs)
      if (random() < EARLY && round < rounds) round += await killEarly(services, random)
      await services.start()
      await check.all(load, Date.now())
      for (const what of check.lost.slice(told)) say(`LOST ${what}`)
      told = check.lost.length
      say(
        `${kind.name}, ${round} of ${rounds}: ${load.acknowledged.length} acknowledged, ${check.lost.length} lost`,
      )
    }
    await store.close()
    for (const what of services.overlaps) say(`OVERLAP ${what}`)
    say(
      `refused: ${JSON.stringify([...load.refused])}; failed: ${JSON.stringify([...check.failed])}`,
    )
    return rowsOf(kind, rounds, load, check, services)
  } finally {
    process.off('SIGINT', interrupted)
    await end()
  }
}

/** Clients ask until it is killed. */
async function underLoad(data: string, services: Services, load: Load, ms: number): Promise<void> {
  const client = new Client(data)
  await client.signIn()
  let isOver = false
  const running = load.run(client, () => isOver)
  await sleep(ms)
  await services.kill()
  isOver = true
  await running
  client.close()
}

/** Started, and killed before it took up everything. @returns how many kills */
async function killEarly(services: Services, random: () => number): Promise<number> {
  const started = services.start()
  await sleep(random() * EARLY_MS)
  await services.kill()
  await started
  return 1
}

function rowsOf(kind: Kind, rounds: number, load: Load, check: Check, services: Services): Row[] {
  const title = (what: string) => `${kind.name} host: ${what}`
  return [
    measured(title('kills'), rounds, ''),
    measured(title('changes acknowledged'), load.acknowledged.length, ''),
    measured(title('operations accepted'), check.operations, ''),
    measured(title('entries of the audit'), check.auditEntries, ''),
    measured(title('lost, left over or not ended'), check.lost.length, '', 0),
    measured(title('two at a time with one VM'), services.overlaps.length, '', 0),
  ]
}

/** Mulberry32: the same numbers of the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
