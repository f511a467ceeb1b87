import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { CompiledQuery } from 'kysely'
import type { Claim, Store } from '../../src/domain/store.ts'
import { migrate, migrations } from '../../src/store/migrate.ts'
import { openEngine } from '../../src/store/open-engine.ts'
import { newRowOf } from '../../src/store/operation-row.ts'
import { claimable } from '../../src/store/operations.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { onEach } from './databases.ts'
import { planOf } from './query-plan.ts'
import { operation, SUBSCRIPTION, vm, vmId } from './samples.ts'

const cutOff = { code: 'store-cut-off' }

function claim(store: Store, owner: string, at: number, hosts: readonly string[] = []) {
  return store.operations.claim({ owner, hosts, at, leaseMs: 100 })
}

async function claimed(store: Store, owner: string, at: number): Promise<Claim> {
  const found = await claim(store, owner, at)
  assert.ok(found !== null)
  return found
}

const finish = (store: Store, held: Claim, at = 50) =>
  store.under(held, (tables) => tables.claimed.finish({ status: 'Succeeded' }, at))

onEach((database) => {
  test('an operation waits as it was asked for, until a worker claims it', async () => {
    const store = await database.store()
    const asked = operation()
    const waiting = await store.operations.enqueue(asked, 7)
    assert.deepEqual(waiting, {
      ...asked,
      ...{ status: 'Accepted', percent: 0, step: null, progress: {}, result: null, error: null },
      ...{ cancelRequested: false, createdAt: 7, startedAt: null, endedAt: null },
    })
    assert.deepEqual(await store.operations.get(asked.id.toUpperCase()), waiting)
    assert.equal(await store.operations.get('none'), null)
    await assert.rejects(store.operations.enqueue(asked, 8), { code: 'store-exists' })
    const running = { ...waiting, status: 'Running', startedAt: 10 }
    assert.deepEqual(await claim(store, 'w', 10), { operation: running, owner: 'w', epoch: 1 })
    assert.equal(await claim(store, 'v', 11), null)
  })

  test('of one resource, operations run one at a time and in order; of others beside it', async () => {
    const store = await database.store()
    const [first, second, other] = [operation('a'), operation('A'), operation('b')]
    for (const each of [first, second, other]) await store.operations.enqueue(each, 7)
    const a = await claimed(store, 'w', 10)
    assert.equal(a.operation.id, first.id)
    assert.equal((await claimed(store, 'w', 10)).operation.id, other.id)
    assert.equal(await claim(store, 'w', 10), null)
    await finish(store, a)
    assert.equal((await claimed(store, 'w', 10)).operation.id, second.id)
  })

  test('what lies in another is worked on neither before it nor beside it', async () => {
    const store = await database.store()
    const inside = (resourceId: string) => ({ ...operation(), resourceId })
    const [group, vm, part] = ['/g/web', '/g/web/vm/A', '/g/WEB/vm/a/part/x'].map(inside)
    const [beside, later] = ['/g/web_/vm/a', '/g/web/vm/b'].map(inside)
    for (const each of [vm!, part!, group!, beside!, later!])
      await store.operations.enqueue(each, 7)
    for (const next of [vm!, part!, group!]) {
      const held = await claimed(store, 'w', 10)
      assert.equal(held.operation.id, next.id)
      if (next === vm) assert.equal((await claimed(store, 'w', 10)).operation.id, beside!.id)
      assert.equal(await claim(store, 'w', 10), null)
      await finish(store, held)
    }
    assert.equal((await claimed(store, 'w', 10)).operation.id, later!.id)
  })

  test('an operation of a host is claimed by who drives that host', async () => {
    const store = await database.store()
    await store.operations.enqueue(operation('a', 'h1'), 7)
    assert.equal(await claim(store, 'w', 10), null)
    assert.equal(await claim(store, 'w', 10, ['h2']), null)
    assert.equal((await claim(store, 'w', 10, ['h2', 'h1']))?.operation.host, 'h1')
  })

  test('an operation of a kind or a principal that is to wait is passed over, and keeps its turn', async () => {
    const store = await database.store()
    const boot = operation('a')
    const after = { ...operation('A'), kind: 'vm.delete' }
    const stop = { ...operation('b'), kind: 'vm.powerOff' }
    const others = { ...operation('c'), resourceId: '/other', principal: 'another' }
    for (const each of [boot, after, stop, others]) await store.operations.enqueue(each, 7)
    const next = async (by: object) => {
      const found = await store.operations.claim({
        ...{ owner: 'w', hosts: [], at: 10, leaseMs: 100 },
        ...by,
      })
      return found?.operation.id
    }
    const kinds = ['vm.create', 'vm.powerOff', 'vm.delete']
    const { principal } = boot
    const all = [principal, 'another']
    assert.equal(await next({ busy: [{ kinds, principals: all }] }), undefined)
    // Busy with a kind is not busy with another.
    const apart = [
      { kinds: ['vm.create'], principals: [principal] },
      { kinds: ['vm.powerOff'], principals: all },
    ]
    assert.equal(await next({ busy: apart }), others.id)
    // What waits still holds up what comes after it for the same VM.
    assert.equal(await next({ notKinds: ['vm.create', 'vm.attest'] }), stop.id)
    assert.equal(await next({ notKinds: ['vm.create'] }), undefined)
    assert.equal(await next({ notKinds: [] }), boot.id)
  })

  test('a worker that looks for the next operation reads the unfinished ones alone', async () => {
    const on = await database.fresh()
    const store = await database.store(on)
    await store.transaction(async ({ operations }) => {
      for (let i = 0; i < 2_000; i++) await operations.enqueue(operation(`vm-${i}`), 1)
    })
    const engine = await openEngine(on)
    // Most are over in a database that was used for a while.
    for (const statement of ['update operations set ended_at = 1 where sequence > 300', 'analyze'])
      await engine.database.executeQuery(CompiledQuery.raw(statement))
    after(() => engine.close())
    const by = { owner: 'w', hosts: ['h'], at: 10, leaseMs: 100 }
    const words = { ...engine.words, holdFree: '' }
    const lanes = { notKinds: ['vm.create'], busy: [{ kinds: ['vm.start'], principals: ['p'] }] }
    const plan = await planOf(engine, claimable(engine.database, { ...by, ...lanes }, words))
    assert.doesNotMatch(plan, /SCAN (candidate|earlier)(?! USING INDEX)|Seq Scan/, plan)
    // What waits before it of its resource, of what that lies in, and of what lies in that.
    const ofResource = plan.match(/\boperations_unfinished_of_resource\b/g) ?? []
    assert.equal(ofResource.length, 3, plan)
    assert.match(plan, /\boperations_unfinished\b/, plan)
  })

  test('operations of before wait for those of what their resource lies in', async () => {
    const options = await database.fresh()
    const engine = await ('path' in options ? openSqlite(options.path) : openPostgres(options))
    after(() => engine.close())
    const newer = migrations.findIndex(({ name }) => name === 'above')
    await migrate(engine, 1, migrations.slice(0, newer))
    const group = vmId('a').split('/providers/')[0]!
    for (const [i, resourceId] of [group, vmId('a')].entries()) {
      const { above: _, ...row } = newRowOf({ ...operation(), resourceId }, 1)
      await engine.database
        .insertInto('operations')
        .values({ ...row, sequence: i } as never)
        .execute()
    }
    await migrate(engine, 2)
    const store = await database.store(options)
    assert.equal((await claimed(store, 'w', 10)).operation.resourceId, group)
    assert.equal(await claim(store, 'w', 11), null)
  })

  test('a lease that is renewed holds; one that ended goes to the next, an epoch on', async () => {
    const store = await database.store()
    await store.operations.enqueue(operation(), 7)
    const first = await claimed(store, 'w', 10)
    assert.equal(await store.operations.renew(first, 90, 100), true)
    assert.equal(await claim(store, 'v', 189), null)
    const second = await claimed(store, 'v', 190)
    assert.deepEqual([second.epoch, second.operation.startedAt], [2, 10])
    assert.equal(await store.operations.renew(first, 191, 100), false)
    assert.equal(await store.operations.renew(second, 191, 100), true)
  })

  test('who was cut off writes nothing more: no progress, no end, no resource, no audit', async () => {
    const store = await database.store()
    await store.operations.enqueue(operation(), 7)
    const first = await claimed(store, 'w', 10)
    // Nobody took it over yet: late is not cut off.
    await store.under(first, ({ claimed }) => claimed.progress({ percent: 10 }))
    const second = await claimed(store, 'v', 500)
    let entered = false
    const late = store.under(first, async ({ resources }) => {
      entered = true
      await resources.insert(vm('a'), 9)
    })
    await assert.rejects(late, cutOff)
    assert.equal(entered, false)
    await assert.rejects(finish(store, first), cutOff)
    await assert.rejects(finish(store, { ...second, owner: 'w' }), cutOff)
    await assert.rejects(finish(store, { ...second, epoch: 3 }), cutOff)
    await finish(store, second)
    await assert.rejects(finish(store, second), cutOff)
    assert.equal(await store.operations.renew(second, 501, 100), false)
    assert.equal(await store.resources.get(vmId('a')), null)
  })

  test('while a worker writes under its claim nobody takes it over, though its lease is over', {
    skip: database.name === 'SQLite' && 'there nobody else writes meanwhile',
  }, async () => {
    const store = await database.store()
    await store.operations.enqueue(operation(), 7)
    const first = await claimed(store, 'w', 10)
    await store.under(first, async ({ resources }) => {
      await resources.insert(vm('a'), 9)
      assert.equal(await claim(store, 'v', 500), null)
    })
    assert.equal((await claimed(store, 'v', 500)).epoch, 2)
  })

  test('what a worker writes under its claim happens with its progress, or not at all', async () => {
    const store = await database.store()
    const { id } = await store.operations.enqueue(operation(), 7)
    const held = await claimed(store, 'w', 10)
    const broken = store.under(held, async ({ claimed, resources }) => {
      await resources.insert(vm('a'), 9)
      await claimed.progress({ percent: 50, step: 'half', progress: { n: 1 } })
      throw new Error('power')
    })
    await assert.rejects(broken, /power/)
    assert.equal(await store.resources.get(vmId('a')), null)
    assert.equal((await store.operations.get(id))?.percent, 0)
    await store.under(held, async ({ claimed, resources }) => {
      await resources.insert(vm('a'), 9)
      await claimed.progress({ percent: 50, step: 'half', progress: { n: 1 } })
      await claimed.progress({})
    })
    const { percent, step, progress } = (await store.operations.get(id))!
    assert.deepEqual({ percent, step, progress }, { percent: 50, step: 'half', progress: { n: 1 } })
    const error = { code: 'X', message: 'why', target: 't' }
    await store.under(held, ({ claimed }) => claimed.finish({ status: 'Failed', error }, 60))
    const ended = (await store.operations.get(id))!
    assert.deepEqual([ended.status, ended.error, ended.result], ['Failed', error, null])
    assert.deepEqual([ended.percent, ended.endedAt], [50, 60])
  })

  test('a cancellation is asked for once, and not of what has ended', async () => {
    const store = await database.store()
    const { id } = await store.operations.enqueue(operation(), 7)
    assert.equal(await store.operations.requestCancel(id), true)
    const held = await claimed(store, 'w', 10)
    assert.equal(held.operation.cancelRequested, true)
    await store.under(held, ({ claimed }) =>
      claimed.finish({ status: 'Succeeded', result: { ok: true } }, 60),
    )
    assert.equal(await store.operations.requestCancel(id), false)
    assert.equal(await store.operations.requestCancel('none'), false)
    const { status, result, percent } = (await store.operations.get(id))!
    assert.deepEqual([status, result, percent], ['Succeeded', { ok: true }, 100])
  })

  test('operations are listed in their order, and ended ones are forgotten', async () => {
    const { operations, ...store } = await database.store()
    const asked = [operation('a'), operation('b'), operation('a')]
    for (const each of asked) await operations.enqueue(each, 7)
    const ids = async (query: object) =>
      (await operations.list({ limit: 10, ...query })).map(({ id }) => id)
    const [first, second, third] = asked.map(({ id }) => id)
    assert.deepEqual(await ids({}), [first, second, third])
    assert.deepEqual(await ids({ after: first }), [second, third])
    assert.deepEqual(await ids({ limit: 2 }), [first, second])
    assert.deepEqual(await ids({ resourceId: vmId('A') }), [first, third])
    assert.deepEqual(await ids({ subscriptionId: SUBSCRIPTION }), [first, second, third])
    assert.deepEqual(await ids({ subscriptionId: 'other' }), [])
    const held = await operations.claim({ owner: 'w', hosts: [], at: 10, leaseMs: 100 })
    await store.under(held!, ({ claimed }) => claimed.finish({ status: 'Canceled' }, 50))
    assert.deepEqual(await ids({ unfinished: true }), [second, third])
    assert.equal(await operations.countUnfinished(), 2)
    assert.equal(await operations.forget(50), 0)
    assert.equal(await operations.forget(51, 'of.another.kind'), 0)
    assert.equal(await operations.forget(51), 1)
    assert.deepEqual(await ids({}), [second, third])
  })
})
