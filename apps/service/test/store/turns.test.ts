import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noteProofs, proofSamples } from '../../src/domain/proof-samples.ts'
import type { Store, Turn, Watched } from '../../src/domain/store.ts'
import { onEach } from './databases.ts'

function watched(vmId: string, due: number | null, more: Partial<Watched> = {}): Watched {
  const base = { resourceId: `/x/${vmId}`, subscriptionId: 's', unanswered: 0, watch: {} }
  return { ...base, vmId, due, ...more }
}

const by = { owner: 'w', answering: true, at: 100, leaseMs: 50, limit: 10 }
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const cutOff = { code: 'store-cut-off' }

async function namesOf(turns: Promise<readonly Turn[]>): Promise<string[]> {
  return (await turns).map((turn) => turn.watched.vmId)
}

async function aStore(store: Store, ...all: Watched[]): Promise<Store> {
  for (const one of all) await store.turns.put(one)
  return store
}

onEach((database) => {
  test('who is due is given to one, and to the next once the lease ended', async () => {
    const { turns } = await aStore(await database.store(), watched('a', 100), watched('b', 101))
    const [turn] = await turns.claim(by)
    assert.deepEqual(turn!.watched, { ...watched('a', 150) })
    assert.deepEqual(await namesOf(turns.claim({ ...by, at: 149, owner: 'v' })), ['b'])
    const [again] = await turns.claim({ ...by, at: 150, owner: 'v' })
    assert.deepEqual([again!.watched.vmId, again!.epoch], ['a', 2])
    await assert.rejects(turns.end(turn!, watched('a', 9)), cutOff)
    assert.equal(await turns.renew(turn!, 151, 50), false)
  })

  test('a lease that is renewed goes on, and what is ended is due when it says', async () => {
    const { turns } = await aStore(await database.store(), watched('a', 1))
    const [turn] = await turns.claim(by)
    assert.equal(await turns.renew(turn!, 140, 50), true)
    assert.deepEqual(await namesOf(turns.claim({ ...by, at: 189 })), [])
    await turns.end(turn!, { due: 300, unanswered: 0, watch: { answered: 5 } })
    assert.equal(await turns.renew(turn!, 190, 50), false, 'what ended is not held')
    assert.deepEqual(await turns.get('a'), watched('a', 300, { watch: { answered: 5 } }))
    assert.deepEqual(await namesOf(turns.claim({ ...by, at: 299 })), [])
    assert.deepEqual(await namesOf(turns.claim({ ...by, at: 300 })), ['a'])
  })

  test('one of each subscription in turn, those that wait longest first', async () => {
    const many = Array.from({ length: 30 }, (_, i) =>
      watched(`m${String(i).padStart(2, '0')}`, i, { subscriptionId: 'many' }),
    )
    const one = watched('o', 90, { subscriptionId: 'one' })
    const { turns } = await aStore(await database.store(), ...many, one, watched('later', 101))
    assert.deepEqual(await namesOf(turns.claim({ ...by, limit: 4 })), ['m00', 'o', 'm01', 'm02'])
    assert.deepEqual(await namesOf(turns.claim({ ...by, limit: 2 })), ['m03', 'm04'])
  })

  test('who does not answer has turns of its own, and keeps no other waiting', async () => {
    const { turns } = await aStore(
      await database.store(),
      watched('dead', 1, { unanswered: 3 }),
      watched('fine', 50),
    )
    assert.deepEqual(await namesOf(turns.claim({ ...by, limit: 1 })), ['fine'])
    assert.deepEqual(await namesOf(turns.claim({ ...by, answering: false })), ['dead'])
  })

  test('who answered late has such turns, too, until it is said that it has not', async () => {
    const { turns } = await aStore(
      await database.store(),
      watched('late', 1, { slow: 2 }),
      watched('fine', 50),
    )
    assert.deepEqual(await namesOf(turns.claim(by)), ['fine'])
    const [turn] = await turns.claim({ ...by, answering: false })
    assert.deepEqual([turn!.watched.vmId, turn!.watched.slow], ['late', 2])
    await turns.end(turn!, { due: 1, unanswered: 0, slow: 0, watch: {} })
    assert.deepEqual(await namesOf(turns.claim(by)), ['late'])
  })

  test('of one subscription no more than so many are given, with those that are held', async () => {
    const many = Array.from({ length: 9 }, (_, i) =>
      watched(`m${i}`, i, { subscriptionId: 'many' }),
    )
    const one = watched('o', 90, { subscriptionId: 'one' })
    const { turns } = await aStore(await database.store(), ...many, one)
    const each = { ...by, limit: 4, each: 2 }
    const all = {
      ...each,
      held: new Map([
        ['many', 2],
        ['one', 2],
      ]),
    }
    assert.deepEqual(await namesOf(turns.claim(all)), [])
    assert.deepEqual(await namesOf(turns.claim({ ...each, held: new Map([['many', 1]]) })), [
      'm0',
      'o',
    ])
    assert.deepEqual(await namesOf(turns.claim(each)), ['m1', 'm2'])
  })

  test('who is asked on demand only is never due, and its turn is one asker’s', async () => {
    const { turns } = await aStore(await database.store(), watched('a', null))
    assert.deepEqual(await namesOf(turns.claim(by)), [])
    const turn = await turns.take('a', by)
    assert.equal(turn!.watched.due, null)
    assert.equal(await turns.take('a', { ...by, at: 149 }), null)
    assert.equal((await turns.take('a', { ...by, at: 150 }))!.epoch, 2)
    assert.deepEqual(await namesOf(turns.claim({ ...by, at: 1000 })), [])
    assert.equal(await turns.take('b', by), null)
  })

  test('what is put meanwhile does not end a turn, nor make it anybody else’s', async () => {
    const { turns } = await aStore(await database.store(), watched('a', 1))
    const [turn] = await turns.claim(by)
    await turns.put(watched('a', 2, { watch: { lastReset: 7 } }))
    assert.deepEqual(await namesOf(turns.claim({ ...by, at: 149 })), [])
    assert.deepEqual((await turns.get('a'))!.watch, { lastReset: 7 })
    await turns.end(turn!, watched('a', 500))
  })

  test('nothing is written under a turn that another took', async () => {
    const store = await aStore(await database.store(), watched('a', 1))
    const [former] = await store.turns.claim(by)
    const [turn] = await store.turns.claim({ ...by, owner: 'v', at: 200 })
    const write = (under: Turn) =>
      store.transaction(async ({ turns, values }) => {
        await turns.requireHeld(under)
        await values.put(under.owner, new Uint8Array(1))
      })
    await assert.rejects(write(former!), cutOff)
    await write(turn!)
    assert.equal(await store.values.get('w'), null)
  })

  test('who is below a scope and due later is due by then; turns that are held stay as they are', async () => {
    const { turns } = await aStore(
      await database.store(),
      watched('a', 500, { resourceId: '/Subscriptions/s/vms/a' }),
      watched('b', 90, { resourceId: '/subscriptions/s/vms/b' }),
      watched('c', 500, { resourceId: '/subscriptions/sx/vms/c' }),
      watched('d', null, { resourceId: '/subscriptions/s/vms/d' }),
    )
    const [held] = await turns.claim(by)
    assert.equal(held!.watched.vmId, 'b')
    await turns.hasten('/subscriptions/S', 140)
    const dues = await Promise.all(['a', 'b', 'c', 'd'].map((name) => turns.get(name)))
    assert.deepEqual(
      dues.map((one) => one!.due),
      [140, 150, 500, null],
    )
    await turns.hasten('/subscriptions/sx/vms/c', 7)
    assert.equal((await turns.get('c'))!.due, 7)
  })

  test('who has the database alone frees the turns of its former users: they are due at once', async () => {
    const store = await aStore(await database.store(), watched('a', 1), watched('b', null))
    const [turn] = await store.turns.claim(by)
    await store.turns.take('b', by)
    await store.freeAll()
    assert.deepEqual(await namesOf(store.turns.claim({ ...by, at: 0 })), ['a'])
    assert.ok((await store.turns.take('b', { ...by, at: 0 })) !== null)
    await assert.rejects(store.turns.end(turn!, watched('a', 9)), cutOff)
    assert.equal(await store.turns.delete('a'), true)
    assert.equal(await store.turns.delete('a'), false)
  })

  test('samples are kept a day, each of its own subscription; who proved nothing yet has no age', async () => {
    const store = await database.store()
    const start = 1_000 * DAY_MS
    const put = (
      vmId: string,
      subscriptionId: string,
      answered: number | null,
      due: number | null,
    ) =>
      store.turns.put({
        ...{ vmId, resourceId: `/x/${vmId}`, subscriptionId, due, unanswered: 0 },
        watch: { answered },
      })
    await put('a', 'S', start - 10_000, 1)
    await put('b', 'S', start - 90_000, 1)
    await put('c', 'S', start - 5_000, null)
    await put('d', 'other', null, 1)
    await noteProofs(store, start)
    await noteProofs(store, start + MINUTE_MS)
    const of = (id: string, now: number) => proofSamples(store, id, 0, now)
    assert.deepEqual(await of('s', start + MINUTE_MS + 1), [
      { at: start, asked: 2, proved: 1, oldest: 90_000, average: 50_000 },
      { at: start + MINUTE_MS, asked: 2, proved: 0, oldest: 150_000, average: 110_000 },
      { at: start + MINUTE_MS + 1, asked: 2, proved: 0, oldest: 150_001, average: 110_001 },
    ])
    const [first] = await of('other', start)
    assert.deepEqual([first?.asked, first?.oldest, first?.average], [1, null, null])
    assert.equal((await of('s', start + MINUTE_MS + DAY_MS)).length, 1)
    assert.deepEqual(await of('nobody', start), [])
  })
})
