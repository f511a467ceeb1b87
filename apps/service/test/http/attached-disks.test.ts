import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { aService, type TestService } from '../a-service.ts'
import { aNetwork, aVm, vmBody } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

const diskId = (service: TestService, name: string) =>
  `${service.group('rg')}/providers/Microsoft.Compute/disks/${name}`

/** A disk that a system is on, from somewhere else, with its variable store. */
async function aSystem(t: TestContext, script = {}) {
  const service = await aService(t, new ScriptedHost(script))
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const creationData = {
    createOption: 'ImportSecure',
    sourceUri: 'upload:disk',
    securityDataUri: 'upload:vars',
  }
  const body = { location: 'local', properties: { osType: 'Linux', creationData } }
  const id = diskId(service, 'system')
  assert.equal((await service.over(await service.ask('PUT', id, body))).status, 'Succeeded')
  return { service, id }
}

const attach = (id: string, more = {}) => ({
  storageProfile: {
    osDisk: { createOption: 'Attach', osType: 'Linux', managedDisk: { id }, ...more },
  },
  osProfile: undefined,
})

test('a VM takes a disk as its own, without an osProfile, and by what was found on it', async (t) => {
  const { service, id } = await aSystem(t)
  const filling = service.host.filled.get(id)!
  assert.equal(filling.isSystem, true)
  assert.equal(filling.variables?.kind, 'upload')
  const { id: vm, end, put } = await aVm(service, 'web', attach(id))
  assert.equal(end?.status, 'Succeeded', JSON.stringify(put.body))
  const [machine] = await service.host.machines()
  const plan = service.host.plan(machine!)!
  assert.equal(plan.image, `disk:${id.toLowerCase()}`)
  assert.deepEqual([plan.seed, plan.secureBoot, plan.vTpm], [null, true, true])
  const { statuses } = (await service.ask('GET', `${vm}/instanceView`)).body
  assert.ok(statuses.some(({ code }: any) => code === 'TrustedLaunch/NewVtpm'))
  const { properties } = (await service.ask('GET', vm)).body
  assert.equal(properties.securityProfile.securityType, 'TrustedLaunch')
  assert.equal(properties.storageProfile.osDisk.name, 'system')
  assert.equal((await service.ask('GET', id)).body.properties.diskState, 'Attached')
  const again = await service.ask(
    'PUT',
    vm,
    vmBody(properties.networkProfile.networkInterfaces[0].id, attach(id)),
  )
  assert.equal(again.status, 200, JSON.stringify(again.body))
  const reimaged = await service.ask('POST', `${vm}/reimage`)
  assert.match(reimaged.body.error.message, /there is no image to put it back to/)
  const copy = { createOption: 'Copy', sourceResourceId: id }
  const copied = await service.ask('PUT', diskId(service, 'copy'), {
    location: 'local',
    properties: { creationData: copy },
  })
  assert.match(copied.body.error.message, /a VM's own/)
})

test('a disk that a VM takes is as large as it says, as it was made since, or as the VM asks; never smaller', async (t) => {
  const { service, id } = await aSystem(t, { capacity: { diskGib: 100 } })
  const sizes = async (vm: string) => {
    const [machine] = await service.host.machines()
    return [
      (await service.ask('GET', id)).body.properties.diskSizeGB,
      (await service.ask('GET', vm)).body.properties.storageProfile.osDisk.diskSizeGB,
      service.host.plan(machine!)!.osDiskGib,
    ]
  }
  assert.equal((await service.ask('PATCH', id, { properties: { diskSizeGB: 8 } })).status, 200)
  const one = await aVm(service, 'one', attach(id))
  assert.deepEqual(await sizes(one.id), [8, 8, 8])
  await service.over(await service.ask('DELETE', one.id))
  const larger = await aVm(service, 'two', attach(id, { diskSizeGB: 16 }))
  assert.deepEqual(await sizes(larger.id), [16, 16, 16])
  await service.over(await service.ask('DELETE', larger.id))
  for (const [diskSizeGB, code] of [
    [8, 'OperationNotAllowed'],
    [101, 'AllocationFailed'],
    [0, 'InvalidParameter'],
  ] as const) {
    const { put } = await aVm(service, 'three', attach(id, { diskSizeGB }))
    assert.equal(put.body.error?.code, code, JSON.stringify(put.body))
  }
  assert.equal((await service.ask('GET', id)).body.properties.diskSizeGB, 16)
})

test('what a VM leaves of its own disk is kept where it is to stay, and goes where it is to go', async (t) => {
  const { service, id } = await aSystem(t)
  const one = await aVm(service, 'web', attach(id))
  await service.over(await service.ask('DELETE', one.id))
  assert.deepEqual(service.host.kept, [id])
  assert.equal((await service.ask('GET', id)).body.properties.diskState, 'Unattached')
  const two = await aVm(service, 'two', attach(id, { deleteOption: 'Delete' }))
  await service.over(await service.ask('DELETE', two.id))
  assert.deepEqual(service.host.kept, [id])
  assert.equal((await service.ask('GET', id)).status, 404)
})

test('a VM that could not be made gives its disk back', async (t) => {
  const { service, id } = await aSystem(t, {
    before: (deed: string) => {
      if (deed === 'putDataDisks') throw new Error('the host is full')
    },
  })
  const { end } = await aVm(service, 'web', attach(id, { deleteOption: 'Delete' }))
  assert.equal(end.status, 'Failed')
  const disk = await service.ask('GET', id)
  assert.equal(disk.body.properties.diskState, 'Unattached')
  assert.deepEqual(service.host.kept, [id])
})

test('a disk of another VM, without a system, or that is not there is no VM’s own', async (t) => {
  const { service, id } = await aSystem(t)
  const nic = await aNetwork(service, 'rg')
  const vm = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/web`
  const refused = async (properties: object, pattern: RegExp) => {
    const { status, body } = await service.ask('PUT', vm, vmBody(nic, properties))
    assert.ok(status >= 400)
    assert.match(body.error.message, pattern)
  }
  const creationData = { createOption: 'Empty' }
  const data = { location: 'local', properties: { creationData, diskSizeGB: 1 } }
  await service.ask('PUT', diskId(service, 'data'), data)
  await refused(attach(diskId(service, 'data')), /has no osType/)
  await refused(attach(diskId(service, 'none')), /was not found/)
  await refused({ ...attach(id), osProfile: { adminUsername: 'me' } }, /'osProfile' is not allowed/)
  await aVm(service, 'first', attach(id))
  await refused(attach(id), /is already owned by VM '.*\/first'/)
})

test('neither an image nor another security type goes with a disk that is there', async (t) => {
  const service = await aService(t)
  const image = vmBody('').properties.storageProfile.imageReference
  const osDisk = { createOption: 'FromImage', name: 'own' }
  const web = await aVm(service, 'web', { storageProfile: { imageReference: image, osDisk } })
  await service.over(await service.ask('DELETE', web.id))
  const { storageProfile, ...rest } = attach(diskId(service, 'own'))
  const withImage = { ...rest, storageProfile: { ...storageProfile, imageReference: image } }
  const asStandard = { storageProfile, ...rest, securityProfile: { securityType: 'Standard' } }
  for (const [properties, message] of [
    [
      withImage,
      'Cannot attach an existing OS disk if the VM is created from a platform or user image.',
    ],
    [
      asStandard,
      'Security type of VM is not compatible with the security type of attached OS Disk.',
    ],
  ] as const) {
    const { put } = await aVm(service, 'again', properties)
    assert.equal(put.body.error?.message, message)
  }
  const { end } = await aVm(service, 'again', { storageProfile, ...rest })
  assert.equal(end.status, 'Succeeded')
})
