import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '@trusted-launch/service'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { openChromium } from '../tests/portal/chromium.ts'
import { serviceEnvironment, serviceFlags } from '../tools/service-node.mjs'
import { copies } from './copies.ts'
import { Client } from './kills-client.ts'
import { Load, vmBody } from './kills-load.ts'
import { firstPaint, hasAnswered, lengthenLog, scroll, watchFirstRow } from './portal-page.ts'
import { against, measured, type Row } from './row.ts'
import { median, percentile } from './statistics.ts'

type Say = (text: string) => void
/** How a browser knows who is signed in. */
type SignedIn = Awaited<ReturnType<BrowserContext['storageState']>>

const FEW = 10
const RUNS = 5
const FRAMES = 300
const STEP_PX = 200
const SECONDS = 60
const FULL_SECONDS = 600
/** Between two changes of a VM's power, each of which all windows are told. */
const PAUSE_MS = 500
const EVENTS = 5_000
const GOAL_MS = 200

interface Scene {
  readonly client: Client
  readonly browser: Browser
  readonly signedIn: SignedIn
  readonly endpoint: string
  /** The VM that really is on the (scripted) host, whose boot was appraised. */
  readonly vm: string
}

/** The built portal in Chromium, on a service in a process of its own; VMs are rows, but for one. */
export async function measurePortal(
  progress: Say,
  { vms = 10_000, full = 0, seconds = full === 0 ? SECONDS : FULL_SECONDS }: Record<string, number>,
): Promise<Row[]> {
  const data = mkdtempSync(join(tmpdir(), 'bench-portal-'))
  const program = join(import.meta.dirname, 'portal-service.ts')
  const child = spawn(process.execPath, [...serviceFlags, program, data], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...serviceEnvironment },
  })
  try {
    await once(child.stdout!, 'data')
    const client = new Client(data)
    await client.signIn()
    const store = await openStore({ path: join(data, 'service.db') })
    const vm = await aVm(client, store)
    const one = (await store.resources.get(vm))!
    await copies(store, one, 1, FEW)
    const browser = await openChromium(data)
    const scene = { client, browser, vm, ...(await signIn(client, browser)) }
    const few = await measureList(scene, Math.min(seconds, SECONDS), progress)
    await copies(store, one, FEW, vms)
    const many = await measureList(scene, seconds, progress)
    const log = await measureLog(scene, progress)
    await browser.close()
    client.close()
    await store.close()
    return [...few.flatMap((row, i) => compared(row, many[i]!, vms)), ...log]
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

function compared({ name, value, unit }: Value, many: Value, vms: number): Row[] {
  const yardstick = measured(`${name}, ${FEW} VMs`, value, unit)
  return [yardstick, against(yardstick, `${many.name}, ${vms} VMs`, many.value)]
}

async function aVm(client: Client, store: Awaited<ReturnType<typeof openStore>>): Promise<string> {
  const load = new Load(client, Math.random, { clients: 1, each: 1 }, 0)
  await load.prepare(client)
  const { name, nic } = load.slots[0]!
  await client.ask('PUT', name, vmBody(nic))
  while ((await store.operations.list({ unfinished: true, limit: 1 })).length > 0) await sleep(20)
  return name
}

async function signIn(client: Client, browser: Browser) {
  const answer = await client.ask('POST', '/portal/tickets')
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(answer!.body.url)
  await page.getByRole('main').waitFor()
  const signedIn = await context.storageState()
  await context.close()
  return { signedIn, endpoint: new URL(answer!.body.url).origin }
}

/** A window with nothing in its cache. */
async function aWindow({ browser, signedIn }: Scene): Promise<Page> {
  const viewport = { width: 1280, height: 800 }
  return (await browser.newContext({ viewport, storageState: signedIn })).newPage()
}

async function measureList(scene: Scene, seconds: number, progress: Say): Promise<Value[]> {
  const paints: number[] = []
  const tables: number[] = []
  let page: Page | null = null
  for (let run = 0; run < RUNS; run++) {
    await page?.context().close()
    page = await aWindow(scene)
    await page.addInitScript(watchFirstRow)
    await page.goto(`${scene.endpoint}/portal/virtual-machines`)
    await page.waitForFunction(hasAnswered)
    paints.push(await page.evaluate(firstPaint))
    tables.push(await page.evaluate('answers'))
    progress(
      `${Math.round(paints.at(-1)!)} ms to paint, ${Math.round(tables.at(-1)!)} to the table`,
    )
  }
  await page!.getByRole('button', { name: 'Name', exact: true }).click()
  const frames = await page!.evaluate(scroll, { frames: FRAMES, stepPx: STEP_PX })
  progress(`${FRAMES} frames, the longest ${Math.round(Math.max(...frames))} ms`)
  const before = await heapOf(page!)
  const asked = await liveFor(scene, page!, seconds)
  progress(`${seconds} s of updates, in which lines of the list were asked for ${asked} times`)
  const after = await heapOf(page!)
  await page!.context().close()
  return [
    { name: 'first contentful paint, p50', value: median(paints), unit: 'ms' },
    { name: 'table that answers, p50', value: median(tables), unit: 'ms' },
    { name: 'a frame while scrolling, p50', value: median(frames), unit: 'ms' },
    { name: 'a frame while scrolling, p99', value: percentile(frames, 0.99), unit: 'ms' },
    { name: 'heap once it is there', value: before, unit: 'MB' },
    { name: `heap after ${seconds} s of updates`, value: after, unit: 'MB' },
  ]
}

/** What scripts hold, once all that nobody holds is collected. */
async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  await session.send('Performance.enable')
  const { metrics } = await session.send('Performance.getMetrics')
  await session.detach()
  return metrics.find(({ name }) => name === 'JSHeapUsedSize')!.value / 1e6
}

/** A VM is stopped and started again and again. @returns how often the page asked for lines of the list. */
async function liveFor({ client, vm }: Scene, page: Page, seconds: number): Promise<number> {
  let asked = 0
  page.on('response', (answer) => {
    if (/\/fleet\?/.test(answer.url()) && !answer.url().includes('skiptoken')) asked++
  })
  const end = performance.now() + seconds * 1000
  for (let deed = 'powerOff'; performance.now() < end; await sleep(PAUSE_MS)) {
    const ask = () => client.ask('POST', `${vm}/${deed}`)
    // Once more: what was not used for a minute may be closed as it is used again.
    const answer = (await ask()) ?? (await ask())
    if (answer === null || answer.status >= 400) throw new Error(JSON.stringify(answer))
    deed = deed === 'start' ? 'powerOff' : 'start'
  }
  return asked
}

/** From when the page was given a boot until its first events are there. */
async function measureLog(scene: Scene, progress: Say): Promise<Row[]> {
  const path = `/portal/virtual-machine/${encodeURIComponent(scene.vm.slice(1))}/integrity`
  const medians: number[] = []
  for (const events of [0, EVENTS]) {
    const times: number[] = []
    const page = await aWindow(scene)
    await page.addInitScript(watchFirstRow)
    await page.addInitScript(lengthenLog, events)
    for (let run = 0; run < RUNS; run++) {
      await page.goto(`${scene.endpoint}${path}?part=events&run=${run}`)
      await page.waitForFunction(hasAnswered)
      times.push(await page.evaluate('firstRow - given'))
    }
    progress(`first rows after ${times.map(Math.round).join(', ')} ms`)
    medians.push(median(times))
    await page.context().close()
  }
  const yardstick = measured('first rows of a log as it was, p50', medians[0]!, 'ms')
  const long = `first rows of a log of ${EVENTS} events, p50`
  return [
    measured(long, medians[1]!, 'ms', GOAL_MS),
    yardstick,
    against(yardstick, `${long}, against it`, medians[1]!),
  ]
}
