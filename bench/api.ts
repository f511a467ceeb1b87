import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@trusted-launch/service'
import { serviceEnvironment, serviceFlags } from '../tools/service-node.mjs'
import { copies, idOf, nameOf, type Resource, type Store } from './copies.ts'
import { Client } from './kills-client.ts'
import { Load, vmBody } from './kills-load.ts'
import { measureNaming } from './naming.ts'
import { rawSqlite } from './raw-commits.ts'
import { against, measured, type Row } from './row.ts'
import { interleaved, median, percentile, timed } from './statistics.ts'

const SIZES = [1_000, 10_000, 100_000] as const
/** The size that the goals are of. */
const GOAL_SIZE = 10_000
const GOALS = { GET: 10, page: 50, residentMB: 200 }
const GETS = 600
const PAGES = 200
const ROUNDS = 5
const CREATIONS = 40
const AT_ONCE = 8

/** The whole service over HTTPS, in a process of its own, with ever more VMs in its store. */
export async function measureApi(progress: (text: string) => void): Promise<Row[]> {
  const data = mkdtempSync(join(tmpdir(), 'bench-api-'))
  const program = join(import.meta.dirname, 'api-service.ts')
  const child = spawn(process.execPath, [...serviceFlags, program, data], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...serviceEnvironment },
  })
  try {
    await once(child.stdout!, 'data')
    const rows: Row[] = [resident(child.pid!, 0)]
    const client = new Client(data)
    await client.signIn()
    const store = await openStore({ path: join(data, 'service.db') })
    const load = new Load(client, Math.random, { clients: 1, each: 1 }, 0)
    await load.prepare(client)
    const slot = load.slots[0]!
    await client.ask('PUT', slot.name, vmBody(slot.nic))
    while ((await store.operations.list({ unfinished: true, limit: 1 })).length > 0);
    const vm = (await store.resources.get(slot.name))!
    const nic = (await store.resources.get(slot.nic))!
    let size = 1
    for (const wanted of SIZES) {
      progress(`${wanted} VMs`)
      await copies(store, vm, size, wanted)
      size = wanted
      rows.push(...(await measureLooks(client, vm, size, rows)))
      rows.push(resident(child.pid!, size))
      if (size === GOAL_SIZE)
        rows.push(
          ...(await measureCreations(client, store, nic, data, progress)),
          ...(await measureNames(store, nic)),
        )
    }
    client.close()
    await store.close()
    return rows
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
    rmSync(data, { recursive: true })
  }
}

async function measureLooks(
  client: Client,
  vm: Resource,
  size: number,
  before: readonly Row[],
): Promise<Row[]> {
  const someId = () => idOf(vm, nameOf(1 + Math.floor(Math.random() * (size - 1))))
  const list = vm.id.slice(0, vm.id.lastIndexOf('/')).replace(/\/resourceGroups\/[^/]+/, '')
  const looks = [
    ['GET', GETS, GOALS.GET, () => client.ask('GET', someId())],
    [
      'page',
      PAGES,
      GOALS.page,
      () => client.ask('GET', `${list}?$skiptoken=${encodeURIComponent(someId().toLowerCase())}`),
    ],
  ] as const
  const rows: Row[] = []
  for (const [what, count, goal, look] of looks) {
    const times: number[] = []
    for (let i = 0; i < count; i++)
      times.push(
        await timed(async () => {
          const answer = await look()
          if (answer?.status !== 200) throw new Error(JSON.stringify(answer))
        }),
      )
    const smaller = before.find(({ name }) => name === `${what} of ${SIZES[0]} VMs, p50`)
    const title = (share: string) => `${what} of ${size} VMs, ${share}`
    rows.push(
      smaller === undefined
        ? measured(title('p50'), median(times), 'ms')
        : against(smaller, title('p50'), median(times)),
      measured(title('p99'), percentile(times, 0.99), 'ms', size === GOAL_SIZE ? goal : null),
    )
  }
  return rows
}

function resident(pid: number, size: number): Row {
  const kB = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1])
  const goal = size === GOAL_SIZE ? GOALS.residentMB : null
  return measured(`resident, ${size} VMs`, kB / 1024, 'MiB', goal)
}

/** A VM's PUT until it is acknowledged, against one raw row a commit; what follows is done meanwhile. */
async function measureCreations(
  client: Client,
  store: Store,
  nic: Resource,
  data: string,
  progress: (text: string) => void,
): Promise<Row[]> {
  progress(`${ROUNDS} rounds of ${CREATIONS} creations`)
  await copies(store, nic, 0, (ROUNDS + 1) * CREATIONS)
  const raw = await rawSqlite(join(data, 'raw.db'))
  const group = nic.id.split('/providers/')[0]!
  let made = 0
  const create = async () => {
    const i = made++
    const id = `${group}/providers/Microsoft.Compute/virtualMachines/new-${i}`
    const answer = await client.ask('PUT', id, vmBody(idOf(nic, nameOf(i))))
    if (answer?.status !== 201) throw new Error(JSON.stringify(answer))
  }
  const works = [() => raw.oneByOne(CREATIONS), () => atOnce(CREATIONS, create)]
  for (const work of works) await work()
  const times = await interleaved(ROUNDS, works)
  await raw.close()
  const [rawMs, oursMs] = times.map((each) => median(each) / CREATIONS)
  const yardstick = measured('raw row a commit on SQLite', rawMs!, 'ms')
  return [yardstick, against(yardstick, `creation acknowledged, ${AT_ONCE} at once`, oursMs!)]
}

async function measureNames(store: Store, nic: Resource): Promise<Row[]> {
  await copies(store, nic, (ROUNDS + 1) * CREATIONS, GOAL_SIZE)
  return measureNaming(store.resources, nic)
}

async function atOnce(count: number, work: () => Promise<void>): Promise<void> {
  let left = count
  const one = async () => {
    while (left-- > 0) await work()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
}
