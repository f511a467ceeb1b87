import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Store } from '../../src/domain/store.ts'
import { onEach } from './databases.ts'
import { alertEvent, SUBSCRIPTION, vmId } from './samples.ts'

const OTHER = '99999999-2222-3333-4444-555555555555'
const sequences = async (store: Store, query: object = {}) =>
  (await store.events.list({ after: 0, limit: 1000, ...query })).map(({ sequence }) => sequence)

onEach((database) => {
  test('events are numbered as they are committed, and are read by subscription and kind', async () => {
    const store = await database.store()
    assert.deepEqual(await store.events.ends(), { first: 0, last: 0 })
    const appended = Array.from({ length: 5 }, (_, i) => store.events.append(alertEvent(i)))
    assert.deepEqual((await Promise.all(appended)).sort(), [1, 2, 3, 4, 5])
    await store.events.append({ ...alertEvent(6), kind: 'vm' })
    await store.events.append({ ...alertEvent(7), subscriptionId: OTHER })
    const inFirst = { subscriptionId: SUBSCRIPTION.toUpperCase() }
    assert.deepEqual(await sequences(store, { ...inFirst, kind: 'alert' }), [1, 2, 3, 4, 5])
    assert.deepEqual(await sequences(store, { ...inFirst, after: 4 }), [5, 6])
    assert.equal(await store.events.count({ after: 1, until: 4, kind: 'alert' }), 3)
    const [event] = await store.events.list({ after: 6, limit: 1 })
    assert.deepEqual(event, { ...event, resourceId: vmId('a'), data: { what: 'raised' }, at: 7 })
  })

  test('an event that its transaction does not commit has no number', async () => {
    const store = await database.store()
    const broken = store.transaction(async ({ events }) => {
      await events.append(alertEvent(1))
      throw new Error('no')
    })
    await assert.rejects(broken, /no/)
    assert.equal(await store.events.append(alertEvent(2)), 1)
  })

  test('old events go, and too many of one kind; the newest of all stays, so that no number comes twice', async () => {
    const store = await database.store()
    for (let at = 1; at < 7; at++) await store.events.append(alertEvent(at))
    const of = (until: number) => ({ subscriptionId: SUBSCRIPTION, until })
    assert.deepEqual(await store.events.toForget('alert', 4, 0), [of(2)])
    assert.deepEqual(await store.events.toForget('alert', 4, 4), [of(3)])
    assert.deepEqual(await store.events.toForget('vm', 0, 100), [])
    assert.equal(await store.events.forget('alert', of(3)), 3)
    assert.deepEqual(await sequences(store), [4, 5, 6])
    assert.deepEqual(await store.events.toForget('alert', 0, 0), [of(6)])
    assert.equal(await store.events.forget('alert', of(6)), 2)
    assert.deepEqual(await store.events.ends(), { first: 6, last: 6 })
    assert.equal(await store.events.append(alertEvent(9)), 7)
  })

  test('a subscription with too many events pushes none of another’s out', async () => {
    const store = await database.store()
    const other = { ...alertEvent(1), subscriptionId: OTHER }
    await store.events.append(other)
    for (let at = 1; at < 5; at++) await store.events.append(alertEvent(at))
    const [many, ...rest] = await store.events.toForget('alert', 2, 0)
    assert.deepEqual([many, rest], [{ subscriptionId: SUBSCRIPTION, until: 3 }, []])
    assert.equal(await store.events.forget('alert', many!), 2)
    assert.deepEqual(await sequences(store), [1, 4, 5])
  })

  test('dead letters are kept in order, up to a limit, are sent again, and go with their destination', async () => {
    const { events, deliveries } = await database.store()
    for (let at = 1; at < 5; at++) await events.append(alertEvent(at))
    const all = await events.list({ after: 0, limit: 10 })
    const of = vmId('d')
    const dropped: number[] = []
    for (const event of all)
      dropped.push(await deliveries.bury(of, { event, at: 9, why: 'down' }, 3))
    assert.deepEqual(dropped, [0, 0, 0, 1])
    const listed = async (query: object = {}) =>
      (await deliveries.letters(of, { limit: 10, ...query })).map(({ event }) => event.sequence)
    assert.deepEqual(await listed(), [2, 3, 4])
    assert.deepEqual(await listed({ after: 3 }), [4])
    assert.deepEqual([await deliveries.sendAgain(of, 3), await deliveries.sendAgain(of, 1)], [1, 0])
    assert.deepEqual(await listed({ again: true }), [3])
    await deliveries.bury(of, { event: all[2]!, at: 10, why: 'still down' }, 3)
    assert.deepEqual(await listed({ again: true }), [])
    assert.equal(await deliveries.sendAgain(of, null), 3)
    await deliveries.unbury(of, 2)
    assert.equal(await deliveries.countLetters(of), 2)
    const delivery = {
      ...{ destinationId: of, cursor: 7, attempts: 1, nextAt: 5, error: 'down' },
      ...{ delivered: 3, deliveredAt: 4, lost: 1 },
    }
    await deliveries.put({ ...delivery, cursor: 6 })
    await deliveries.put(delivery)
    assert.deepEqual(await deliveries.get(of.toUpperCase()), {
      ...delivery,
      destinationId: of.toUpperCase(),
    })
    await deliveries.delete(of)
    assert.deepEqual([await deliveries.get(of), await deliveries.countLetters(of)], [null, 0])
  })
})
