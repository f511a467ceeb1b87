import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEPLOYMENT, KEPT_MAX, requireRoom } from '../../src/domain/deployment/deployment.ts'
import type { ProvisioningState, Store } from '../../src/domain/store.ts'
import { onEach } from '../store/databases.ts'

const subscriptionId = '11111111-2222-4333-8444-555555555555'
const group = `/subscriptions/${subscriptionId}/resourceGroups/rg`
const idOf = (name: string) => `${group}/providers/${DEPLOYMENT}/${name}`

function insert(store: Store, name: string, provisioningState: ProvisioningState, at: number) {
  return store.resources.insert(
    {
      ...{ id: idOf(name), type: DEPLOYMENT, name, subscriptionId, resourceGroup: 'rg' },
      ...{ parentId: null, location: null, tags: {}, envelope: {}, properties: {}, state: {} },
      ...{ provisioningState, createdAt: at },
    },
    at,
  )
}

onEach((database) => {
  test('of as many deployments as are kept the oldest that is over goes for a new one; none on its way does', async () => {
    const store = await database.store(await database.fresh())
    const room = () => store.transaction((tables) => requireRoom(tables, idOf('new')))
    await store.transaction(async (tables) => {
      for (let i = 0; i < KEPT_MAX - 1; i++)
        await insert(tables as Store, `d${i}`, i === 0 || i > 2 ? 'Creating' : 'Failed', 1_000 - i)
    })
    await room()
    assert.notEqual(await store.resources.get(idOf('d2')), null)
    await insert(store, 'last', 'Creating', 2_000)
    const ofNoGroup = `/subscriptions/${subscriptionId}/providers/${DEPLOYMENT}/new`
    await store.transaction((tables) => requireRoom(tables, ofNoGroup))
    assert.notEqual(await store.resources.get(idOf('d2')), null)
    await room()
    assert.equal(await store.resources.get(idOf('d2')), null)
    await insert(store, 'd2', 'Creating', 2_001)
    await room()
    assert.equal(await store.resources.get(idOf('d1')), null)
    await insert(store, 'd1', 'Creating', 2_002)
    await assert.rejects(room(), (error: any) => error.fault.code === 'DeploymentQuotaExceeded')
  })
})
