import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore, type StoreOptions } from '@trusted-launch/service'
import { Appraisers } from '@trusted-launch/service/appraisers'
import { Monitor } from '@trusted-launch/service/monitor'
import { PostgresCluster, postgresPackage } from '@trusted-launch/service/postgres-cluster'
import { TurnHolder } from '@trusted-launch/service/turn-holder'
import pg from 'pg'
import pino from 'pino'
import { Fleet } from './monitored-fleet.ts'
import { opensslSpeed } from './openssl-speed.ts'
import { want } from './packages.ts'
import { rawPostgres, rawSqlite } from './raw-commits.ts'
import { against, measured, type Row } from './row.ts'
import { median, percentile } from './statistics.ts'

type Say = (text: string) => void
type Store = Awaited<ReturnType<typeof openStore>>

/** Of the logs, so many change between two questions. */
const CHANGED = 0.2
const GOAL_MS = 0.5
const GOAL_BYTES = 1024
const RAW_COMMITS = 500
/** Of what was measured, for the time from due to stored. */
const LOAD = 0.5
const PACED_VMS = 2_000
/** Of each database, unless all of it is asked for. */
const TIMED_MS = 180_000
const ROUNDS_LEAST = 3

/** A database, and what it takes. */
interface Subject {
  readonly name: string
  readonly options: StoreOptions
  /** Of verdicts and what they are made of, on the disk. */
  readonly bytes: () => Promise<number>
  /** Milliseconds of one raw row a commit, 16 at once. */
  readonly rawMs: () => Promise<number>
}

/**
 * Asks a fleet again and again, as the service does: turn, question, evidence, verdict in a thread, record and alerts
 * in one durable commit. Processor time of this process, threads included, without the machines' own.
 */
export async function measureMonitoring(
  progress: Say,
  { vms = 10_000, full = 0, rounds = full === 0 ? 10 : 100 }: Readonly<Record<string, number>>,
): Promise<Row[]> {
  await want(postgresPackage)
  await want({ openssl: 'openssl speed, what attestations are measured against' })
  const folder = mkdtempSync(join(tmpdir(), 'bench-monitoring-'))
  const cluster = await PostgresCluster.start()
  try {
    const { p256Verify, p256Sign } = opensslSpeed()
    const openssl = measured(
      "OpenSSL's loop for two P-256 signatures verified and one made",
      2 * p256Verify + p256Sign,
      'ms',
    )
    const rows = [openssl]
    for (const subject of await subjectsOf(folder, cluster))
      rows.push(
        ...(await measureOne(subject, { vms, rounds, isWhole: full !== 0 }, openssl, progress)),
      )
    return rows
  } finally {
    await cluster.stop()
    rmSync(folder, { recursive: true })
  }
}

async function subjectsOf(folder: string, cluster: PostgresCluster): Promise<Subject[]> {
  const path = join(folder, 'ours.db')
  const url = await cluster.database()
  const rawUrl = await cluster.database()
  return [
    {
      ...{ name: 'SQLite', options: { path } },
      bytes: async () => statSync(path).size,
      rawMs: async () => rawMsOf(await rawSqlite(join(folder, 'raw.db'))),
    },
    {
      ...{ name: 'PostgreSQL', options: { url } },
      bytes: () => bytesOfPostgres(url),
      rawMs: async () => rawMsOf(await rawPostgres(rawUrl, 16)),
    },
  ]
}

async function rawMsOf(raw: Awaited<ReturnType<typeof rawSqlite>>): Promise<number> {
  try {
    await raw.atOnce(RAW_COMMITS, 16)
    const began = performance.now()
    await raw.atOnce(RAW_COMMITS, 16)
    return (performance.now() - began) / RAW_COMMITS
  } finally {
    await raw.close()
  }
}

async function bytesOfPostgres(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query(
      "select pg_total_relation_size('attestations') + pg_total_relation_size('contents') as bytes",
    )
    return Number(rows[0].bytes)
  } finally {
    await client.end()
  }
}

/** Whose turn ended when, by its VM. */
class CountedTurns extends TurnHolder {
  readonly stored = new Map<string, number>()
  count = 0

  override async hold<T>(...given: Parameters<TurnHolder['hold']>): Promise<T> {
    const kept = (await super.hold(...given)) as T
    this.count++
    this.stored.set(given[0].watched.vmId, Date.now())
    return kept
  }
}

interface Round {
  readonly wallMs: number
  readonly cpuMs: number
}

async function measureOne(
  { name, options, bytes, rawMs }: Subject,
  {
    vms,
    rounds,
    isWhole,
  }: { readonly vms: number; readonly rounds: number; readonly isWhole: boolean },
  openssl: Row,
  progress: Say,
): Promise<Row[]> {
  const store = await openStore(options)
  const fleet = new Fleet(vms, progress)
  await fleet.add(store)
  const appraisers = new Appraisers({ threads: 1 })
  const turns = new CountedTurns({ store, owner: 'bench', now: Date.now })
  const monitor = aMonitor(store, fleet, turns, appraisers)
  monitor.start()
  try {
    const all = async (changed: number): Promise<Round> => {
      fleet.changedShare = changed
      const took = await timed(fleet, async () => {
        const wanted = turns.count + vms
        await fleet.hurry(store, Date.now())
        while (turns.count < wanted) await sleep(5)
      })
      progress(`${name}: ${Math.round((1000 * vms) / took.wallMs)} attestations a second`)
      return took
    }
    await all(0)
    const timedRounds: Round[] = []
    const memory: number[] = []
    const end = performance.now() + TIMED_MS
    for (let i = 0; i < rounds; i++) {
      // On a slow machine fewer rounds are as good, and the run ends.
      if (!isWhole && i >= ROUNDS_LEAST && performance.now() > end) break
      timedRounds.push(await all(CHANGED))
      memory.push(process.memoryUsage().rss / 1e6)
    }
    const before = await bytes()
    await all(0)
    const grown = ((await bytes()) - before) / vms
    const wallMs = median(timedRounds.map((each) => each.wallMs)) / vms
    const late = await paced(store, fleet, turns, (1000 * LOAD) / wallMs)
    const raw = measured(`${name}: raw row a commit, 16 at once`, await rawMs(), 'ms')
    const cpuMs = median(timedRounds.map((each) => each.cpuMs)) / vms
    const goal = GOAL_MS / openssl.value
    return [
      raw,
      against(raw, `${name}: an attestation, of the wall`, wallMs),
      against(openssl, `${name}: an attestation, of one core`, cpuMs, goal),
      measured(`${name}: attestations a second of one core`, 1000 / cpuMs, '1/s'),
      measured(`${name}: core for 100,000 VMs an hour`, (100 * cpuMs * 100_000) / 3.6e6, '%'),
      measured(`${name}: from due to stored, p99`, percentile(late, 0.99), 'ms'),
      measured(`${name}: growth of the database, nothing changed`, grown, 'B', GOAL_BYTES),
      measured(`${name}: resident memory after the first round`, memory[0]!, 'MB'),
      measured(
        `${name}: resident memory after half of the rounds`,
        memory[memory.length >> 1]!,
        'MB',
      ),
      measured(`${name}: resident memory after the last round`, memory.at(-1)!, 'MB'),
      measured(`${name}: attestations in timed rounds`, timedRounds.length * vms, ''),
    ]
  } finally {
    await monitor.stop()
    await appraisers.close()
    await store.close()
  }
}

function aMonitor(store: Store, fleet: Fleet, turns: TurnHolder, appraisers: Appraisers): Monitor {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signer = Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' }))
  const issuer = { issuer: 'https://localhost', lifetimeSeconds: 3600 }
  return new Monitor({
    ...{ store, turns, driver: fleet.driver, now: Date.now, pollMs: 20 },
    log: pino({ level: 'warn' }, pino.destination(2)),
    isDriven: () => true,
    signer: async () => ({ issuer, signer }),
    appraise: (task) => appraisers.appraise(task),
  })
}

async function timed(fleet: Fleet, work: () => Promise<void>): Promise<Round> {
  const { machinesMs: machines, machinesCpuMs: machinesCpu } = fleet
  const [cpu, began] = [process.cpuUsage(), performance.now()]
  await work()
  const { user, system } = process.cpuUsage(cpu)
  const wallMs = performance.now() - began - (fleet.machinesMs - machines)
  return { wallMs, cpuMs: (user + system) / 1000 - (fleet.machinesCpuMs - machinesCpu) }
}

/** Milliseconds from when each of some VMs was due until its verdict was on the disk, at so many a second. */
async function paced(
  store: Store,
  fleet: Fleet,
  turns: CountedTurns,
  perSecond: number,
): Promise<number[]> {
  const due = await fleet.spread(store, PACED_VMS, Date.now() + 500, 1000 / perSecond)
  const wanted = turns.count + due.size
  while (turns.count < wanted) await sleep(5)
  return [...due].map(([vmId, at]) => turns.stored.get(vmId)! - at)
}
