import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import pino from 'pino'
import { DeliveryError } from '../../src/delivery/errors.ts'
import { send } from '../../src/delivery/send.ts'
import { DESTINATION, type Destination } from '../../src/domain/destinations.ts'
import type { Resource, Store } from '../../src/domain/store.ts'
import { Deliverer, type DelivererOptions } from '../../src/jobs/deliver.ts'
import { forgetEvents } from '../../src/jobs/expire.ts'
import { until, WebhookReceiver } from '../a-receiver.ts'
import { onEach } from '../store/databases.ts'
import { SUBSCRIPTION, vm } from '../store/samples.ts'

const HOUR_MS = 3_600_000
const ID = `/subscriptions/${SUBSCRIPTION}/providers/${DESTINATION}/siem`
const UNTOLD = { attempts: 0, nextAt: 0, error: null, delivered: 0, deliveredAt: null, lost: 0 }
const log = pino({ level: 'silent' })

async function aDestination(store: Store, destination: Destination): Promise<void> {
  const row: Omit<Resource, 'etag' | 'changedAt'> = {
    ...{ ...vm('x'), id: ID, type: DESTINATION, name: 'siem', resourceGroup: null },
    ...{ parentId: `/subscriptions/${SUBSCRIPTION}`, location: null, tags: {}, envelope: {} },
    ...{ state: {}, properties: { destination: destination as never, isEnabled: true } },
  }
  await store.resources.insert(row, 1)
  await store.deliveries.put({ ...UNTOLD, destinationId: ID, cursor: 0 })
}

let count = 0

async function happens(store: Store, at: number, cause = 'drift'): Promise<void> {
  const id = `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`
  const resourceId = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Security/alerts/a`
  const alert = {
    ...{ type: 'VM_AttestationSilent', cause, vm: '/…/virtualMachines/web', severity: 'medium' },
    ...{ state: 'Active', summary: 's', components: [], findings: [], firstSeen: at, lastSeen: at },
    ...{ count: 1, isPresent: true, evidence: null, changedBy: null, reason: null },
  }
  const data = { what: 'raised', name: 'a', alert, suppressedBy: null, sample: false }
  const event = { id, at, kind: 'alert', subscriptionId: SUBSCRIPTION, resourceId } as const
  await store.events.append({ ...event, data })
}

function aDeliverer(t: TestContext, options: Pick<DelivererOptions, 'store' | 'send' | 'now'>) {
  const deliverer = new Deliverer({ log, owner: `w${++count}`, pollMs: 10, ...options })
  deliverer.start()
  t.after(() => deliverer.stop())
  return deliverer
}

const syslog = {
  kind: 'syslog',
  host: 'h',
  port: 1,
  transport: 'tcp',
  format: 'cef',
  ca: null,
} as const

onEach((database) => {
  test('a receiver that is down for a day and more gets everything, in order, soon after it is back', async (t) => {
    const store = await database.store()
    const receiver = await WebhookReceiver.open(t)
    let time = Date.now()
    const now = () => time
    const secret = new TextEncoder().encode(`whsec_${Buffer.alloc(32).toString('base64')}`)
    const rules = { allowed: [{ hostname: 'localhost', port: null }], filesIn: null }
    const ground = { rules, now, sealed: { get: async () => secret } }
    const { url, ca } = receiver
    await aDestination(store, { kind: 'webhook', url, ca })
    await receiver.kill()
    aDeliverer(t, { store, now, send: (...of) => send(ground, ...of) })
    for (let hour = 0; hour < 30; hour++) {
      await happens(store, time, `hour ${hour}`)
      if (hour < 3) await until(async () => (await store.deliveries.get(ID))!.attempts > hour)
      time += HOUR_MS
    }
    await receiver.back()
    const { nextAt } = (await store.deliveries.get(ID))!
    assert.ok(nextAt - time <= 300_000, 'five minutes is the longest wait')
    await until(async () => {
      time += 1_000
      return (await store.deliveries.get(ID))!.delivered === 30
    })
    const told = receiver.events.map(({ data }) => data.alert.cause)
    assert.deepEqual(
      told,
      Array.from({ length: 30 }, (_, hour) => `hour ${hour}`),
    )
  })

  test('what a receiver takes has arrived, however much it answers', async (t) => {
    const store = await database.store()
    const receiver = await WebhookReceiver.open(t)
    receiver.status = 200
    receiver.body = 'x'.repeat(4 << 20)
    const secret = new TextEncoder().encode(`whsec_${Buffer.alloc(32).toString('base64')}`)
    const rules = { allowed: [{ hostname: 'localhost', port: null }], filesIn: null }
    const ground = { rules, now: Date.now, sealed: { get: async () => secret } }
    const { url, ca } = receiver
    await aDestination(store, { kind: 'webhook', url, ca })
    await happens(store, Date.now())
    aDeliverer(t, { store, now: Date.now, send: (...of) => send(ground, ...of) })
    await until(async () => (await store.deliveries.get(ID))!.delivered === 1)
    assert.equal(receiver.received.length, 1)
  })

  test('what fails for three days is a dead letter, and what comes after it is told', async (t) => {
    const store = await database.store()
    let time = 1_000_000_000
    let isDown = true
    const told: string[] = []
    await aDestination(store, syslog)
    await happens(store, time, 'old')
    aDeliverer(t, {
      ...{ store, now: () => time },
      send: async (_id, _destination, { alert }) => {
        if (isDown) throw new DeliveryError('receiver-unreachable', 'it is down')
        told.push(alert.cause)
      },
    })
    const passing = (isSo: () => boolean | Promise<boolean>) =>
      until(() => {
        time += 1_000
        return isSo()
      })
    const isTried = async () => (await store.deliveries.get(ID))!.attempts > 0
    await passing(isTried)
    time += 71 * HOUR_MS
    await passing(isTried)
    assert.equal(await store.deliveries.countLetters(ID), 0)
    await happens(store, time, 'new')
    time += 2 * HOUR_MS
    await passing(async () => (await store.deliveries.countLetters(ID)) === 1)
    isDown = false
    await passing(() => told.length === 1)
    assert.deepEqual(told, ['new'])
    const [letter] = await store.deliveries.letters(ID, { limit: 10 })
    assert.deepEqual([letter!.why, letter!.again], ['it is down', false])
  })

  test('what was sent and not written down is sent again by the next process, and nothing after it was skipped', async (t) => {
    const store = await database.store()
    await aDestination(store, syslog)
    let time = 1_000
    const now = () => time
    for (const cause of ['one', 'two', 'three']) await happens(store, time, cause)
    const told: string[] = []
    const first = aDeliverer(t, {
      ...{ store, now },
      send: async (_id, _destination, { alert }) => {
        told.push(`first ${alert.cause}`)
        // It stands still, and another takes over before it can write.
        if (alert.cause === 'two')
          await store.leases.acquire('deliver', 'thief', time + 60_000, 100_000)
      },
    })
    await until(() => told.includes('first two'))
    await first.stop()
    time += 200_000
    aDeliverer(t, {
      ...{ store, now },
      send: async (_id, _destination, { alert }) => void told.push(`second ${alert.cause}`),
    })
    await until(() => told.includes('second three'))
    assert.deepEqual(told, ['first one', 'first two', 'second two', 'second three'])
  })

  test('one destination that hangs holds up no other', async (t) => {
    const store = await database.store()
    await aDestination(store, syslog)
    const other = `${ID}2`
    const row = (await store.resources.get(ID))!
    await store.resources.insert({ ...row, id: other, name: 'siem2' }, 1)
    await store.deliveries.put({ ...UNTOLD, destinationId: other, cursor: 0 })
    await happens(store, 5)
    let release = () => {}
    const hanging = new Promise<void>((resolve) => {
      release = resolve
    })
    t.after(() => release())
    aDeliverer(t, {
      ...{ store, now: () => 10 },
      send: (id) => (id === ID ? hanging : Promise.resolve()),
    })
    await until(async () => (await store.deliveries.get(other))!.delivered === 1)
    assert.equal((await store.deliveries.get(ID))!.delivered, 0)
    release()
  })

  test('events that go before a destination was told of them are counted as lost, and it goes on after them', async () => {
    const store = await database.store()
    await aDestination(store, syslog)
    for (const at of [1, 2, 3]) await happens(store, at)
    assert.equal(await forgetEvents(store, 4), 0)
    const day = 24 * HOUR_MS
    await happens(store, 8 * day)
    assert.equal(await forgetEvents(store, 7 * day + 3), 2)
    const { cursor, lost } = (await store.deliveries.get(ID))!
    assert.deepEqual([cursor, lost], [2, 2])
    assert.equal(await forgetEvents(store, 7 * day + 3), 0)
  })
})
