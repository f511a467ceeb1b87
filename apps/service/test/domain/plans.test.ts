import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MonitoringPlan } from '@trusted-launch/posture'
import { groupId } from '../../src/domain/groups.ts'
import { PLAN, planIdOf, planOf } from '../../src/domain/plans.ts'
import { INSTANCE } from '../../src/domain/scale-set/scale-set.ts'
import type { Tables } from '../../src/domain/store.ts'
import { documentOf, putVersion } from '../../src/domain/versioned.ts'
import { onEach } from '../store/databases.ts'
import { SUBSCRIPTION, vm as sample } from '../store/samples.ts'

async function put(tables: Tables, scope: string, plan: MonitoringPlan): Promise<void> {
  const made = { document: documentOf(plan), by: 'somebody', request: 'r', time: 5 }
  await putVersion(tables, { type: PLAN, id: planIdOf(scope), scope }, made)
}

onEach((database) => {
  test('each setting of a VM’s plan is that of the nearest scope that has it', async () => {
    const store = await database.store()
    const vm = await store.resources.insert(sample('web'), 5)
    const bare = await planOf(store, vm)
    assert.deepEqual(bare.intervalSeconds, { value: 3600, from: null })
    const failures = { VM_AttestationSilent: { severity: 'high', response: 'stop' } } as const
    const subscription = { version: 1, name: 'all', intervalSeconds: 900, failures } as const
    await put(store, `/subscriptions/${SUBSCRIPTION}`, subscription)
    await put(store, groupId(SUBSCRIPTION, 'Web'), { version: 1, name: 'web', silenceSeconds: 60 })
    await put(store, vm.id, { version: 1, name: 'one', intervalSeconds: 60 })
    const { intervalSeconds, silenceSeconds, failures: levels } = await planOf(store, vm)
    assert.deepEqual(intervalSeconds, { value: 60, from: 'one' })
    assert.deepEqual(silenceSeconds, { value: 60, from: 'web' })
    assert.deepEqual(levels, [{ from: 'all', meanings: failures }])
    const tried = { scope: vm.id.toUpperCase(), plan: { version: 1, name: 'tried' } as const }
    assert.deepEqual((await planOf(store, vm, tried)).intervalSeconds, { value: 900, from: 'all' })
  })

  test('between group and VM stands the plan of its scale set, Uniform or Flexible', async () => {
    const store = await database.store()
    const group = groupId(SUBSCRIPTION, 'Web')
    const set = `${group}/providers/Microsoft.Compute/virtualMachineScaleSets/set`
    const instance = { ...sample('0'), id: `${set}/virtualMachines/0`, type: INSTANCE }
    const properties = { virtualMachineScaleSet: { id: set.toUpperCase() } }
    await put(store, group, { version: 1, name: 'web', silenceSeconds: 60, intervalSeconds: 60 })
    await put(store, set, { version: 1, name: 'set', silenceSeconds: 90 })
    for (const row of [instance, { ...sample('web'), properties }]) {
      const { silenceSeconds, intervalSeconds } = await planOf(
        store,
        await store.resources.insert(row, 5),
      )
      assert.deepEqual(silenceSeconds, { value: 90, from: 'set' })
      assert.deepEqual(intervalSeconds, { value: 60, from: 'web' })
    }
  })

  test('another group’s plan holds nothing for a VM', async () => {
    const store = await database.store()
    const vm = await store.resources.insert(sample('web'), 5)
    await put(store, groupId(SUBSCRIPTION, 'Other'), { version: 1, name: 'x', silenceSeconds: 60 })
    assert.deepEqual((await planOf(store, vm)).silenceSeconds, { value: 600, from: null })
  })
})
