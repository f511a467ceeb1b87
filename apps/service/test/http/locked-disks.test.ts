import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aService } from '../a-service.ts'
import { aVm, IMAGE } from '../a-vm.ts'

test('a disk under a ReadOnly lock is not changed by its VM either: not anew, not larger, not put back', async (t) => {
  const service = await aService(t)
  const dataDisks = [{ lun: 0, createOption: 'Empty', name: 'data', diskSizeGB: 2 }]
  const osDisk = { createOption: 'FromImage' }
  const { id } = await aVm(service, 'web', {
    storageProfile: { imageReference: IMAGE, osDisk, dataDisks },
  })
  const compute = `${service.group('rg')}/providers/Microsoft.Compute`
  const points = `${compute}/restorePointCollections/points`
  await service.ask('PUT', points, { location: 'local', properties: { source: { id } } })
  const point = `${points}/restorePoints/one`
  await service.over(await service.ask('PUT', point, { properties: {} }))
  await service.over(await service.ask('POST', `${id}/deallocate`))
  const { storageProfile } = (await service.ask('GET', id)).body.properties
  const own = storageProfile.osDisk.managedDisk.id
  const [data] = storageProfile.dataDisks
  const anew = () => service.ask('POST', `${id}/reimage`)
  const back = () => service.ask('POST', `${id}/restore`, { restorePoint: { id: point } })
  const larger = (storageProfile: object) =>
    service.ask('PATCH', id, { properties: { storageProfile } })
  const largerOwn = () => larger({ osDisk: { diskSizeGB: 4 } })
  const largerData = () => larger({ dataDisks: [{ ...data, diskSizeGB: 4 }] })
  for (const [disk, deeds] of [
    [own, [anew, back, largerOwn]],
    [data.managedDisk.id, [back, largerData]],
  ] as const) {
    const lock = `${disk}/providers/Microsoft.Authorization/locks/keep`
    await service.ask('PUT', lock, { properties: { level: 'ReadOnly' } })
    const before = (await service.ask('GET', disk)).body.properties
    for (const deed of deeds) {
      const { status, body } = await deed()
      assert.deepEqual([status, body.error?.code], [409, 'ScopeLocked'], String(deed))
    }
    assert.deepEqual((await service.ask('GET', disk)).body.properties, before)
    await service.ask('DELETE', lock)
  }
  for (const deed of [anew, back, largerOwn, largerData])
    assert.equal((await service.over(await deed())).status, 'Succeeded', String(deed))
})
