import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Principal } from '../../src/domain/store.ts'
import { onEach } from './databases.ts'
import { operation } from './samples.ts'

const principal: Principal = {
  id: 'ABC',
  signInName: 'Alice@here',
  kind: 'user',
  displayName: 'Alice',
  secretHash: 'scrypt$…',
  disabled: false,
  createdAt: 3,
}

onEach((database) => {
  test('a lease is one owner’s until it ends or is released; its epochs only grow', async () => {
    const { leases } = await database.store()
    assert.equal(await leases.acquire('h', 'w', 0, 100), 1)
    assert.equal(await leases.acquire('h', 'v', 99, 100), null)
    assert.equal(await leases.renew('h', 'w', 1, 50, 100), true)
    assert.equal(await leases.acquire('h', 'v', 149, 100), null)
    assert.deepEqual(await leases.list(), [{ name: 'h', owner: 'w', epoch: 1, until: 150 }])
    assert.equal(await leases.acquire('h', 'v', 150, 100), 2)
    assert.equal(await leases.renew('h', 'w', 1, 151, 100), false)
    assert.equal(await leases.renew('h', 'v', 1, 151, 100), false)
    await leases.release('h', 'w', 1)
    assert.equal((await leases.list()).length, 1)
    await leases.release('h', 'v', 2)
    assert.deepEqual(await leases.list(), [])
    assert.equal(await leases.renew('h', 'v', 2, 152, 100), false)
    assert.equal(await leases.acquire('h', 'w', 152, 100), 3)
    assert.equal(await leases.acquire('h', 'w', 153, 100), 4)
  })

  test('of many who want a lease at once, one gets it', async () => {
    const { leases } = await database.store()
    const wanted = Array.from({ length: 8 }, (_, i) => leases.acquire('h', `w${i}`, 0, 100))
    assert.deepEqual(
      (await Promise.all(wanted)).filter((epoch) => epoch !== null),
      [1],
    )
  })

  test('what a lease lets its holder write is refused once another has it', async () => {
    const store = await database.store()
    const under = (owner: string, epoch: number) =>
      store.transaction(async ({ leases, values }) => {
        await leases.requireHeld('h', owner, epoch)
        await values.put('by', new TextEncoder().encode(owner))
      })
    await store.leases.acquire('h', 'w', 0, 100)
    await under('w', 1)
    await store.leases.acquire('h', 'v', 100, 100)
    await assert.rejects(under('w', 1), { code: 'store-cut-off' })
    await under('v', 2)
    await store.leases.release('h', 'v', 2)
    await assert.rejects(under('v', 2), { code: 'store-cut-off' })
    assert.deepEqual(await store.values.get('by'), new TextEncoder().encode('v'))
  })

  test('who has the database alone frees what its former users held, at once; what those still write is refused', async () => {
    const store = await database.store()
    await store.operations.enqueue(operation(), 0)
    const by = { hosts: [], at: 0, leaseMs: 100 }
    const former = await store.operations.claim({ ...by, owner: 'w' })
    await store.leases.acquire('h', 'w', 0, 100)
    await store.freeAll()
    assert.equal(await store.leases.acquire('h', 'v', 0, 100), 2)
    const claim = await store.operations.claim({ ...by, owner: 'v' })
    assert.equal(claim?.operation.id, former!.operation.id)
    const write = store.under(former!, ({ claimed }) => claimed.progress({ percent: 1 }))
    await assert.rejects(write, { code: 'store-cut-off' })
  })

  test('principals are found by id and sign-in name, in any case; a name is one principal’s', async () => {
    const { principals } = await database.store()
    await principals.put(principal)
    const kept = { ...principal, id: 'abc' }
    assert.deepEqual(await principals.get('aBC'), kept)
    assert.deepEqual(await principals.bySignInName('alice@HERE'), kept)
    await assert.rejects(principals.put({ ...principal, id: 'other' }), { code: 'store-exists' })
    const changed = { ...kept, disabled: true, secretHash: null, signInName: 'al' }
    await principals.put(changed)
    assert.deepEqual(await principals.list({ limit: 10 }), [changed])
    const later = { ...principal, id: 'abd', signInName: 'aaron' }
    await principals.put(later)
    assert.deepEqual(await principals.list({ limit: 1 }), [changed])
    assert.deepEqual(await principals.list({ limit: 10, after: 'ABC' }), [later])
    await principals.delete('abd')
    assert.equal(await principals.bySignInName('alice@here'), null)
    assert.deepEqual(
      [await principals.delete('abc'), await principals.delete('abc')],
      [true, false],
    )
    assert.equal(await principals.get('abc'), null)
  })

  test('values are bytes by name, replaced or put once, and forgotten when they expire', async () => {
    const { values } = await database.store()
    const bytes = Uint8Array.of(0, 1, 255)
    assert.equal(await values.get('k'), null)
    assert.equal(await values.putNew('k', bytes), true)
    assert.equal(await values.putNew('k', Uint8Array.of(9)), false)
    assert.deepEqual(await values.get('k'), bytes)
    await values.put('k', new Uint8Array(), 100)
    assert.deepEqual(await values.get('k'), new Uint8Array())
    await values.put('for good', bytes)
    assert.equal(await values.forget(100), 0)
    assert.equal(await values.forget(101), 1)
    assert.equal(await values.get('k'), null)
    assert.deepEqual([await values.delete('for good'), await values.delete('k')], [true, false])
  })
})
