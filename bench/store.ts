import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type StoreOptions } from '@trusted-launch/service'
import { PostgresCluster, postgresPackage } from '@trusted-launch/service/postgres-cluster'
import { want } from './packages.ts'
import { type RawCommits, rawPostgres, rawSqlite } from './raw-commits.ts'
import { against, measured, type Row } from './row.ts'
import { interleaved, median, percentile, timed } from './statistics.ts'
import { addVirtualMachines, change, pageOf, someId } from './store-load.ts'

type Store = Awaited<ReturnType<typeof openStore>>

const ROUNDS = 7
/** Commits of a round. */
const COMMITS = 200
const AT_ONCE = 16
/** Half of the speed of one raw row a commit. */
const GOAL_RATIO = 2
/** Ten times as many resources are looked at as fast, but for noise. */
const GOAL_GROWTH = 2
const SIZES = [10_000, 100_000] as const
const LOOKS = 500

interface Subject {
  readonly name: string
  readonly raw: RawCommits
  readonly store: Store
}

/** A change (resource, operation, audit) against one raw row a commit, and looking at many resources. */
export async function measureStore(progress: (text: string) => void): Promise<Row[]> {
  await want(postgresPackage)
  const folder = mkdtempSync(join(tmpdir(), 'bench-store-'))
  const cluster = await PostgresCluster.start()
  try {
    const file = (name: string) => join(folder, name)
    const rows: Row[] = []
    for (const [name, raw, options] of [
      ['SQLite', await rawSqlite(file('raw.db')), { path: file('ours.db') }],
      [
        'PostgreSQL',
        await rawPostgres(await cluster.database(), AT_ONCE),
        { url: await cluster.database() },
      ],
    ] as const)
      rows.push(...(await measureOne(name, raw, options, progress)))
    return rows
  } finally {
    await cluster.stop()
    rmSync(folder, { recursive: true })
  }
}

async function measureOne(
  name: string,
  raw: RawCommits,
  options: StoreOptions,
  progress: (text: string) => void,
): Promise<Row[]> {
  const store = await openStore(options)
  const subject = { name, raw, store }
  try {
    progress(`${name}: ${ROUNDS} rounds of ${COMMITS} commits`)
    const commits = await measureCommits(subject)
    const looks: Row[] = []
    let size = 0
    for (const wanted of SIZES) {
      progress(`${name}: ${wanted} resources`)
      await addVirtualMachines(store, size, wanted)
      size = wanted
      looks.push(...(await measureLooks(subject, size, looks)))
    }
    return [...commits, ...looks]
  } finally {
    await store.close()
    await raw.close()
  }
}

async function measureCommits({ name, raw, store }: Subject): Promise<Row[]> {
  const works = [
    () => raw.oneByOne(COMMITS),
    async () => {
      for (let i = 0; i < COMMITS; i++) await change(store)
    },
    () => raw.atOnce(COMMITS, AT_ONCE),
    () => manyAtOnce(COMMITS, AT_ONCE, () => change(store)),
  ]
  for (const work of works) await work()
  const times = await interleaved(ROUNDS, works)
  const [raw1, ours1, rawMany, oursMany] = times.map((each) => median(each) / COMMITS)
  const one = measured(`${name}: raw row a commit, one by one`, raw1!, 'ms')
  const many = measured(`${name}: raw row a commit, ${AT_ONCE} at once`, rawMany!, 'ms')
  return [
    one,
    against(one, `${name}: change, one by one`, ours1!, GOAL_RATIO),
    many,
    against(many, `${name}: change, ${AT_ONCE} at once`, oursMany!, GOAL_RATIO),
  ]
}

/** Time of a page of 100 anywhere in it, and of one resource; against the same of fewer. */
async function measureLooks(
  { name, store }: Subject,
  size: number,
  before: readonly Row[],
): Promise<Row[]> {
  const looks = [
    ['page of 100', () => store.resources.list(pageOf(size))],
    ['GET', () => store.resources.get(someId(size))],
    ['count', () => store.resources.count({ type: pageOf(size).type })],
  ] as const
  const rows: Row[] = []
  for (const [what, look] of looks) {
    const times: number[] = []
    for (let i = 0; i < (what === 'count' ? 20 : LOOKS); i++) times.push(await timed(look))
    const title = (share: string) => `${name}: ${what} of ${size}, ${share}`
    const smaller = before.find(({ name: of }) => of === `${name}: ${what} of ${SIZES[0]}, p50`)
    const middle = median(times)
    rows.push(
      smaller === undefined
        ? measured(title('p50'), middle, 'ms')
        : against(smaller, title('p50'), middle, what === 'count' ? null : GOAL_GROWTH),
      measured(title('p99'), percentile(times, 0.99), 'ms'),
    )
  }
  return rows
}

/** Keeps so many under way until all are done. */
async function manyAtOnce(count: number, atOnce: number, work: () => Promise<unknown>) {
  let left = count
  const one = async () => {
    while (left-- > 0) await work()
  }
  await Promise.all(Array.from({ length: atOnce }, one))
}
