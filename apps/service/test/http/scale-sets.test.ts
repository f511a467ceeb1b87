import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import test from 'node:test'
import { aService, type TestService } from '../a-service.ts'
import { ScriptedHost } from '../scripted/host.ts'
import { aScaleSet, changed, instancesOf } from './a-scale-set.ts'

test('a Uniform set makes its instances, which are Trusted Launch by default and in no list of VMs', async (t) => {
  const service = await aService(t)
  const { id, put, end } = await aScaleSet(service, 3)
  assert.deepEqual([put.status, end.status], [201, 'Succeeded'], JSON.stringify([put.body, end]))
  const set = (await service.ask('GET', id)).body
  assert.equal(set.properties.provisioningState, 'Succeeded')
  assert.deepEqual(set.properties.virtualMachineProfile.securityProfile, {
    securityType: 'TrustedLaunch',
    uefiSettings: { secureBootEnabled: true, vTpmEnabled: true },
  })
  const instances = await instancesOf(service, id)
  assert.deepEqual(
    instances.map(({ instanceId, name, properties }) => [
      instanceId,
      name,
      properties.osProfile.computerName,
      properties.latestModelApplied,
    ]),
    [0, 1, 2].map((n) => [`${n}`, `web_${n}`, `web00000${n}`, true]),
  )
  assert.equal(instances[0].properties.securityProfile.securityType, 'TrustedLaunch')
  const { body } = await service.ask(
    'GET',
    `${service.subscription}/providers/Microsoft.Compute/virtualMachines`,
  )
  assert.deepEqual(body.value, [])
  const view = (await service.ask('GET', `${id}/instanceView`)).body
  assert.deepEqual(view.virtualMachine.statusesSummary, [
    { code: 'PowerState/running', count: 3 },
    { code: 'ProvisioningState/succeeded', count: 3 },
  ])
})

test('scaling out and in ends at exactly what was asked for; protected instances stay', async (t) => {
  const service = await aService(t)
  const { id } = await aScaleSet(service, 2)
  assert.equal((await changed(service, 'PATCH', id, { sku: { capacity: 5 } })).status, 'Succeeded')
  assert.equal((await instancesOf(service, id)).length, 5)
  const protectedOne = `${id}/virtualMachines/4`
  const { body } = await service.ask('GET', protectedOne)
  body.properties.protectionPolicy = { protectFromScaleIn: true }
  assert.equal((await service.ask('PUT', protectedOne, body)).status, 200)
  assert.equal((await changed(service, 'PATCH', id, { sku: { capacity: 2 } })).status, 'Succeeded')
  const left = (await instancesOf(service, id)).map(({ instanceId }) => instanceId)
  assert.deepEqual(left, ['0', '4'])
  assert.equal((await service.ask('GET', id)).body.sku.name, 'Standard_B1s')
})

test('instances are acted on by their ids, all of them without; one that is taken out lowers the capacity', async (t) => {
  const service = await aService(t)
  const { id } = await aScaleSet(service, 3)
  const powers = async () =>
    (await instancesOf(service, id)).map(
      ({ properties }) => properties.instanceView.statuses[1].code,
    )
  assert.equal(
    (await changed(service, 'POST', `${id}/deallocate`, { instanceIds: ['1'] })).status,
    'Succeeded',
  )
  assert.deepEqual(await powers(), [
    'PowerState/running',
    'PowerState/deallocated',
    'PowerState/running',
  ])
  assert.equal((await changed(service, 'POST', `${id}/poweroff`, {})).status, 'Succeeded')
  assert.equal((await changed(service, 'POST', `${id}/start`)).status, 'Succeeded')
  assert.deepEqual(new Set(await powers()), new Set(['PowerState/running']))
  assert.equal(
    (await changed(service, 'POST', `${id}/delete`, { instanceIds: ['0'] })).status,
    'Succeeded',
  )
  assert.equal((await changed(service, 'DELETE', `${id}/virtualMachines/2`)).status, 'Succeeded')
  assert.equal((await service.ask('GET', id)).body.sku.capacity, 1)
  const wrong = await service.ask('POST', `${id}/start`, { instanceIds: ['77'] })
  assert.equal(wrong.status, 400)
  assert.match(wrong.body.error.message, /instanceId 77 is not an active/)
})

test('a changed model is brought to instances by hand, and only to those that were named', async (t) => {
  const service = await aService(t)
  const { id } = await aScaleSet(service, 2)
  await changed(service, 'PATCH', id, { sku: { name: 'Standard_B2s' } })
  const seen = async () =>
    (await instancesOf(service, id)).map(({ sku, properties }) => [
      sku.name,
      properties.latestModelApplied,
    ])
  assert.deepEqual(await seen(), [
    ['Standard_B1s', false],
    ['Standard_B1s', false],
  ])
  assert.equal(
    (await changed(service, 'POST', `${id}/manualupgrade`, { instanceIds: ['1'] })).status,
    'Succeeded',
  )
  assert.deepEqual(await seen(), [
    ['Standard_B1s', false],
    ['Standard_B2s', true],
  ])
})

test('a policy of Automatic brings a changed model to all instances at once', async (t) => {
  const service = await aService(t)
  const { id } = await aScaleSet(service, 2, { upgradePolicy: { mode: 'Automatic' } })
  await changed(service, 'PATCH', id, { sku: { name: 'Standard_B2s' } })
  assert.ok(
    (await instancesOf(service, id)).every(({ properties }) => properties.latestModelApplied),
  )
})

test('a rolling upgrade goes from batch to batch, and tells how far it is', async (t) => {
  const service = await aService(t)
  const { id } = await aScaleSet(service, 3)
  await changed(service, 'PATCH', id, { sku: { name: 'Standard_B2s' } })
  assert.equal((await changed(service, 'POST', `${id}/osRollingUpgrade`)).status, 'Succeeded')
  const { body } = await service.ask('GET', `${id}/rollingUpgrades/latest`)
  assert.equal(body.properties.runningStatus.code, 'Completed')
  assert.deepEqual(body.properties.progress, {
    ...{ successfulInstanceCount: 3, failedInstanceCount: 0 },
    ...{ inProgressInstanceCount: 0, pendingInstanceCount: 0 },
  })
})

const surging = (maxBatchInstancePercent: number) => ({
  upgradePolicy: {
    mode: 'Manual',
    rollingUpgradePolicy: { maxSurge: true, maxBatchInstancePercent },
  },
})

test('with maxSurge a batch is made anew beside those that go once it is well', async (t) => {
  let most = 0
  const host: ScriptedHost = new ScriptedHost({
    before: async (deed) => {
      if (deed === 'create') most = Math.max(most, (await host.machines()).length + 1)
    },
  })
  const service = await aService(t, host)
  const { id } = await aScaleSet(service, 2, surging(50))
  await changed(service, 'PATCH', id, { sku: { name: 'Standard_B2s' } })
  assert.equal((await changed(service, 'POST', `${id}/osRollingUpgrade`)).status, 'Succeeded')
  const instances = await settled(service, id, 2)
  assert.deepEqual(
    instances.map((one) => [one.instanceId, one.properties.latestModelApplied]),
    [
      ['2', true],
      ['3', true],
    ],
  )
  assert.ok(most >= 3, 'more than there are to be, for a while')
})

test('with maxSurge a batch that does not come up goes, and those that it was to replace stay', async (t) => {
  let isIll = false
  const host = new ScriptedHost({
    before: async (deed) => {
      if (isIll && deed === 'start') throw new Error('it does not come up')
    },
  })
  const service = await aService(t, host)
  const { id } = await aScaleSet(service, 2, surging(100))
  await changed(service, 'PATCH', id, { sku: { name: 'Standard_B2s' } })
  isIll = true
  const end = await changed(service, 'POST', `${id}/osRollingUpgrade`)
  assert.equal(end.error.code, 'MaxUnhealthyInstancePercentExceededInRollingUpgrade')
  const instances = await settled(service, id, 2)
  assert.deepEqual(
    instances.map((one) => [one.instanceId, one.properties.latestModelApplied]),
    [
      ['0', false],
      ['1', false],
    ],
  )
})

/** Once so many are left. */
async function settled(service: TestService, id: string, count: number): Promise<any[]> {
  for (;;) {
    const instances = await instancesOf(service, id)
    if (instances.length === count) return instances
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const rolledBack = (more: object = {}) => ({
  upgradePolicy: {
    mode: 'Manual',
    rollingUpgradePolicy: {
      ...{ rollbackFailedInstancesOnPolicyBreach: true, maxBatchInstancePercent: 50 },
      ...{ maxUnhealthyUpgradedInstancePercent: 0, ...more },
    },
  },
})

/** Of a set, what each instance is: its size, whether it is as the model says, and whether it is well. */
const shownOf = async (service: TestService, id: string) =>
  (await instancesOf(service, id)).map(({ sku, properties }) => [
    sku.name,
    properties.latestModelApplied,
    properties.provisioningState,
  ])

test('where the policy says so, an instance that is not well when an upgrade ends is put back to what it was, and no other', async (t) => {
  const reimaged: string[] = []
  let ill = ''
  const host: ScriptedHost = new ScriptedHost({
    before: (deed, id) => {
      if (deed === 'reimage') reimaged.push(id)
      const isNew = host.plan(id)?.vcpus !== 1
      if (deed === 'start' && id === ill && isNew) throw new Error('it does not come up')
    },
  })
  const service = await aService(t, host)
  const { id } = await aScaleSet(service, 4, rolledBack())
  ill = (await host.machines())[0]!
  const standard = {
    sku: { name: 'Standard_B2s' },
    properties: {
      virtualMachineProfile: { securityProfile: { securityType: 'Standard', uefiSettings: null } },
    },
  }
  assert.equal((await changed(service, 'PATCH', id, standard)).status, 'Succeeded')
  const end = await changed(service, 'POST', `${id}/osRollingUpgrade`)
  assert.equal(end.error.code, 'MaxUnhealthyInstancePercentExceededInRollingUpgrade')
  assert.match(
    end.error.message,
    /1 of 2 upgraded instances are unhealthy; 0 % may be; 1 of 1 that failed were put back to what they were before\.$/,
  )
  assert.deepEqual(await shownOf(service, id), [
    ['Standard_B1s', false, 'Succeeded'],
    ['Standard_B2s', true, 'Succeeded'],
    ['Standard_B1s', false, 'Succeeded'],
    ['Standard_B1s', false, 'Succeeded'],
  ])
  assert.equal(reimaged.filter((one) => one === ill).length, 2)
  const [first] = await instancesOf(service, id)
  assert.equal(first.properties.securityProfile.securityType, 'TrustedLaunch')
  assert.equal(host.plan(ill)!.vcpus, 1)
  assert.equal(await host.power(ill), 'running')
  const disk = (await service.ask('GET', first.properties.storageProfile.osDisk.managedDisk.id))
    .body
  assert.equal(disk.properties.securityProfile.securityType, 'TrustedLaunch')
  ill = ''
  assert.equal((await changed(service, 'POST', `${id}/osRollingUpgrade`)).status, 'Succeeded')
  for (const [, isLatest] of await shownOf(service, id)) assert.equal(isLatest, true)
})

test('an instance that cannot be put back says so, and one whose policy does not ask for it stays as it failed', async (t) => {
  for (const rollbackFailedInstancesOnPolicyBreach of [true, false]) {
    let isIll = false
    const host = new ScriptedHost({
      before: (deed) => {
        if (isIll && deed === 'start') throw new Error('it does not come up')
      },
    })
    const service = await aService(t, host)
    const { id } = await aScaleSet(
      service,
      1,
      rolledBack({ rollbackFailedInstancesOnPolicyBreach }),
    )
    isIll = true
    await changed(service, 'PATCH', id, { sku: { name: 'Standard_B2s' } })
    const { error } = await changed(service, 'POST', `${id}/osRollingUpgrade`)
    assert.equal(error.code, 'MaxUnhealthyInstancePercentExceededInRollingUpgrade')
    const told = error.message.match(/; (\d of \d) that failed were put back/)?.[1]
    assert.deepEqual(
      [told, await shownOf(service, id)],
      rollbackFailedInstancesOnPolicyBreach
        ? ['0 of 1', [['Standard_B1s', false, 'Failed']]]
        : [undefined, [['Standard_B2s', true, 'Failed']]],
    )
  }
})

test('a set that was made without Trusted Launch refuses it, unless its tag allows that its disks are lost', async (t) => {
  const service = await aService(t)
  const { id } = await aScaleSet(service, 1, {}, { securityProfile: { securityType: 'Standard' } })
  const enable = {
    properties: {
      virtualMachineProfile: {
        securityProfile: {
          securityType: 'TrustedLaunch',
          uefiSettings: { secureBootEnabled: true, vTpmEnabled: true },
        },
      },
    },
  }
  const refused = await service.ask('PATCH', id, enable)
  assert.equal(refused.status, 409)
  assert.match(
    refused.body.error.message,
    /created without it: create a new one.*trusted-launch-upgrade.*lost/,
  )
  await changed(service, 'PATCH', id, { tags: { 'trusted-launch-upgrade': 'allow' } })
  assert.equal((await changed(service, 'PATCH', id, enable)).status, 'Succeeded')
  assert.equal(
    (await changed(service, 'POST', `${id}/manualupgrade`, { instanceIds: ['*'] })).status,
    'Succeeded',
  )
  const [instance] = await instancesOf(service, id)
  assert.equal(instance.properties.securityProfile.securityType, 'TrustedLaunch')
  assert.equal(instance.properties.latestModelApplied, true)
})

test('instances of a Flexible set are VMs, with interfaces of their own, and go with the set', async (t) => {
  const service = await aService(t)
  const { id, end } = await aScaleSet(service, 2, {
    orchestrationMode: 'Flexible',
    upgradePolicy: undefined,
    platformFaultDomainCount: 1,
  })
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const vms = (
    await service.ask('GET', `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines`)
  ).body.value
  assert.deepEqual(
    vms.map(({ name, properties }: any) => [name, properties.virtualMachineScaleSet.id]),
    [
      ['web_0', id],
      ['web_1', id],
    ],
  )
  const again = await service.ask('PUT', vms[0].id, vms[0])
  assert.equal(again.status, 200, JSON.stringify(again.body))
  const nics = async () =>
    (
      await service.ask(
        'GET',
        `${service.group('rg')}/providers/Microsoft.Network/networkInterfaces`,
      )
    ).body.value.length
  assert.equal(await nics(), 3)
  assert.equal((await changed(service, 'DELETE', id)).status, 'Succeeded')
  assert.equal((await service.ask('GET', vms[0].id)).status, 404)
  assert.equal(await nics(), 1)
})

test('a failed instance does not hide the others', async (t) => {
  let creations = 0
  const before = (deed: string) => {
    if (deed === 'create' && ++creations === 2) throw new Error('the disk is full')
  }
  const service = await aService(t, new ScriptedHost({ before }))
  const { id, end } = await aScaleSet(service, 3)
  assert.equal(end.status, 'Failed')
  assert.match(end.error.message, /1 of 3 parts failed/)
  assert.equal((await instancesOf(service, id)).length, 2)
  assert.equal((await changed(service, 'PATCH', id, { tags: { a: 'b' } })).status, 'Succeeded')
  assert.equal((await instancesOf(service, id)).length, 3)
})

test('an upgrade that failed is tried again when it is asked for, with the new disk that it needs', async (t) => {
  let reimages = 0
  const before = (deed: string) => {
    if (deed === 'reimage' && ++reimages === 1) throw new Error('the disk is full')
  }
  const service = await aService(t, new ScriptedHost({ before }))
  const { id } = await aScaleSet(service, 1)
  const standard = {
    properties: {
      virtualMachineProfile: { securityProfile: { securityType: 'Standard', uefiSettings: null } },
    },
  }
  assert.equal((await changed(service, 'PATCH', id, standard)).status, 'Succeeded')
  const upgrade = () => changed(service, 'POST', `${id}/manualupgrade`, { instanceIds: ['0'] })
  assert.equal((await upgrade()).status, 'Failed')
  assert.equal((await upgrade()).status, 'Succeeded')
  assert.equal(reimages, 2)
})

test('instances of a set are machines: their image, their disks and the usages know them', async (t) => {
  const service = await aService(t)
  const { id } = await aScaleSet(service, 2)
  const usages = `${service.subscription}/providers/Microsoft.Compute/locations/local/usages`
  const counted = (await service.ask('GET', usages)).body.value.find(
    ({ name }: any) => name.value === 'virtualMachines',
  )
  assert.equal(counted.currentValue, 2)
  const { body } = await service.ask('GET', `${id}/virtualMachines/0`)
  const disk = body.properties.storageProfile.osDisk.managedDisk.id
  const grown = await service.ask('PATCH', disk, { properties: { diskSizeGB: 99 } })
  assert.equal(grown.status, 409, JSON.stringify(grown.body))
})

test('a group that goes takes what was kept sealed for its sets', async (t) => {
  const service = await aService(t)
  const { id } = await aScaleSet(service, 1)
  const { uniqueId } = (await service.ask('GET', id)).body.properties
  const database = new DatabaseSync(join(service.data, 'service.db'), { readOnly: true })
  t.after(() => database.close())
  const kept = database.prepare('select count(*) as n from stored_values where name = ?')
  assert.equal(kept.get(`scale-set/${uniqueId}`)?.n, 1)
  await changed(service, 'DELETE', service.group('rg'))
  assert.equal(kept.get(`scale-set/${uniqueId}`)?.n, 0)
})

test('what a set may not say is refused in words, and nothing is left behind', async (t) => {
  const service = await aService(t)
  const { put } = await aScaleSet(service, 1001)
  assert.deepEqual([put.status, put.body.error.target], [400, 'sku.capacity'])
  const noPolicy = await aScaleSet(service, 1, { upgradePolicy: undefined })
  assert.deepEqual(
    [noPolicy.put.status, noPolicy.put.body.error.message],
    [400, "Required parameter 'upgradePolicy.mode' is missing (null)."],
  )
  assert.equal((await service.ask('GET', noPolicy.id)).status, 404)
})
