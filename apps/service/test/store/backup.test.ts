import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { NO_MEMORY } from '@trusted-launch/attestation'
import type { Store } from '../../src/domain/store.ts'
import { keepRemembered, rememberedOf } from '../../src/domain/vm/remembered.ts'
import { restoreStore } from '../../src/store/backup.ts'
import { onEach, run } from './databases.ts'
import { alertEvent, attestation, event, operation, SHARED, VM, vm, vmId } from './samples.ts'

const UNTOLD = { attempts: 0, nextAt: 0, error: null, delivered: 0, deliveredAt: null, lost: 0 }

/** Something in every table. */
async function fill(store: Store): Promise<void> {
  for (let i = 0; i < 120; i++) await store.resources.insert(vm(`vm${i}`), i)
  await store.operations.enqueue(operation('vm1'), 7)
  await store.operations.claim({ owner: 'w', hosts: [], at: 8, leaseMs: 100 })
  await store.leases.acquire('h', 'w', 0, 100)
  for (const action of ['a', 'b']) await store.audit.append(event(action))
  await store.principals.put({
    ...{ id: 'p', signInName: 'p', kind: 'user', displayName: 'P', secretHash: null },
    ...{ disabled: true, createdAt: 1 },
  })
  await store.values.put('k', Uint8Array.of(0, 255), 5)
  for (const id of ['x', 'y']) await store.attestations.insert(attestation(id, 1), SHARED)
  for (let i = 1; i < 4; i++) await store.events.append(alertEvent(i))
  await store.deliveries.put({ ...UNTOLD, destinationId: vmId('d'), cursor: 1 })
  const [told] = await store.events.list({ after: 1, limit: 1 })
  await store.deliveries.bury(vmId('d'), { event: told!, at: 3, why: 'no' }, 10)
}

async function contents(store: Store) {
  return {
    resources: await store.resources.list({ type: VM, limit: 1000 }),
    operations: await store.operations.list({ limit: 1000 }),
    leases: await store.leases.list(),
    audit: [await store.audit.list({ limit: 1000 }), await store.audit.verify()],
    principals: await store.principals.list({ limit: 10 }),
    value: await store.values.get('k'),
    events: await store.events.list({ after: 0, limit: 1000 }),
    delivery: await store.deliveries.get(vmId('d')),
    letters: await store.deliveries.letters(vmId('d'), { limit: 1000 }),
    attestations: [await store.attestations.get('x'), await store.attestations.get('y')],
  }
}

onEach((database) => {
  test('a backup is restored into a new database of the same kind or SQLite, as it was', async () => {
    const store = await database.store()
    await fill(store)
    const path = database.file()
    await store.backup(path)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    for (const name of [`${path}.part`, `${path}-wal`, `${path}-shm`])
      assert.equal(existsSync(name), false, name)
    const before = readFileSync(path)
    for (const into of [await database.fresh(), { path: database.file() }]) {
      await restoreStore(path, into)
      const restored = await database.store(into)
      assert.deepEqual(await contents(restored), await contents(store))
      // The chain goes on, and so does the order of operations.
      assert.equal((await restored.audit.append(event())).sequence, 3)
      const late = await restored.operations.claim({ owner: 'v', hosts: [], at: 9_999, leaseMs: 1 })
      assert.equal(late?.epoch, 2)
    }
    assert.deepEqual(readFileSync(path), before)
  })

  test('a VM whose vTPM went on since the backup is no older vTPM; that it failed stays', async () => {
    const store = await database.store()
    const failure = { time: 5, findings: ['quote.signature'], evidenceSha256: null }
    const standing = { failure, clearance: null, answered: 5 }
    const rollback = {
      indexName: '00'.repeat(34),
      value: '11'.repeat(32),
      unanswered: ['22'.repeat(32)],
      resetCount: 3,
    }
    const known = { ...NO_MEMORY, generation: 2, rollback, standing }
    const remembered = {
      vm: known,
      ima: null,
      run: 'launch 1',
      uncounted: null,
      key: { generation: 2, akName: '33' },
    }
    await keepRemembered(store.values, 'a', remembered)
    const path = database.file()
    await store.backup(path)
    const into = await database.fresh()
    await restoreStore(path, into)
    const { values } = await database.store(into)
    const { vm, run, key } = await rememberedOf(values, 'a')
    assert.deepEqual(vm, { ...NO_MEMORY, generation: 2, standing })
    assert.deepEqual([run, key], [null, remembered.key])
    assert.deepEqual(await rememberedOf(store.values, 'a'), remembered)
  })

  test('a backup made while others write is one moment: no change is in it by half', async () => {
    const store = await database.store()
    let done = false
    let written = 0
    const writing = (async () => {
      while (!done) {
        const name = `vm${written}`
        await store.transaction(async ({ resources, audit }) => {
          await resources.insert(vm(name), 1)
          await audit.append(event(name))
        })
        written++
      }
    })()
    while (written < 300) await new Promise((resolve) => setTimeout(resolve, 5))
    const [path, atLeast] = [database.file(), written]
    await store.backup(path)
    const duringBackup = written - atLeast
    done = true
    await writing
    const copy = await database.store({ path })
    const { entries, brokenAt } = await copy.audit.verify()
    assert.equal(brokenAt, null)
    assert.ok(entries >= atLeast && entries <= written, `${atLeast} ${entries} ${written}`)
    assert.equal(await copy.resources.count({ type: VM }), entries)
    assert.ok(duringBackup > 0, 'nobody was held up')
  })

  test('a backup overwrites nothing, and is restored into an empty database only', async () => {
    const options = await database.fresh()
    const store = await database.store(options)
    await store.resources.insert(vm('a'), 1)
    const path = database.file()
    await store.backup(path)
    await assert.rejects(store.backup(path), { code: 'store-exists' })
    await assert.rejects(restoreStore(path, options), { code: 'store-exists' })
    await assert.rejects(restoreStore(`${path}x`, options), { code: 'store-missing' })
    assert.equal(existsSync(`${path}x`), false)
    const into = await database.fresh()
    await run({ path }, `insert into migrations values (99, 'later', 0)`)
    await assert.rejects(restoreStore(path, into), { code: 'store-newer' })
    assert.equal(await (await database.store(into)).resources.count({ type: VM }), 0)
  })
})
