import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aService } from '../a-service.ts'
import { aNetwork, aVm, IMAGE, vmBody } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

const storage = (dataDisks: object[]) => ({
  storageProfile: { imageReference: IMAGE, osDisk: { createOption: 'FromImage' }, dataDisks },
})

test('data disks are made, attached, grown and freed as a VM names them', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(
    service,
    'web',
    storage([{ lun: 0, createOption: 'Empty', diskSizeGB: 4, name: 'one' }]),
  )
  const [machine] = await service.host.machines()
  const disk = `${service.group('rg')}/providers/Microsoft.Compute/disks/one`
  assert.deepEqual(service.host.disks.get(machine!), [{ lun: 0, diskId: disk, sizeGiB: 4 }])
  assert.equal((await service.ask('GET', disk)).body.properties.diskState, 'Attached')
  assert.match((await service.ask('DELETE', disk)).body.error.message, /is attached to VM/)

  const grown = {
    properties: {
      storageProfile: {
        dataDisks: [{ lun: 0, createOption: 'Attach', diskSizeGB: 8, managedDisk: { id: disk } }],
      },
    },
  }
  assert.equal((await service.over(await service.ask('PATCH', id, grown))).status, 'Succeeded')
  assert.equal(service.host.disks.get(machine!)![0]!.sizeGiB, 8)

  const none = { properties: { storageProfile: { dataDisks: [] } } }
  assert.equal((await service.over(await service.ask('PATCH', id, none))).status, 'Succeeded')
  assert.equal((await service.ask('GET', disk)).body.properties.diskState, 'Unattached')
  assert.equal((await service.over(await service.ask('DELETE', disk))).status, 'Succeeded')
  assert.equal((await service.ask('GET', disk)).status, 404)
})

test('a change that does not name data disks, or names them as null, leaves them; an empty list takes them all', async (t) => {
  const service = await aService(t)
  const disk = { lun: 0, createOption: 'Empty', diskSizeGB: 4, name: 'one' }
  const { id } = await aVm(service, 'web', storage([disk]))
  const [machine] = await service.host.machines()
  const { body: before } = await service.ask('GET', id)
  const [nic] = before.properties.networkProfile.networkInterfaces
  const put = (properties: object) => service.ask('PUT', id, vmBody(nic.id, properties))
  const patch = (properties: object) => service.ask('PATCH', id, { properties })
  const storageProfile = { dataDisks: null, osDisk: null, imageReference: null }
  for (const changed of [
    await put({ storageProfile: {} }),
    await put({ storageProfile }),
    await put({ storageProfile: null }),
    await patch({ storageProfile: {} }),
    await patch({ storageProfile }),
    await patch({ diagnosticsProfile: null }),
  ]) {
    assert.equal(changed.status, 200, JSON.stringify(changed.body))
    assert.deepEqual(changed.body.properties.storageProfile, before.properties.storageProfile)
  }
  assert.equal(service.host.disks.get(machine!)!.length, 1)
  const taken = await put({ storageProfile: { dataDisks: [] } })
  assert.deepEqual(taken.body.properties.storageProfile.dataDisks, [])
  assert.equal((await service.over(taken)).status, 'Succeeded')
  assert.deepEqual(service.host.disks.get(machine!), [])
})

test('a free disk that was made larger is so large to the VM that it is attached to', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const [machine] = await service.host.machines()
  const disk = `${service.group('rg')}/providers/Microsoft.Compute/disks/free`
  const properties = { creationData: { createOption: 'Empty' }, diskSizeGB: 4 }
  await service.ask('PUT', disk, { location: 'local', properties })
  assert.equal((await service.ask('PATCH', disk, { properties: { diskSizeGB: 8 } })).status, 200)
  const dataDisks = [{ lun: 0, createOption: 'Attach', managedDisk: { id: disk } }]
  const body = { properties: { storageProfile: { dataDisks } } }
  assert.equal((await service.over(await service.ask('PATCH', id, body))).status, 'Succeeded')
  assert.deepEqual(service.host.disks.get(machine!), [{ lun: 0, diskId: disk, sizeGiB: 8 }])
})

test('disks that do not fit are refused, and nothing is made', async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'rg')
  const id = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/bad`
  const empty = (lun: number) => ({ lun, createOption: 'Empty', diskSizeGB: 1 })
  const refused = [
    [[empty(0), empty(0)], 'InvalidParameter'],
    [[empty(64)], 'InvalidParameter'],
    [[{ ...empty(0), diskSizeGB: 40_000 }], 'InvalidParameter'],
    [[0, 1, 2].map(empty), 'OperationNotAllowed'],
    [
      [
        {
          lun: 0,
          createOption: 'Attach',
          managedDisk: { id: `${service.group('rg')}/providers/Microsoft.Compute/disks/x` },
        },
      ],
      'ResourceNotFound',
    ],
  ] as const
  for (const [disks, code] of refused) {
    const answer = await service.ask('PUT', id, vmBody(nic, storage([...disks])))
    assert.equal(answer.body.error?.code, code, JSON.stringify(answer.body))
  }
  const { body } = await service.ask(
    'GET',
    `${service.subscription}/providers/Microsoft.Compute/disks`,
  )
  assert.deepEqual(body.value, [])
})

test('a data disk that is to be made empty is none that is there with what is on it, but the VM’s own stays as it is named again', async (t) => {
  const service = await aService(t)
  const old = `${service.group('rg')}/providers/Microsoft.Compute/disks/old`
  const empty = { createOption: 'Empty', diskSizeGB: 4 }
  const { id } = await aVm(service, 'web', storage([{ ...empty, lun: 0, name: 'one' }]))
  const properties = { creationData: { createOption: 'Empty' }, diskSizeGB: 4 }
  await service.ask('PUT', old, { location: 'local', properties })
  const { body: vm } = await service.ask('GET', id)
  const [nic] = vm.properties.networkProfile.networkInterfaces
  for (const named of [{ name: 'OLD' }, { managedDisk: { id: old } }]) {
    const dataDisks = [
      { ...empty, lun: 0, name: 'one' },
      { ...empty, lun: 1, ...named },
    ]
    const { status, body } = await service.ask('PUT', id, vmBody(nic.id, storage(dataDisks)))
    assert.deepEqual([status, body.error?.code], [409, 'ConflictingUserInput'])
    assert.match(body.error.message, /^Disk old already exists in resource group rg\./)
  }
  assert.equal((await service.ask('GET', old)).body.properties.diskState, 'Unattached')
  const again = await service.ask(
    'PUT',
    id,
    vmBody(nic.id, storage([{ ...empty, lun: 0, name: 'one' }])),
  )
  assert.equal(again.status, 200, JSON.stringify(again.body))
})

test('attachDetachDataDisks changes both in one action, and its result is the storage profile', async (t) => {
  const service = await aService(t)
  const empty = (lun: number, name: string) => ({ lun, name, createOption: 'Empty', diskSizeGB: 1 })
  const { id } = await aVm(service, 'web', storage([empty(0, 'one'), empty(1, 'two')]))
  const disk = (name: string) => `${service.group('rg')}/providers/Microsoft.Compute/disks/${name}`
  const creationData = { createOption: 'Empty' }
  const three = { location: 'local', properties: { creationData, diskSizeGB: 3 } }
  assert.equal((await service.ask('PUT', disk('three'), three)).status, 200)
  const accepted = await service.ask('POST', `${id}/attachDetachDataDisks`, {
    dataDisksToAttach: [{ diskId: disk('three'), caching: 'ReadOnly' }],
    dataDisksToDetach: [{ diskId: disk('ONE'), detachOption: 'ForceDetach' }],
  })
  assert.equal(accepted.status, 202, JSON.stringify(accepted.body))
  assert.equal((await service.over(accepted)).status, 'Succeeded')
  const monitor = new URL(String(accepted.headers.location))
  const result = await service.ask('GET', monitor.pathname + monitor.search)
  assert.deepEqual(
    [result.status, result.body.dataDisks.map(({ lun, name }: any) => [lun, name])],
    [
      200,
      [
        [1, 'two'],
        [0, 'three'],
      ],
    ],
  )
  const [machine] = await service.host.machines()
  assert.deepEqual(
    service.host.disks.get(machine!)!.map(({ lun, sizeGiB }) => [lun, sizeGiB]),
    [
      [1, 1],
      [0, 3],
    ],
  )
  assert.equal((await service.ask('GET', disk('one'))).body.properties.diskState, 'Unattached')
})

test('what cannot be attached or detached is refused, and nothing of the action is done', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service, 'web', storage([]))
  const disk = (name: string) => `${service.group('rg')}/providers/Microsoft.Compute/disks/${name}`
  const properties = { creationData: { createOption: 'Empty' }, diskSizeGB: 1 }
  await service.ask('PUT', disk('free'), { location: 'local', properties })
  const free = { diskId: disk('free') }
  for (const [body, code] of [
    [{}, 'InvalidParameter'],
    [{ dataDisksToAttach: [{ lun: 0 }] }, 'LinkedInvalidPropertyId'],
    [{ dataDisksToAttach: [{ diskId: disk('none') }] }, 'ResourceNotFound'],
    [{ dataDisksToAttach: [free], dataDisksToDetach: [free] }, 'OperationNotAllowed'],
    [
      {
        dataDisksToAttach: [
          { ...free, lun: 0 },
          { diskId: disk('none'), lun: 0 },
        ],
      },
      'InvalidParameter',
    ],
  ] as const) {
    const { body: answer } = await service.ask('POST', `${id}/attachDetachDataDisks`, body)
    assert.equal(answer.error?.code, code, JSON.stringify(answer))
  }
  assert.equal((await service.ask('GET', disk('free'))).body.properties.diskState, 'Unattached')
})

test('a disk that a PUT says is to be detached goes, as if it were not named', async (t) => {
  const service = await aService(t)
  const one = { lun: 0, name: 'one', createOption: 'Empty', diskSizeGB: 1 }
  const { id } = await aVm(service, 'web', storage([one]))
  const [kept] = (await service.ask('GET', id)).body.properties.storageProfile.dataDisks
  const dataDisks = [{ ...kept, toBeDetached: true, detachOption: 'ForceDetach' }]
  const patch = await service.ask('PATCH', id, { properties: { storageProfile: { dataDisks } } })
  assert.equal((await service.over(patch)).status, 'Succeeded')
  assert.deepEqual((await service.ask('GET', id)).body.properties.storageProfile.dataDisks, [])
})

/** A host on which data disks wait for the word, or fail. */
function slow() {
  const waiting: { before: () => Promise<void> | void } = { before: () => {} }
  const host = new ScriptedHost({
    before: (deed) => (deed === 'putDataDisks' ? waiting.before() : undefined),
  })
  return { host, waiting }
}

const naming = (id: string) => ({
  properties: {
    storageProfile: { dataDisks: [{ lun: 0, createOption: 'Attach', managedDisk: { id } }] },
  },
})
const none = { properties: { storageProfile: { dataDisks: [] } } }

test('a disk that its VM names no more is the VM’s until its host let it go, and then another’s to have', async (t) => {
  const { host, waiting } = slow()
  const service = await aService(t, host)
  const one = { lun: 0, name: 'one', createOption: 'Empty', diskSizeGB: 1 }
  const { id } = await aVm(service, 'web', storage([one]))
  const { id: other } = await aVm(service, 'other')
  const disk = `${service.group('rg')}/providers/Microsoft.Compute/disks/one`
  const word = Promise.withResolvers<void>()
  waiting.before = () => word.promise
  const detached = await service.ask('PATCH', id, none)
  const refused = await service.ask('PATCH', other, naming(disk))
  assert.deepEqual([refused.status, refused.body.error.code], [409, 'AttachDiskWhileBeingDetached'])
  assert.match(refused.body.error.message, /^Cannot attach data disk 'one' to VM 'other' because/)
  assert.equal((await service.ask('GET', disk)).body.properties.diskState, 'Attached')
  assert.match((await service.ask('DELETE', disk)).body.error.message, /is attached to VM/)
  word.resolve()
  assert.equal((await service.over(detached)).status, 'Succeeded')
  assert.equal((await service.ask('GET', disk)).body.properties.diskState, 'Unattached')
  const attached = await service.ask('PATCH', other, naming(disk))
  assert.equal((await service.over(attached)).status, 'Succeeded')
  const again = await service.ask('PATCH', id, naming(disk))
  assert.deepEqual([again.status, again.body.error.code], [409, 'ConflictingUserInput'])
})

test('a disk whose detachment failed stays its VM’s: until it is detached, named again, or goes with the VM', async (t) => {
  const { host, waiting } = slow()
  const service = await aService(t, host)
  const one = { lun: 0, name: 'one', createOption: 'Empty', diskSizeGB: 1 }
  const { id } = await aVm(service, 'web', storage([{ ...one, deleteOption: 'Delete' }]))
  const disk = `${service.group('rg')}/providers/Microsoft.Compute/disks/one`
  const is = async () => (await service.ask('GET', disk)).body.properties.diskState
  const fails = async () => {
    waiting.before = () => {
      throw new Error('it does not let go')
    }
    const { status } = await service.over(await service.ask('PATCH', id, none))
    waiting.before = () => {}
    assert.deepEqual([status, await is()], ['Failed', 'Attached'])
  }
  await fails()
  assert.equal((await service.over(await service.ask('PATCH', id, none))).status, 'Succeeded')
  assert.equal(await is(), 'Unattached')
  assert.equal(
    (await service.over(await service.ask('PATCH', id, naming(disk)))).status,
    'Succeeded',
  )
  await fails()
  assert.equal(
    (await service.over(await service.ask('PATCH', id, naming(disk)))).status,
    'Succeeded',
  )
  assert.equal(await is(), 'Attached')
  await fails()
  assert.equal((await service.over(await service.ask('DELETE', id))).status, 'Succeeded')
  assert.equal(await is(), 'Unattached')
})

test('disks that are made with a VM are of the sku that it names for them, and of Premium_LRS where it names none', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service, 'web', {
    storageProfile: {
      imageReference: IMAGE,
      osDisk: { createOption: 'FromImage', managedDisk: { storageAccountType: 'StandardSSD_LRS' } },
      dataDisks: [
        ...[{ lun: 0, createOption: 'Empty', diskSizeGB: 1, name: 'plain' }],
        {
          ...{ lun: 1, createOption: 'Empty', diskSizeGB: 1, name: 'slow' },
          managedDisk: { storageAccountType: 'Standard_LRS' },
        },
      ],
    },
  })
  const { osDisk, dataDisks } = (await service.ask('GET', id)).body.properties.storageProfile
  const told: string[] = []
  for (const { managedDisk } of [osDisk, ...dataDisks]) {
    const { sku } = (await service.ask('GET', managedDisk.id)).body
    assert.equal(sku.name, managedDisk.storageAccountType)
    told.push(`${sku.name} ${sku.tier}`)
  }
  assert.deepEqual(told, [
    'StandardSSD_LRS Standard',
    'Premium_LRS Premium',
    'Standard_LRS Standard',
  ])
})
