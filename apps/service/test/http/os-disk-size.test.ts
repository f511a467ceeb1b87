import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aService, type TestService } from '../a-service.ts'
import { aVm, IMAGE } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

const own = (diskSizeGB: number) => ({ properties: { storageProfile: { osDisk: { diskSizeGB } } } })

/** A VM whose own disk is as large as its image; what is so of both, and of the machine. */
async function aPlace(service: TestService) {
  const { id } = await aVm(service)
  const [machine] = await service.host.machines()
  const vm = async () => (await service.ask('GET', id)).body.properties.storageProfile.osDisk
  const disk = (await vm()).managedDisk.id
  const sizes = async () => [
    (await vm()).diskSizeGB,
    (await service.ask('GET', disk)).body.properties.diskSizeGB,
    service.host.plan(machine!)!.osDiskGib,
  ]
  const did = async (verb: string) =>
    assert.equal(
      (await service.over(await service.ask('POST', `${id}/${verb}`))).status,
      'Succeeded',
    )
  return { id, disk, sizes, did }
}

test('a VM’s own disk is made as large as it is asked to be, and grows by the VM while that is deallocated', async (t) => {
  const service = await aService(t, new ScriptedHost({ capacity: { diskGib: 100 } }))
  const { id, disk, sizes, did } = await aPlace(service)
  assert.deepEqual(await sizes(), [1, 1, null])
  for (const [path, body] of [
    [id, own(8)],
    [disk, { properties: { diskSizeGB: 8 } }],
  ] as const) {
    const { status, body: answer } = await service.ask('PATCH', path, body)
    assert.deepEqual([status, answer.error.code], [409, 'OperationNotAllowed'])
    assert.match(answer.error.message, /^Cannot resize disk \S+ while it is attached to running VM/)
  }
  assert.deepEqual(await sizes(), [1, 1, null])
  await did('deallocate')
  assert.equal((await service.over(await service.ask('PATCH', id, own(8)))).status, 'Succeeded')
  assert.deepEqual(await sizes(), [8, 8, 8])
  for (const [path, body] of [
    [id, own(4)],
    [disk, { properties: { diskSizeGB: 4 } }],
  ] as const) {
    const { body: answer } = await service.ask('PATCH', path, body)
    assert.match(answer.error.message, /cannot be resized down/)
  }
  const huge = await service.ask('PATCH', id, own(101))
  assert.equal(huge.body.error.code, 'AllocationFailed')
  assert.deepEqual(await sizes(), [8, 8, 8])
})

test('a VM’s own disk grows by a change of the disk, and the VM has it from its next start on', async (t) => {
  const service = await aService(t)
  const { id, disk, sizes, did } = await aPlace(service)
  await did('deallocate')
  const grown = await service.ask('PATCH', disk, { properties: { diskSizeGB: 16 } })
  assert.equal(grown.status, 200)
  assert.deepEqual(await sizes(), [16, 16, null])
  await did('start')
  assert.deepEqual(await sizes(), [16, 16, 16])
  const { statuses } = (await service.ask('GET', `${id}/instanceView`)).body
  assert.ok(!statuses.some(({ code }: any) => code === 'TrustedLaunch/NotApplied'))
})

test('a data disk grows by a change of its own while its VM is deallocated, and is so large at the next start', async (t) => {
  const service = await aService(t)
  const dataDisks = [{ lun: 3, name: 'data', createOption: 'Empty', diskSizeGB: 1 }]
  const { id } = await aVm(service, 'web', {
    storageProfile: { imageReference: IMAGE, osDisk: { createOption: 'FromImage' }, dataDisks },
  })
  const [machine] = await service.host.machines()
  const disk = `${service.group('rg')}/providers/Microsoft.Compute/disks/data`
  const size = { properties: { diskSizeGB: 4 } }
  assert.equal((await service.ask('PATCH', disk, size)).status, 409)
  await service.over(await service.ask('POST', `${id}/deallocate`))
  assert.equal((await service.ask('PATCH', disk, size)).status, 200)
  await service.over(await service.ask('POST', `${id}/start`))
  assert.equal(service.host.disks.get(machine!)![0]!.sizeGiB, 4)
  const { storageProfile } = (await service.ask('GET', id)).body.properties
  assert.equal(storageProfile.dataDisks[0].diskSizeGB, 4)
})

test('an own disk that is asked larger than its image is made so, and larger than the host’s disks is refused', async (t) => {
  const service = await aService(t, new ScriptedHost({ capacity: { diskGib: 100 } }))
  const of = (diskSizeGB: number) => ({
    storageProfile: { imageReference: IMAGE, osDisk: { createOption: 'FromImage', diskSizeGB } },
  })
  const { put } = await aVm(service, 'huge', of(101))
  assert.equal(put.body.error.code, 'AllocationFailed')
  const { id } = await aVm(service, 'web', of(30))
  const [machine] = await service.host.machines()
  assert.equal(service.host.plan(machine!)!.osDiskGib, 30)
  const { statuses } = (await service.ask('GET', `${id}/instanceView`)).body
  assert.ok(!statuses.some(({ code }: any) => code === 'NotEnforced/Properties'))
})
