import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aService } from '../a-service.ts'
import { aVm, KEY, vmBody } from '../a-vm.ts'

const refusedAs = (answer: any, path: string) =>
  assert.deepEqual(
    [answer.status, answer.body.error?.code, answer.body.error?.message],
    [409, 'PropertyChangeNotAllowed', `Changing property '${path}' is not allowed.`],
    JSON.stringify(answer.body),
  )

test('what a VM was made with is not changed', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const { body: before } = await service.ask('GET', id)
  const changes: [string, object][] = [
    ['osDisk.createOption', { storageProfile: { osDisk: { createOption: 'Attach' } } }],
    ['osDisk.osType', { storageProfile: { osDisk: { osType: 'Windows' } } }],
    ['priority', { priority: 'Spot' }],
    ['computerName', { osProfile: { computerName: 'other' } }],
    ['adminUsername', { osProfile: { adminUsername: 'other' } }],
    [
      'linuxConfiguration.ssh.publicKeys',
      {
        osProfile: {
          linuxConfiguration: { ssh: { publicKeys: [{ path: '/home/x/y', keyData: KEY }] } },
        },
      },
    ],
    [
      'linuxConfiguration.disablePasswordAuthentication',
      { osProfile: { linuxConfiguration: { disablePasswordAuthentication: false } } },
    ],
  ]
  for (const [path, properties] of changes)
    refusedAs(await service.ask('PATCH', id, { properties }), path)
  const { body: after } = await service.ask('GET', id)
  assert.deepEqual(after.properties, before.properties)
})

test('a PUT that says nothing of what a VM was made with, or says it in another order, leaves it', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const { body: before } = await service.ask('GET', id)
  const { osProfile, networkProfile, storageProfile } = before.properties
  const nic = networkProfile.networkInterfaces[0].id
  const turned = Object.fromEntries(Object.entries(osProfile).reverse())
  const { linuxConfiguration: linux } = osProfile
  const bodies = [
    { storageProfile: {}, osProfile: {} },
    { storageProfile: { osDisk: {} }, osProfile: { linuxConfiguration: {} } },
    { storageProfile, osProfile: turned, priority: 'Regular' },
    {
      storageProfile,
      osProfile: { linuxConfiguration: Object.fromEntries(Object.entries(linux).reverse()) },
    },
    { osProfile: { secrets: [], linuxConfiguration: { ssh: {} } } },
  ]
  for (const properties of bodies) {
    const { status, body } = await service.ask('PUT', id, vmBody(nic, properties))
    assert.equal(status, 200, JSON.stringify(body))
    assert.deepEqual(body.properties.osProfile.computerName, osProfile.computerName)
    assert.deepEqual(body.properties.osProfile.linuxConfiguration, linux)
    assert.deepEqual(body.properties.storageProfile.imageReference, storageProfile.imageReference)
    assert.equal(body.properties.storageProfile.osDisk.createOption, 'FromImage')
  }
  const gone = { osProfile: null, storageProfile: { imageReference: null } }
  const { body } = await service.ask('PATCH', id, { properties: gone })
  assert.equal(body.properties.osProfile.adminUsername, osProfile.adminUsername)
  assert.deepEqual(body.properties.storageProfile.imageReference, storageProfile.imageReference)
})

test('a VM or a disk with a value that Azure does not know is not made', async (t) => {
  const service = await aService(t)
  const { put, id } = await aVm(service, 'web', { priority: 'Foo' })
  assert.deepEqual([put.status, put.body.error?.target], [400, 'priority'])
  const alone = await aVm(service, 'web', { evictionPolicy: 'Deallocate' })
  assert.deepEqual(
    [alone.put.status, alone.put.body.error?.code],
    [400, 'EvictionPolicyCanBeSetOnlyOnAzureSpotVirtualMachines'],
  )
  assert.equal((await service.ask('GET', id)).status, 404)
  const disk = `${service.group('rg')}/providers/Microsoft.Compute/disks/d`
  const properties = { creationData: { createOption: 'Empty' }, diskSizeGB: 1, osType: 'Foo' }
  const { status, body } = await service.ask('PUT', disk, { location: 'local', properties })
  assert.deepEqual(
    [status, body.error?.code, body.error?.target],
    [400, 'InvalidParameter', 'osType'],
  )
})
