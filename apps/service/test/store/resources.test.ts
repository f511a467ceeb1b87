import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { keyOf } from '@trusted-launch/api'
import type { Resource, Store } from '../../src/domain/store.ts'
import { migrate, migrations } from '../../src/store/migrate.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { rowOf } from '../../src/store/resource-row.ts'
import { matching } from '../../src/store/resources.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { onEach } from './databases.ts'
import { planOf } from './query-plan.ts'
import { SUBSCRIPTION, VM, vm, vmId } from './samples.ts'

const keys = (resources: readonly Resource[]) => resources.map(({ id }) => id.toLowerCase())
const names = (resources: readonly Resource[]) => resources.map(({ name }) => name)

async function all(store: Store, query: Parameters<Store['resources']['list']>[0]) {
  const found: Resource[] = []
  for (;;) {
    const after = keys(found).at(-1)
    const page = await store.resources.list({ ...query, ...(after !== undefined && { after }) })
    found.push(...page)
    if (page.length < query.limit) return found
  }
}

onEach((database) => {
  test('a resource is kept as it was given, with an etag, and found in any case of letters', async () => {
    const { resources } = await database.store()
    const given = {
      ...vm('a'),
      tags: { é: '\u0000 and "' },
      properties: { deep: [{ n: 1.5 }, null] },
    }
    const inserted = await resources.insert(given, 9)
    assert.deepEqual(inserted, { ...given, changedAt: 9, etag: inserted.etag })
    assert.deepEqual(await resources.get(vmId('A').toUpperCase()), inserted)
    assert.equal(await resources.get(vmId('b')), null)
    assert.equal(await resources.get(`${vmId('a')}\0`), null)
  })

  test('a number in the properties of all of a type is summed, wherever it is there', async () => {
    const { resources } = await database.store()
    assert.equal(await resources.sum(VM, 'size'), 0)
    await resources.insert({ ...vm('a'), properties: { size: 30 } }, 9)
    await resources.insert({ ...vm('b'), properties: { size: 32_767 } }, 9)
    await resources.insert({ ...vm('c'), properties: { other: 1 } }, 9)
    await resources.insert({ ...vm('d'), type: 'Other/types', properties: { size: 5 } }, 9)
    assert.equal(await resources.sum(VM.toUpperCase(), 'size'), 32_797)
  })

  test('there is one resource of an id, in whatever case it is written', async () => {
    const { resources } = await database.store()
    await resources.insert(vm('a'), 9)
    await assert.rejects(resources.insert(vm('A'), 9), { code: 'store-exists' })
    assert.equal((await resources.get(vmId('a')))?.name, 'a')
  })

  test('an update writes what it names, nothing else, and gives a new etag', async () => {
    const { resources } = await database.store()
    const before = await resources.insert(vm('a'), 9)
    const change = { state: { power: 'on' }, provisioningState: 'Succeeded' as const }
    const after = await resources.update(vmId('A'), change, 10)
    assert.notEqual(after.etag, before.etag)
    assert.deepEqual(after, { ...before, ...change, changedAt: 10, etag: after.etag })
    assert.deepEqual(await resources.get(vmId('a')), after)
    const everything = { ...vm('a'), name: 'A', location: null, parentId: vmId('p'), tags: {} }
    const { id: _i, type: _t, createdAt: _c, ...rest } = everything
    const rewritten = await resources.update(vmId('a'), rest, 11)
    assert.deepEqual(rewritten, { ...everything, changedAt: 11, etag: rewritten.etag })
  })

  test('who does not know the newest etag changes and deletes nothing', async () => {
    const { resources } = await database.store()
    const first = await resources.insert(vm('a'), 9)
    const second = await resources.update(vmId('a'), { tags: {} }, 10, first.etag)
    const stale = { code: 'store-changed' }
    await assert.rejects(resources.update(vmId('a'), { tags: { x: 'y' } }, 11, first.etag), stale)
    await assert.rejects(resources.delete(vmId('a'), first.etag), stale)
    assert.deepEqual(await resources.get(vmId('a')), second)
    assert.equal(await resources.delete(vmId('a'), second.etag), true)
    assert.equal(await resources.delete(vmId('a'), second.etag), false)
    await assert.rejects(resources.update(vmId('a'), {}, 12), { code: 'store-missing' })
    await assert.rejects(resources.update(vmId('a'), {}, 12, 'x'), { code: 'store-missing' })
  })

  test('of two updates with one etag, one is made', async () => {
    const store = await database.store()
    const { etag } = await store.resources.insert(vm('a'), 9)
    const tries = Array.from({ length: 8 }, (_, i) =>
      store.resources.update(vmId('a'), { tags: { i: String(i) } }, 10, etag),
    )
    const ends = await Promise.allSettled(tries)
    assert.equal(ends.filter(({ status }) => status === 'fulfilled').length, 1)
  })

  test('lists are by type, subscription, group and parent, in the order of keys', async () => {
    const { resources } = await database.store()
    for (const name of ['c', 'A', 'b']) await resources.insert(vm(name), 9)
    await resources.insert(vm('a', 'web-2'), 9)
    await resources.insert(vm('a', 'web.3'), 9)
    const disk = { ...vm('d'), type: 'Microsoft.Compute/disks' }
    await resources.insert({ ...disk, id: disk.id.replace(VM, disk.type) }, 9)
    const extension = { ...vm('x'), type: `${VM}/extensions`, parentId: vmId('a') }
    await resources.insert({ ...extension, id: `${vmId('a')}/extensions/x` }, 9)
    const ofGroup = { type: VM.toLowerCase(), subscriptionId: SUBSCRIPTION, resourceGroup: 'WEB' }
    assert.deepEqual(names(await resources.list({ ...ofGroup, limit: 10 })), ['A', 'b', 'c'])
    const ofSubscription = { type: VM, subscriptionId: SUBSCRIPTION.toUpperCase() }
    const found = await resources.list({ ...ofSubscription, limit: 10 })
    assert.equal(found.length, 5)
    assert.deepEqual(keys(found), keys(found).sort())
    assert.equal((await resources.list({ type: VM, limit: 10 })).length, 5)
    const ofVm = { type: `${VM}/extensions`, parentId: vmId('A') }
    assert.deepEqual(names(await resources.list({ ...ofVm, limit: 10 })), ['x'])
    assert.equal((await resources.list({ ...ofVm, parentId: vmId('b'), limit: 10 })).length, 0)
    const other = { type: VM, subscriptionId: SUBSCRIPTION.slice(0, -1) }
    assert.equal((await resources.list({ ...other, limit: 10 })).length, 0)
    assert.equal(await resources.count(ofGroup), 3)
    // A page after a key that is not in the scope.
    const after = (key: string) => resources.list({ ...ofGroup, limit: 10, after: key })
    assert.equal((await after('/a')).length, 3)
    assert.equal((await after('/z')).length, 0)
    assert.equal(await resources.count({ type: VM }), 5)
  })

  test('below a scope is all that is in it, and not the scope itself or a namesake', async () => {
    const { resources } = await database.store()
    for (const [name, group] of [
      ['a', 'Web'],
      ['b', 'Web'],
      ['a', 'Web-2'],
      ['a', 'Web0'],
    ] as const)
      await resources.insert(vm(name, group), 9)
    const scope = `/subscriptions/${SUBSCRIPTION}/resourceGroups/web`
    const below = await resources.below(scope, 10)
    assert.deepEqual(names(below), ['a', 'b'])
    assert.deepEqual(names(await resources.below(scope, 10, keys(below)[0])), ['b'])
    assert.deepEqual(names(await resources.below(scope, 1)), ['a'])
    assert.equal((await resources.below(vmId('a'), 10)).length, 0)
  })

  test('whoever pages sees each resource once, whatever is inserted meanwhile', async () => {
    const store = await database.store()
    const name = (i: number) => `vm-${String(i).padStart(4, '0')}`
    for (let i = 0; i < 100; i += 2) await store.resources.insert(vm(name(i)), 9)
    let done = false
    const inserting = (async () => {
      for (let i = 1; i < 100; i += 2) await store.resources.insert(vm(name(i)), 9)
      done = true
    })()
    const seen: string[][] = []
    while (!done) seen.push(keys(await all(store, { type: VM, limit: 7 })))
    await inserting
    const even = Array.from({ length: 50 }, (_, i) => vmId(name(2 * i)).toLowerCase())
    for (const pages of seen) {
      assert.equal(new Set(pages).size, pages.length)
      assert.deepEqual(
        pages.filter((key) => even.includes(key)),
        even,
      )
    }
    assert.equal((await all(store, { type: VM, limit: 7 })).length, 100)
  })

  test('a page has 1 to 1,000 rows, and a resource is where its id says', async () => {
    const { resources } = await database.store()
    for (const limit of [0, 1001, 1.5, Number.NaN])
      await assert.rejects(resources.list({ type: VM, limit }), RangeError)
    await assert.rejects(resources.insert({ ...vm('a'), resourceGroup: 'other' }, 9), RangeError)
    await assert.rejects(resources.insert({ ...vm('a'), subscriptionId: 'x' }, 9), RangeError)
  })

  test('those that name another in their properties or state are listed, in any case, and no others', async () => {
    const { resources } = await database.store()
    const named = '/g/NET_1/subnets/a%b\'"\\c'
    const other = vm('other')
    await resources.insert({ ...other, properties: { a: [{ id: named }] } }, 1)
    await resources.insert({ ...vm('state'), state: { of: named.toUpperCase() } }, 1)
    await resources.insert({ ...vm('near'), properties: { a: named.replace('_', 'x') } }, 1)
    await resources.insert({ ...vm('far'), properties: { a: named.replace('%', 'xx') } }, 1)
    const names = async (naming: string, more = {}) =>
      (await resources.list({ type: other.type, naming, limit: 10, ...more })).map(
        ({ name }) => name,
      )
    assert.deepEqual(await names(named.toLowerCase()), ['other', 'state'])
    assert.deepEqual(await names('/g/net_1/subnets/'), ['far', 'other', 'state'])
    assert.deepEqual(await names(named, { after: keyOf(other.id) }), ['state'])
    assert.deepEqual(await names(named, { subscriptionId: 'none' }), [])
    assert.equal(await resources.count({ type: other.type, naming: named }), 2)
  })

  test('what a row names follows its changes and goes with it; what lies in itself it does not name', async () => {
    const store = await database.store()
    const { resources } = store
    const [net, image] = ['/g/net', `sha256:${'ab'.repeat(32)}`]
    const one = vm('one')
    const own = `${one.id}/disks/x`
    await resources.insert({ ...one, properties: { net, own }, state: {} }, 1)
    const names = async (naming: string) =>
      (await resources.list({ type: VM, naming, limit: 10 })).map(({ name }) => name)
    assert.deepEqual([await names(net), await names(own)], [['one'], []])
    await resources.update(one.id, { state: { image } }, 2)
    assert.deepEqual([await names(net), await names(image)], [['one'], ['one']])
    await resources.update(one.id, { properties: {}, tags: { net } }, 3)
    assert.deepEqual([await names(net), await names(image)], [[], ['one']])
    const failed = store.transaction(async (tables) => {
      await tables.resources.update(one.id, { properties: { net } }, 4)
      throw new Error('no')
    })
    await assert.rejects(failed)
    assert.deepEqual(await names(net), [])
    await resources.delete(one.id)
    assert.deepEqual(await names(image), [])
    await resources.insert({ ...one, properties: {} }, 5)
    assert.deepEqual(await names(image), [])
    const many = Array.from({ length: 1_200 }, (_, i) => `/g/${i}`)
    await resources.update(one.id, { properties: { many } }, 6)
    await resources.update(one.id, { properties: { many: many.slice(1_000) } }, 7)
    assert.deepEqual([await names('/g/999'), await names('/g/1000')], [[], ['one']])
  })

  test('rows of before are found by what they name, and who looks for them reads no others', async () => {
    const options = await database.fresh()
    const engine = await ('path' in options ? openSqlite(options.path) : openPostgres(options))
    after(() => engine.close())
    const newer = migrations.findIndex(({ name }) => name === 'names')
    await migrate(engine, 1, migrations.slice(0, newer))
    const row = rowOf({ ...vm('old'), properties: { net: '/g/net' }, etag: 'e', changedAt: 1 })
    await engine.database.insertInto('resources').values(row).execute()
    await migrate(engine, 2)
    const { resources } = await database.store(options)
    const query = { type: VM, naming: '/G/NET' }
    assert.deepEqual(
      (await resources.list({ ...query, limit: 1 })).map(({ name }) => name),
      ['old'],
    )
    const plan = await planOf(engine, matching(engine.database, query).selectAll())
    assert.match(plan, /names_by_name/, plan)
    assert.doesNotMatch(plan, /SCAN resources|Seq Scan/, plan)
  })
})
