import assert from 'node:assert/strict'
import { test } from 'node:test'
import { READER } from '../../src/identity/role-definitions.ts'
import { aPrincipal, mayAlso } from '../a-principal.ts'
import { aService } from '../a-service.ts'
import { aVm, IMAGE } from '../a-vm.ts'

const spot = {
  ...{ priority: 'Spot', evictionPolicy: 'Delete' },
  storageProfile: {
    imageReference: IMAGE,
    osDisk: { createOption: 'FromImage', name: 'own', deleteOption: 'Delete' },
  },
}
const EVICT = 'Microsoft.Compute/virtualMachines/simulateEviction/action'

test('an eviction that deletes goes round no lock: of the VM, or of a disk that goes with it', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service, 'web', spot)
  const disk = `${service.group('rg')}/providers/Microsoft.Compute/disks/own`
  for (const locked of [id, disk, service.group('rg')]) {
    const lock = `${locked}/providers/Microsoft.Authorization/locks/keep`
    const put = await service.ask('PUT', lock, { properties: { level: 'CanNotDelete' } })
    assert.equal(put.status, 201)
    const { status, body } = await service.ask('POST', `${id}/simulateEviction`)
    assert.deepEqual([status, body.error?.code], [409, 'ScopeLocked'], locked)
    assert.equal((await service.ask('DELETE', lock)).status, 200)
  }
  assert.equal((await service.ask('POST', `${id}/simulateEviction`)).status, 204)
  while ((await service.ask('GET', id)).status !== 404);
})

test('an eviction that deletes needs the right to delete; one that deallocates does not', async (t) => {
  const service = await aService(t)
  const goes = await aVm(service, 'goes', spot)
  const stays = await aVm(service, 'stays', { priority: 'Spot', evictionPolicy: 'Deallocate' })
  const { name, ask } = await aPrincipal(service, READER.name, service.subscription)
  await mayAlso(service, name, [EVICT], service.subscription)
  const { status, body } = await ask('POST', `${goes.id}/simulateEviction`)
  assert.deepEqual([status, body.error?.code], [403, 'AuthorizationFailed'])
  assert.match(body.error.message, /Microsoft\.Compute\/virtualMachines\/delete/)
  assert.equal((await ask('POST', `${stays.id}/simulateEviction`)).status, 204)
  assert.equal((await service.ask('GET', goes.id)).status, 200)
})
