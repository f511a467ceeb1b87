import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aService } from '../a-service.ts'
import { aNetwork, aVm, IMAGE, vmBody } from '../a-vm.ts'

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
