import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { ComputeManagementClient } from '@azure/arm-compute'
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
  return { service, vms: compute.virtualMachines, at: ['rg', 'web'] as const }
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

test('whether a VM is there is asked by HEAD as Azure’s clients do', async (t) => {
  const { service } = await aClient(t)
  const id = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/web`
  const there = await service.ask('HEAD', id)
  assert.ok([200, 204].includes(there.status), String(there.status))
  assert.equal((await service.ask('HEAD', `${id}x`)).status, 404)
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
