import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { EventFeed, type FeedOptions, type Listening } from '../../src/http/event-feed.ts'
import { READER, SECURITY_READER } from '../../src/identity/role-definitions.ts'
import { forgetEvents } from '../../src/jobs/expire.ts'
import { openStore } from '../../src/store/open.ts'
import { FailingHost } from '../a-failing-host.ts'
import { aPrincipal, tokenOf } from '../a-principal.ts'
import { until } from '../a-receiver.ts'
import { aService, type TestService } from '../a-service.ts'
import { aNetwork, aVm, vmBody } from '../a-vm.ts'
import { alertEvent, SUBSCRIPTION } from '../store/samples.ts'

interface Told {
  readonly id: number
  readonly event: string
  readonly data: any
}

/** Events out of the text of a stream, as the specification of server-sent events has it. */
function eventsIn(text: string): Told[] {
  const blocks = text.split('\n\n').filter((block) => /^event: /m.test(block))
  return blocks.map((block) => {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)![1]!
    return { id: Number(field('id')), event: field('event'), data: JSON.parse(field('data')) }
  })
}

/** Listens as a browser's `fetch` would. */
async function listen(t: TestContext, service: TestService, path: string, headers: object = {}) {
  const authorization = `Bearer ${await service.token()}`
  let text = ''
  let isOver = false
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const url = `${service.service.endpoint}${path}/providers/TrustedLaunch/events?api-version=2026-04-01`
    const sent = request(url, { ca: service.ca, headers: { authorization, ...headers } }, resolve)
    sent.on('error', reject)
    sent.end()
    t.after(() => sent.destroy())
  })
  answer.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  answer.on('error', () => {})
  answer.on('close', () => {
    isOver = true
  })
  return {
    status: answer.statusCode,
    type: answer.headers['content-type'],
    all: () => eventsIn(text),
    isOver: () => isOver,
    close: () => answer.destroy(),
  }
}

test('whoever listens hears of operations, power and alerts as they happen, and goes on where it was', async (t) => {
  const service = await aService(t, new FailingHost())
  const heard = await listen(t, service, service.subscription)
  assert.deepEqual([heard.status, heard.type], [200, 'text/event-stream'])
  const { id } = await aVm(service)
  const kinds = () => heard.all().map(({ event, data }) => `${event} ${data.status ?? data.power}`)
  await until(() => kinds().includes('operation Succeeded') && kinds().includes('vm running'))
  assert.ok(kinds().includes('operation Accepted'))
  const known = heard.all().at(-1)!
  heard.close()
  const properties = {
    publisher: 'Microsoft.Azure.Security.LinuxAttestation',
    ...{ type: 'GuestAttestation', typeHandlerVersion: '1.0' },
  }
  await service.over(
    await service.ask('PUT', `${id}/extensions/g`, { location: 'local', properties }),
  )
  const again = await listen(t, service, service.subscription, { 'last-event-id': known.id })
  await until(() => again.all().some(({ event }) => event === 'alert'))
  const told = again.all()
  assert.ok(told.every((one) => one.id > known.id))
  const alert = told.find(({ event }) => event === 'alert')!
  assert.deepEqual([alert.data.what, alert.data.alert.vm], ['raised', id])
  assert.match(alert.data.resourceId, /\/alerts\//)
})

test('who listens at a group hears of that group alone, and of what it may see', async (t) => {
  const service = await aService(t, new FailingHost())
  await aVm(service)
  const reader = await aPrincipal(service, READER.name, service.group('rg'))
  const security = await aPrincipal(service, SECURITY_READER.name, service.group('rg'))
  const as = async ({ clientId, secret }: { clientId: string; secret: string }) => ({
    authorization: `Bearer ${(await tokenOf(service, clientId, secret)).body.access_token}`,
  })
  const own = await listen(t, service, service.group('rg'), await as(reader))
  const alerts = await listen(t, service, service.group('rg'), await as(security))
  const none = await listen(t, service, service.subscription, await as(reader))
  assert.deepEqual([own.status, alerts.status, none.status], [200, 200, 403])
  const nic = await aNetwork(service, 'other')
  const elsewhere = `${service.group('other')}/providers/Microsoft.Compute/virtualMachines/x`
  await service.over(await service.ask('PUT', elsewhere, vmBody(nic)))
  const here = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/web`
  await service.over(await service.ask('POST', `${here}/powerOff`))
  await until(() => own.all().some(({ data }) => data.power === 'stopped'))
  assert.ok(own.all().every(({ data }) => data.resourceId.includes('/resourceGroups/rg/')))
  assert.deepEqual(alerts.all(), [])
})

test('who may no longer sign in, or whose token ran out, hears nothing after the next heartbeat', async (t) => {
  let ahead = 0
  const service = await aService(t, new FailingHost(), { now: () => Date.now() + ahead })
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const [gone, stale] = [
    await aPrincipal(service, READER.name, service.subscription),
    await aPrincipal(service, READER.name, service.subscription),
  ]
  const as = async ({ clientId, secret }: { clientId: string; secret: string }) => ({
    authorization: `Bearer ${(await tokenOf(service, clientId, secret)).body.access_token}`,
  })
  // A token is good for an hour, a stream for half of one.
  const old = await as(stale)
  ahead += 45 * 60_000
  const heard = await listen(t, service, service.subscription, await as(gone))
  const other = await listen(t, service, service.subscription, old)
  assert.deepEqual([heard.status, other.status], [200, 200])
  const properties = { kind: 'service', signInName: gone.clientId, disabled: true }
  assert.equal((await service.ask('PUT', gone.path, { properties })).status, 200)
  ahead += 16_000
  await until(() => heard.isOver())
  assert.equal(other.isOver(), false)
  ahead += 17 * 60_000
  await until(() => other.isOver())
})

test('nobody listens to more than eight streams, nor after the service ended', async (t) => {
  const service = await aService(t)
  const streams: Awaited<ReturnType<typeof listen>>[] = []
  for (let i = 0; i < 9; i++) streams.push(await listen(t, service, service.subscription))
  assert.deepEqual(
    streams.map(({ status }) => status),
    [...Array(8).fill(200), 429],
  )
  streams[0]!.close()
  await until(async () => (await listen(t, service, service.subscription)).status === 200)
  await service.service.close()
  await until(() => streams.every(({ isOver }) => isOver()))
})

async function aFeed(t: TestContext, options: Partial<FeedOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'tl-feed-'))
  const store = await openStore({ path: join(folder, 'service.db') })
  const feed = new EventFeed({ store, now: () => Date.now(), pollMs: 5, ...options })
  t.after(async () => {
    feed.close()
    await store.close()
    rmSync(folder, { recursive: true })
  })
  return { store, feed }
}

const listening: Listening = {
  ...{ principal: 'p', subscriptionId: SUBSCRIPTION, isFor: () => true, after: null },
  mayStay: async () => true,
}

test('who comes back after what it did not hear was forgotten is told that it missed something', async (t) => {
  const { store, feed } = await aFeed(t)
  for (let at = 1; at < 4; at++) await store.events.append(alertEvent(at))
  await forgetEvents(store, 7 * 86_400_000 + 3)
  let text = ''
  const out = await feed.open({ ...listening, after: 1 })
  out.on('data', (chunk) => {
    text += chunk
  })
  await until(() => eventsIn(text).length === 2)
  assert.deepEqual(
    eventsIn(text).map(({ event }) => event),
    ['lost', 'alert'],
  )
  let other = ''
  const recent = await feed.open({ ...listening, after: 2 })
  recent.on('data', (chunk) => {
    other += chunk
  })
  await until(() => eventsIn(other).length === 1)
  assert.equal(eventsIn(other)[0]!.event, 'alert')
})

test('who takes nothing is let go, and holds little meanwhile', async (t) => {
  const { store, feed } = await aFeed(t, { slowMs: 50 })
  const out = await feed.open({ ...listening, after: 0 })
  let isClosed = false
  out.on('close', () => {
    isClosed = true
  })
  out.on('error', () => {})
  const data = { text: 'x'.repeat(10_000) }
  for (let at = 0; at < 300; at++) await store.events.append({ ...alertEvent(at), data })
  await until(() => out.readableLength > 60_000 || isClosed)
  assert.ok(out.readableLength < 2_500_000, String(out.readableLength))
  await until(() => isClosed)
})

test('who may no longer listen, or has for long, is let go; others hear a heartbeat', async (t) => {
  const { feed } = await aFeed(t, { heartbeatMs: 10, stayMs: 300 })
  const taken = async (more: Partial<Listening>) => {
    const out = await feed.open({ ...listening, ...more })
    let text = ''
    out.on('data', (chunk) => {
      text += chunk
    })
    await new Promise((resolve) => out.on('end', resolve))
    return text
  }
  const [denied, long] = await Promise.all([
    taken({ mayStay: async () => false }),
    taken({ principal: 'q' }),
  ])
  assert.equal(denied.match(/^:$/gm)?.length, 1)
  assert.ok((long.match(/^:$/gm)?.length ?? 0) > 3)
})
