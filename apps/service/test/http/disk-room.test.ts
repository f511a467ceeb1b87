import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aService } from '../a-service.ts'
import { aNetwork, aVm, IMAGE, vmBody } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

test('no more is promised to all disks together than their host has for them, however they are made or grow', async (t) => {
  const service = await aService(t, new ScriptedHost({ capacity: { diskGib: 20 } }))
  const disksAt = `${service.group('rg')}/providers/Microsoft.Compute/disks`
  const withData = (diskSizeGB: number, name: string) => ({
    storageProfile: {
      imageReference: IMAGE,
      osDisk: { createOption: 'FromImage' },
      dataDisks: [{ lun: 0, createOption: 'Empty', diskSizeGB, name }],
    },
  })
  const empty = (diskSizeGB: number) => ({
    location: 'local',
    properties: { creationData: { createOption: 'Empty' }, diskSizeGB },
  })
  // Its own disk has 1 GiB.
  const { id } = await aVm(service, 'web', withData(9, 'data'))
  assert.equal((await service.ask('PUT', `${disksAt}/more`, empty(5))).status, 200)
  const nic = await aNetwork(service, 'rg', 'other')
  const other = id.replace(/web$/, 'other')
  await service.over(await service.ask('POST', `${id}/deallocate`))
  const grown = { properties: { diskSizeGB: 15 } }
  const own = { properties: { storageProfile: { osDisk: { diskSizeGB: 7 } } } }
  const data = {
    properties: { storageProfile: { dataDisks: [{ lun: 0, name: 'data', diskSizeGB: 15 }] } },
  }
  const copy = {
    location: 'local',
    properties: { creationData: { createOption: 'Copy', sourceResourceId: `${disksAt}/data` } },
  }
  for (const [what, answer, needed] of [
    ['a disk', await service.ask('PUT', `${disksAt}/last`, empty(6)), 6],
    ['a copy', await service.ask('PUT', `${disksAt}/copy`, copy), 9],
    ['a VM', await service.ask('PUT', other, vmBody(nic, withData(5, 'o'))), 6],
    ['a disk that grows', await service.ask('PATCH', `${disksAt}/data`, grown), 6],
    [
      'a disk that nobody has',
      await service.ask('PATCH', `${disksAt}/more`, { properties: { diskSizeGB: 11 } }),
      6,
    ],
    ['a data disk', await service.ask('PATCH', id, data), 6],
    ['an own disk', await service.ask('PATCH', id, own), 6],
  ] as const) {
    assert.deepEqual([answer.status, answer.body.error?.code], [409, 'AllocationFailed'], what)
    const told = `${needed} GiB are needed, and 15 GiB of 20 GiB are promised to others.`
    assert.ok(answer.body.error.message.endsWith(told), answer.body.error.message)
  }
  assert.equal((await service.ask('GET', other)).status, 404)
  // What is gone is promised to nobody.
  await service.over(await service.ask('DELETE', `${disksAt}/more`))
  assert.equal((await service.ask('PUT', `${disksAt}/last`, empty(10))).status, 200)
})
