import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingOf } from '@trusted-launch/attestation'
import { alertRowsOf, changeKeptAlert, observe } from '../../src/domain/alerts.ts'
import { groupId } from '../../src/domain/groups.ts'
import { PLAN, planIdOf } from '../../src/domain/plans.ts'
import { respondedIn } from '../../src/domain/responses.ts'
import { tellNoLongerHidden } from '../../src/domain/shown-again.ts'
import type { Resource, Store } from '../../src/domain/store.ts'
import { putVersion } from '../../src/domain/versioned.ts'
import { onEach } from '../store/databases.ts'
import { SUBSCRIPTION, vm as sample } from '../store/samples.ts'
import { putRule } from './a-rule.ts'

const firmware = findingOf({ id: 'host.firmware', summary: 'Another firmware.' })
const variables = findingOf({ id: 'host.variables', summary: 'Other variables.' })
const seen = { kind: 'host', findings: [firmware] } as const

/** A VM whose group's plan wants it isolated when its host runs it otherwise than asked for, and stopped without a vTPM. */
async function aVm(store: Store): Promise<Resource> {
  const state = { vmId: 'a', host: 'local', notices: [] }
  const vm = await store.resources.insert({ ...sample('web'), state }, 5)
  const scope = groupId(SUBSCRIPTION, 'Web')
  const failures = {
    VM_HostConfigurationDiffers: { severity: 'high', response: 'isolate' },
    VM_VtpmLost: { severity: 'high', response: 'stop' },
  }
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

  test('what a plan wants done about an alert that a rule hides is done once that rule ends, once, if it is open still', async () => {
    const store = await database.store()
    const vm = await aVm(store)
    const observed = (time: number) =>
      store.transaction((tables) => observe(tables, vm, seen, time))
    await putRule(store, vm, { expires: 100 })
    await observed(10)
    await tellNoLongerHidden(store, 99)
    assert.deepEqual(await kindsOf(store, vm), [])
    await tellNoLongerHidden(store, 100)
    const [row] = await alertRowsOf(store, vm)
    assert.equal(respondedIn(row!)!.time, 100)
    const change = { action: 'resolve', by: 'an operator', reason: 'why not', time: 105 } as const
    await tellNoLongerHidden(store, 101)
    await observed(102)
    assert.deepEqual(await kindsOf(store, vm), ['vm.isolate'])

    await store.transaction((tables) => changeKeptAlert(tables, row!, change))
    await putRule(store, vm, {})
    await observed(110)
    const [again] = await alertRowsOf(store, vm)
    await store.transaction((tables) => changeKeptAlert(tables, again!, { ...change, time: 115 }))
    const before = await kindsOf(store, vm)
    await putRule(store, vm, null)
    await tellNoLongerHidden(store, 120)
    assert.deepEqual(await kindsOf(store, vm), before, 'it was closed before the rule ended')
  })

  test('of alerts that one rule hid the gravest response is done, for all of them', async () => {
    const store = await database.store()
    const vm = await aVm(store)
    await putRule(store, vm, {})
    await store.transaction(async (tables) => {
      await observe(tables, vm, seen, 10)
      await observe(tables, vm, { kind: 'vtpm-lost' }, 10)
    })
    await putRule(store, vm, null)
    assert.equal(await tellNoLongerHidden(store, 20), 2)
    assert.deepEqual(await kindsOf(store, vm), ['vm.powerOff'])
    const done = (await alertRowsOf(store, vm)).map((row) => respondedIn(row)?.response)
    assert.deepEqual(done, ['stop', 'stop'])
  })

  test('an alert that comes to be about more than the rule that hides it is responded to as it is told', async () => {
    const store = await database.store()
    const vm = await aVm(store)
    await putRule(store, vm, { allOf: [{ field: 'entities.finding', in: [firmware.id] }] })
    await store.transaction((tables) => observe(tables, vm, seen, 10))
    assert.deepEqual(await kindsOf(store, vm), [])
    const more = { ...seen, findings: [firmware, variables] }
    for (const time of [20, 30])
      await store.transaction((tables) => observe(tables, vm, more, time))
    assert.deepEqual(await kindsOf(store, vm), ['vm.isolate'])
  })
})
