import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingOf } from '@trusted-launch/attestation'
import { alertRowsOf, observe } from '../../src/domain/alerts.ts'
import { groupId } from '../../src/domain/groups.ts'
import { PLAN, planIdOf } from '../../src/domain/plans.ts'
import { respondedIn } from '../../src/domain/responses.ts'
import type { Resource, Store } from '../../src/domain/store.ts'
import { putVersion } from '../../src/domain/versioned.ts'
import { onEach } from '../store/databases.ts'
import { SUBSCRIPTION, vm as sample } from '../store/samples.ts'

const seen = {
  kind: 'host',
  findings: [findingOf({ id: 'host.firmware', summary: 'Another firmware.' })],
} as const

/** A VM whose group's plan wants it isolated when its host runs it otherwise than asked for. */
async function aVm(store: Store): Promise<Resource> {
  const state = { vmId: 'a', host: 'local', notices: [] }
  const vm = await store.resources.insert({ ...sample('web'), state }, 5)
  const scope = groupId(SUBSCRIPTION, 'Web')
  const failures = { VM_HostConfigurationDiffers: { severity: 'high', response: 'isolate' } }
  const made = {
    document: { version: 1, name: 'strict', failures },
    by: 'x',
    request: 'r',
    time: 5,
  }
  await putVersion(store, { type: PLAN, id: planIdOf(scope), scope }, made)
  return vm
}

const kindsOf = async ({ operations }: Store, vm: Resource) =>
  (await operations.list({ resourceId: vm.id, limit: 100 })).map(({ kind }) => kind)

onEach((database) => {
  test('who dies before an alert is kept has done nothing about it, and who goes on does it once', async () => {
    const store = await database.store()
    const vm = await aVm(store)
    const dying = store.transaction(async (tables) => {
      await observe(tables, vm, seen, 10)
      throw new Error('killed')
    })
    await assert.rejects(dying, /killed/)
    assert.deepEqual(await kindsOf(store, vm), [])
    for (const time of [20, 30]) {
      await store.transaction((tables) => observe(tables, vm, seen, time))
      assert.deepEqual(await kindsOf(store, vm), ['vm.isolate'])
    }
    const [row] = await alertRowsOf(store, vm)
    const { response, plan, time } = respondedIn(row!)!
    assert.deepEqual([response, plan, time], ['isolate', 'strict', 20])
    const { entries } = await store.audit.verify()
    assert.equal(entries, 1)
  })
})
