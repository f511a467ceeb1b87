import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aService, type TestService } from '../a-service.ts'
import { aNetwork, IMAGE, vmBody } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

/** A VM of one group, with an interface of its own there and a disk of another group. */
async function across(service: TestService, nic: string, deleteOption = 'Detach') {
  const disk = `${service.group('theirs')}/providers/Microsoft.Compute/disks/one`
  const empty = { creationData: { createOption: 'Empty' }, diskSizeGB: 4 }
  await service.ask('PUT', service.group('theirs'), { location: 'local' })
  await service.ask('PUT', disk, { location: 'local', properties: empty })
  const id = `${service.group('mine')}/providers/Microsoft.Compute/virtualMachines/web`
  const dataDisks = [{ lun: 0, createOption: 'Attach', managedDisk: { id: disk }, deleteOption }]
  const osDisk = { createOption: 'FromImage' }
  const storageProfile = { imageReference: IMAGE, osDisk, dataDisks }
  const put = await service.ask('PUT', id, vmBody(nic, { storageProfile }))
  assert.equal((await service.over(put)).status, 'Succeeded')
  return { id, disk }
}

const refusedFor = (group: string, ...identifiers: string[]) => ({
  code: 'ResourceGroupDeletionBlocked',
  message: `Deletion of resource group '${group}' failed as resources with identifiers '${identifiers.join(',')}' could not be deleted. The provisioning state of the resource group will be rolled back.`,
})

test('a group whose disk or interface a VM of another group has is not deleted, and nothing of it is', async (t) => {
  const service = await aService(t)
  await service.ask('PUT', service.group('mine'), { location: 'local' })
  const nic = await aNetwork(service, 'theirs')
  const { id, disk } = await across(service, nic)
  const { status, body } = await service.ask('DELETE', service.group('theirs'))
  const both = ['Microsoft.Compute/disks/one', 'Microsoft.Network/networkInterfaces/nic']
  assert.deepEqual([status, body.error], [409, refusedFor('theirs', ...both)])
  for (const one of [disk, nic]) assert.equal((await service.ask('GET', one)).status, 200)
  const group = (await service.ask('GET', service.group('theirs'))).body
  assert.equal(group.properties.provisioningState, 'Succeeded')
  await service.over(await service.ask('DELETE', id))
  const over = await service.over(await service.ask('DELETE', service.group('theirs')))
  assert.equal(over.status, 'Succeeded')
})

test('a group whose network an interface of another group is in is not deleted', async (t) => {
  const service = await aService(t)
  await aNetwork(service, 'theirs')
  await service.ask('PUT', service.group('mine'), { location: 'local' })
  const network = `${service.group('theirs')}/providers/Microsoft.Network/virtualNetworks/net`
  const nic = `${service.group('mine')}/providers/Microsoft.Network/networkInterfaces/x`
  const properties = { subnet: { id: `${network}/subnets/one` } }
  const ipConfigurations = [{ name: 'ip', properties }]
  const put = await service.ask('PUT', nic, { location: 'local', properties: { ipConfigurations } })
  assert.equal(put.status, 201, JSON.stringify(put.body))
  const { status, body } = await service.ask('DELETE', service.group('theirs'))
  const used = 'Microsoft.Network/virtualNetworks/net'
  assert.deepEqual([status, body.error], [409, refusedFor('theirs', used)])
  assert.equal((await service.ask('DELETE', nic)).status, 200)
  const over = await service.over(await service.ask('DELETE', service.group('theirs')))
  assert.equal(over.status, 'Succeeded')
})

test('the VMs of a deleted group free the disks of other groups, and take those that go with them', async (t) => {
  for (const deleteOption of ['Detach', 'Delete']) {
    const service = await aService(t)
    const { disk } = await across(service, await aNetwork(service, 'mine'), deleteOption)
    const lock = `${disk}/providers/Microsoft.Authorization/locks/keep`
    await service.ask('PUT', lock, { properties: { level: 'CanNotDelete' } })
    if (deleteOption === 'Delete') {
      const locked = await service.ask('DELETE', service.group('mine'))
      assert.deepEqual([locked.status, locked.body.error?.code], [409, 'ScopeLocked'])
      await service.ask('DELETE', lock)
    }
    const over = await service.over(await service.ask('DELETE', service.group('mine')))
    assert.equal(over.status, 'Succeeded')
    const { status, body } = await service.ask('GET', disk)
    assert.equal(status, deleteOption === 'Delete' ? 404 : 200)
    if (status === 200) assert.equal(body.managedBy ?? null, null)
  }
})

test('a group goes whose disk’s deletion is in course: after that, whole, and nothing is deleted that has its names by then', async (t) => {
  const word = Promise.withResolvers<void>()
  const before = (deed: string) => (deed === 'deleteDisk' ? word.promise : undefined)
  const service = await aService(t, new ScriptedHost({ before }))
  const group = service.group('rg')
  const disk = `${group}/providers/Microsoft.Compute/disks/one`
  const empty = { creationData: { createOption: 'Empty' }, diskSizeGB: 4 }
  const made = async () => {
    await service.ask('PUT', group, { location: 'local' })
    assert.equal(
      (await service.ask('PUT', disk, { location: 'local', properties: empty })).status,
      200,
    )
  }
  await made()
  const gone = [await service.ask('DELETE', disk), await service.ask('DELETE', group)]
  assert.deepEqual(
    gone.map(({ status }) => status),
    [202, 202],
  )
  const meanwhile = await service.ask('PUT', disk, { location: 'local', properties: empty })
  assert.equal(meanwhile.status, 409)
  for (const verb of ['PUT', 'PATCH']) {
    const again = await service.ask(verb, group, { location: 'local', tags: { made: 'anew' } })
    assert.deepEqual([again.status, again.body.error?.code], [409, 'ResourceGroupBeingDeleted'])
  }
  word.resolve()
  for (const one of gone) assert.equal((await service.over(one)).status, 'Succeeded')
  assert.equal((await service.ask('GET', group)).status, 404)
  await made()
  assert.equal((await service.ask('GET', disk)).status, 200)
})

test('a group is made at no other location than the one that is served, and does not leave it', async (t) => {
  const service = await aService(t, new ScriptedHost(), { location: 'westeurope' })
  const refused = async (verb: string, name: string) => {
    const answer = await service.ask(verb, service.group(name), { location: 'mars', tags: {} })
    assert.deepEqual(
      [answer.status, answer.body.error],
      [
        400,
        {
          code: 'LocationNotAvailableForResourceGroup',
          message:
            "The provided location 'mars' is not available for resource group. List of available regions is 'westeurope'.",
          target: 'location',
        },
      ],
    )
  }
  await refused('PUT', 'one')
  assert.equal((await service.ask('GET', service.group('one'))).status, 404)
  const none = await service.ask('PUT', service.group('one'), { tags: {} })
  assert.equal(none.body.error?.code, 'LocationRequired')
  const here = { location: 'West Europe', tags: { a: 'b' } }
  for (const status of [201, 200])
    assert.equal((await service.ask('PUT', service.group('one'), here)).status, status)
  for (const verb of ['PUT', 'PATCH']) await refused(verb, 'one')
  assert.deepEqual((await service.ask('GET', service.group('one'))).body.tags, { a: 'b' })
})
