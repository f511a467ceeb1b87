import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import type { Tables } from '../../src/domain/store.ts'
import { onEach } from './databases.ts'
import { event, operation, vm, vmId } from './samples.ts'

onEach((database) => {
  test('a change is all of its parts or none, and nobody sees it before its end', async () => {
    const store = await database.store()
    const change = async ({ resources, operations, audit }: Tables) => {
      await resources.insert(vm('a'), 9)
      await operations.enqueue(operation('a'), 9)
      await audit.append(event())
      assert.equal((await resources.get(vmId('a')))?.name, 'a')
      assert.equal(await store.resources.get(vmId('a')), null)
    }
    const broken = store.transaction(async (tables) => {
      await change(tables)
      throw new RangeError('not so')
    })
    await assert.rejects(broken, RangeError)
    assert.equal(await store.resources.get(vmId('a')), null)
    assert.equal((await store.operations.list({ limit: 9 })).length, 0)
    assert.equal((await store.audit.list({ limit: 9 })).length, 0)
    assert.equal(await store.transaction((tables) => change(tables).then(() => 'done')), 'done')
    assert.equal((await store.operations.list({ limit: 9 })).length, 1)
    assert.equal((await store.audit.list({ limit: 9 })).length, 1)
  })

  test('of changes that come together, one that fails takes no other with it', async () => {
    const store = await database.store()
    const changes = Array.from({ length: 20 }, (_, i) =>
      store.transaction(async ({ resources, audit }) => {
        await audit.append(event(`a${i}`))
        await resources.insert(vm(`vm${i % 10}`), i)
        return i
      }),
    )
    const ends = await Promise.allSettled(changes)
    assert.deepEqual(
      ends.map(({ status }) => status === 'fulfilled'),
      [...Array(10).fill(true), ...Array(10).fill(false)],
    )
    const { entries, brokenAt } = await store.audit.verify()
    assert.deepEqual([entries, brokenAt], [10, null])
  })

  test('a refusal inside of a transaction does not spoil the rest of it', async () => {
    const store = await database.store()
    await store.transaction(async ({ resources }) => {
      await resources.insert(vm('a'), 9)
      await assert.rejects(resources.insert(vm('a'), 9), { code: 'store-exists' })
      await resources.insert(vm('b'), 9)
    })
    assert.equal((await store.resources.get(vmId('b')))?.name, 'b')
  })

  test('what a transaction reads nobody changes before its end', async () => {
    const store = await database.store()
    await store.resources.insert({ ...vm('a'), state: { n: 0 } }, 9)
    const add = () =>
      store.transaction(async ({ resources }) => {
        const { state } = (await resources.get(vmId('a')))!
        await sleep(1)
        await resources.update(vmId('a'), { state: { n: Number(state.n) + 1 } }, 9)
      })
    await Promise.all(Array.from({ length: 20 }, add))
    assert.deepEqual((await store.resources.get(vmId('a')))?.state, { n: 20 })
  })

  test('what a transaction read is what is there, after changes that were taken back too', async () => {
    const store = await database.store()
    await store.resources.insert({ ...vm('a'), state: { n: 0 } }, 9)
    const numbersOf = async ({ resources }: Pick<Tables, 'resources'>) => {
      const [one] = await resources.list({ type: vm('a').type, limit: 9 })
      return [(await resources.get(vmId('a')))?.state.n, one?.state.n]
    }
    const seen: unknown[] = []
    const look = () => store.transaction(async (tables) => seen.push(await numbersOf(tables)))
    const write = (n: number, isTakenBack: boolean) =>
      store.transaction(async (tables) => {
        await tables.resources.update(vmId('a'), { state: { n } }, 9)
        seen.push(await numbersOf(tables))
        if (isTakenBack) throw new Error('taken back')
      })
    await Promise.allSettled([look(), write(1, true), look(), write(2, false), look()])
    assert.deepEqual(
      seen,
      [0, 1, 0, 2, 2].map((n) => [n, n]),
    )
  })

  test('what is not awaited in a transaction is refused after it, as is a write around it', async () => {
    const store = await database.store()
    let late: Promise<unknown> = Promise.resolve()
    await store.transaction(async ({ resources }) => {
      late = sleep(5).then(() => resources.insert(vm('a'), 9))
      await assert.rejects(
        async () => store.resources.insert(vm('b'), 9),
        /inside of a transaction/,
      )
    })
    await assert.rejects(late, /not awaited/)
    assert.equal(await store.resources.get(vmId('a')), null)
    assert.equal(await store.resources.get(vmId('b')), null)
  })

  test('a long transaction leaves the rest of the process its turns', async () => {
    const store = await database.store()
    let [turns, isOver, insertedMs] = [0, false, 0]
    const others = (async () => {
      for (; !isOver; turns++) await turn()
    })()
    await store.transaction(async ({ resources }) => {
      const started = performance.now()
      for (let i = 0; i < 400; i++) await resources.insert(vm(`vm-${i}`), 9)
      insertedMs = performance.now() - started
    })
    isOver = true
    await others
    assert.ok(turns >= Math.min(3, insertedMs / 50), `${turns} in ${insertedMs} ms`)
  })
})
