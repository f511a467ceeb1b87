import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { Store } from '../../src/domain/store.ts'
import { onEach } from './databases.ts'
import { event, SUBSCRIPTION, vmId } from './samples.ts'

const sequences = async (store: Store, query: object) =>
  (await store.audit.list({ limit: 10, ...query })).map(({ sequence }) => sequence)

onEach((database) => {
  test('an entry has the hash of its canonical text, in which the hash before it is', async () => {
    const store = await database.store()
    const first = await store.audit.append(event('write'))
    const second = await store.audit.append(event('delete'))
    assert.deepEqual([first.sequence, second.sequence], [1, 2])
    const { hash: _, ...kept } = second
    const members = Object.entries({ ...kept, previous: first.hash }).sort(([a], [b]) =>
      a < b ? -1 : 1,
    )
    const text = JSON.stringify(Object.fromEntries(members))
    assert.equal(second.hash, createHash('sha256').update(text).digest('hex'))
    assert.deepEqual(await store.audit.verify(), { entries: 2, brokenAt: null, head: second.hash })
  })

  test('entries that are appended at once make one chain', async () => {
    const store = await database.store()
    const entries = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        i % 2 === 0
          ? store.audit.append(event(`a${i}`))
          : store.transaction(({ audit }) => audit.append(event(`a${i}`))),
      ),
    )
    assert.equal(new Set(entries.map(({ sequence }) => sequence)).size, 50)
    const { brokenAt, entries: count } = await store.audit.verify()
    assert.deepEqual([brokenAt, count], [null, 50])
  })

  test('the audit of an empty database holds', async () => {
    const store = await database.store()
    const { entries, brokenAt } = await store.audit.verify()
    assert.deepEqual([entries, brokenAt], [0, null])
  })

  test('what cannot be said in UTF-8 does not stop the audit', async () => {
    const store = await database.store()
    const { caller } = await store.audit.append({ ...event(), caller: 'a\ud800\0' })
    assert.equal(caller, 'a\ufffd\0')
    assert.equal((await store.audit.list({ limit: 1 }))[0]?.caller, 'a\ufffd\0')
    assert.equal((await store.audit.verify()).brokenAt, null)
  })

  test('entries are found by subscription, resource and time, page by page', async () => {
    const store = await database.store()
    for (const at of [30, 10, 20]) await store.audit.append(event('write', at))
    await store.audit.append({ ...event('x', 20), subscriptionId: null, resourceId: '/' })
    assert.deepEqual(await sequences(store, {}), [2, 3, 4, 1])
    assert.deepEqual(await sequences(store, { limit: 2, after: 2 }), [3, 4])
    assert.deepEqual(await sequences(store, { after: 4 }), [1])
    assert.deepEqual(await sequences(store, { after: 99 }), [])
    const newestFirst = true
    assert.deepEqual(await sequences(store, { newestFirst }), [1, 4, 3, 2])
    assert.deepEqual(await sequences(store, { newestFirst, limit: 2, after: 1 }), [4, 3])
    assert.deepEqual(await sequences(store, { newestFirst, after: 4, from: 15 }), [3])
    assert.deepEqual(await sequences(store, { newestFirst, after: 99 }), [])
    assert.deepEqual(
      await sequences(store, { subscriptionId: SUBSCRIPTION.toUpperCase() }),
      [2, 3, 1],
    )
    assert.deepEqual(await sequences(store, { subscriptionId: null }), [4])
    assert.deepEqual(await sequences(store, { resourceId: vmId('A') }), [2, 3, 1])
    assert.deepEqual(await sequences(store, { from: 20, to: 29 }), [3, 4])
  })
})
