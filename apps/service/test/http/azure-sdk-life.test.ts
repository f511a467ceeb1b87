import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { ComputeManagementClient } from '@azure/arm-compute'
import { ResourceManagementClient } from '@azure/arm-resources'
import { aService } from '../a-service.ts'
import { aVm, KEY } from '../a-vm.ts'

/** Azure's own client, unmodified, of a service with a VM; every disk of it is told of in `disks`. */
async function aClient(t: TestContext) {
  const service = await aService(t)
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, service.ca])
  t.after(() => setDefaultCACertificates(before))
  const credential = {
    getToken: async () => ({ token: await service.token(), expiresOnTimestamp: Date.now() + 6e5 }),
  }
  const { subscriptionId } = service.service.administrator
  const { endpoint } = service.service
  const compute = new ComputeManagementClient(credential, subscriptionId, { endpoint })
  const { end } = await aVm(service, 'web', { priority: 'Spot', evictionPolicy: 'Deallocate' })
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const resources = new ResourceManagementClient(credential, subscriptionId, { endpoint })
  const { virtualMachines: vms, disks } = compute
  return { service, vms, disks, resources, at: ['rg', 'web'] as const }
}

test('a VM read by Azure’s client has what Azure’s has: ids, times, disks, exact versions, statuses', async (t) => {
  const { vms, at } = await aClient(t)
  const vm = await vms.get(...at, { expand: 'instanceView' })
  assert.match(vm.vmId!, /^[0-9a-f-]{36}$/)
  assert.ok(vm.timeCreated instanceof Date && Math.abs(Date.now() - +vm.timeCreated) < 60_000)
  assert.match(vm.storageProfile!.imageReference!.exactVersion!, /^\d{4}\.\d\d\.\d\d$/)
  const { osDisk } = vm.storageProfile!
  assert.deepEqual(
    [osDisk!.osType, osDisk!.caching, osDisk!.deleteOption, osDisk!.diskSizeGB],
    ['Linux', 'ReadWrite', 'Detach', 1],
  )
  assert.equal(osDisk!.managedDisk!.storageAccountType, 'Premium_LRS')
  assert.equal(vm.osProfile!.linuxConfiguration!.ssh!.publicKeys![0]!.keyData, KEY)
  assert.ok((vm.etag ?? '').length > 0)
  const { hyperVGeneration, computerName, disks, statuses } = vm.instanceView!
  assert.deepEqual([hyperVGeneration, computerName], ['V2', 'web'])
  assert.deepEqual(
    disks!.map(({ name }) => name),
    [osDisk!.name],
  )
  assert.ok(statuses!.every(({ time }) => time instanceof Date))
})

test('the life of a VM by Azure’s client: each action comes to its end, and what is so then is told', async (t) => {
  const { vms, at } = await aClient(t)
  const power = async () => {
    const { statuses } = await vms.instanceView(...at)
    return statuses!.find(({ code }) => code!.startsWith('PowerState/'))!.code!.split('/')[1]
  }
  await vms.restart(...at)
  await vms.redeploy(...at)
  await vms.reapply(...at)
  await vms.reimage(...at)
  assert.equal(await power(), 'running')
  await vms.powerOff(...at, { skipShutdown: true })
  assert.equal(await power(), 'stopped')
  await vms.start(...at)
  await vms.simulateEviction(...at)
  for (let tries = 0; (await power()) !== 'deallocated' && tries < 50; tries++)
    await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(await power(), 'deallocated')
  await assert.rejects(vms.deallocate(...at, { hibernate: true }), { code: 'OperationNotAllowed' })
  await vms.generalize(...at)
  const { statuses } = await vms.instanceView(...at)
  assert.ok(statuses!.some(({ code }) => code === 'OSState/generalized'))
  await assert.rejects(Promise.resolve(vms.start(...at)), /since the VM is generalized/)
  const sizes = vms.listAvailableSizes(...at)
  assert.match((await sizes.next()).value.name, /^(?:Standard|Basic)_/)
  await vms.delete(...at)
  await assert.rejects(vms.get(...at), { code: 'ResourceNotFound', statusCode: 404 })
  await vms.delete(...at)
})

test('whether a group or a VM is there is asked by HEAD as Azure’s clients do', async (t) => {
  const { service, resources } = await aClient(t)
  const id = `${service.group('rg').slice(1)}/providers/Microsoft.Compute/virtualMachines/web`
  for (const name of ['rg', 'nothere']) {
    const { body } = await resources.resourceGroups.checkExistence(name)
    assert.equal(body, name === 'rg')
  }
  for (const one of [id, `${id}x`]) {
    const { body } = await resources.resources.checkExistenceById(one, '2026-04-01')
    assert.equal(body, one === id)
  }
})

test('a power-off leaves a deallocated VM deallocated', async (t) => {
  const { vms, at } = await aClient(t)
  await vms.deallocate(...at)
  await vms.powerOff(...at)
  const { statuses } = await vms.instanceView(...at)
  assert.ok(statuses!.some(({ code }) => code === 'PowerState/deallocated'))
})

test('a disk says which VM has it, until none has', async (t) => {
  const { vms, disks, at } = await aClient(t)
  const { id, storageProfile } = await vms.get(...at)
  const { name } = storageProfile!.osDisk!
  assert.equal((await disks.get('rg', name!)).managedBy, id)
  for await (const one of disks.list()) assert.equal(one.managedBy, id)
  await vms.delete(...at)
  assert.equal((await disks.get('rg', name!)).managedBy, undefined)
})

test('an OS disk smaller than its image is refused in Azure’s words', async (t) => {
  const service = await aService(t)
  const imageReference = { publisher: 'trusted-launch', offer: 'debian-12', sku: 'gen2' }
  const osDisk = { createOption: 'FromImage', diskSizeGB: 1 }
  const { put } = await aVm(service, 'web', { storageProfile: { imageReference, osDisk } })
  assert.equal(
    put.body.error.message,
    'Disk with size 1GB, which is smaller than the size 2GB of corresponding disk in Image, is not allowed.',
  )
})
