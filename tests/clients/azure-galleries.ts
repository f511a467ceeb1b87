/** Azure's own client of galleries, unmodified. Given: the path of admin.json, a group with an image `mine`, and an interface. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { ComputeManagementClient } from '@azure/arm-compute'
import { ClientSecretCredential } from '@azure/identity'

const [, , adminFile, group, nic] = process.argv as [string, string, string, string, string]
const { endpoint, authorityHost, tenantId, clientId, clientSecret, subscriptionId, location } =
  JSON.parse(readFileSync(adminFile, 'utf8'))
const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
  authorityHost,
  disableInstanceDiscovery: true,
})
const compute = new ComputeManagementClient(credential, subscriptionId, { endpoint })
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me'

const gallery = await compute.galleries.createOrUpdate(group, 'ours', { location })
assert.equal(gallery.provisioningState, 'Succeeded')
const definition = await compute.galleryImages.createOrUpdate(group, 'ours', 'web', {
  ...{ location, osType: 'Linux', osState: 'Generalized', hyperVGeneration: 'V2' },
  identifier: { publisher: 'me', offer: 'web', sku: 'gen2' },
  features: [{ name: 'SecurityType', value: 'TrustedLaunch' }],
})
assert.equal(definition.architecture, 'x64')
const image = await compute.images.get(group, 'mine')
const version = await compute.galleryImageVersions.createOrUpdate(group, 'ours', 'web', '1.0.0', {
  location,
  storageProfile: { source: { id: image.id! } },
})
assert.equal(version.provisioningState, 'Succeeded')
const told = await compute.galleryImageVersions.get(group, 'ours', 'web', '1.0.0', {
  expand: 'ReplicationStatus',
})
assert.equal(told.replicationStatus?.aggregatedState, 'Completed')
const body = {
  location,
  hardwareProfile: { vmSize: 'Standard_B1s' },
  storageProfile: {
    imageReference: { id: definition.id! },
    osDisk: { createOption: 'FromImage' as const },
  },
  osProfile: {
    computerName: 'web',
    adminUsername: 'azureuser',
    linuxConfiguration: {
      disablePasswordAuthentication: true,
      ssh: { publicKeys: [{ path: '/home/azureuser/.ssh/authorized_keys', keyData: key }] },
    },
  },
  networkProfile: { networkInterfaces: [{ id: nic, primary: true }] },
}
const refused = compute.virtualMachines.createOrUpdate(group, 'web', {
  ...body,
  securityProfile: { securityType: 'Standard' },
})
await assert.rejects(
  refused,
  /only supports creation of VMs and VM Scale Sets with 'TrustedLaunch'/,
)
const vm = await compute.virtualMachines.createOrUpdate(group, 'web', body)
assert.equal(vm.securityProfile?.securityType, 'TrustedLaunch')
assert.equal(vm.storageProfile?.imageReference?.exactVersion, '1.0.0')
const used = compute.galleryImageVersions.delete(group, 'ours', 'web', '1.0.0')
await assert.rejects(used, { code: 'OperationNotAllowed' })
const changed = await compute.galleryImageVersions.update(group, 'ours', 'web', '1.0.0', {
  publishingProfile: { excludeFromLatest: true },
})
assert.equal(changed.publishingProfile?.excludeFromLatest, true)
await compute.virtualMachines.delete(group, 'web')
await compute.galleryImageVersions.delete(group, 'ours', 'web', '1.0.0')
assert.deepEqual(
  await names(compute.galleryImageVersions.listByGalleryImage(group, 'ours', 'web')),
  [],
)
assert.deepEqual(await names(compute.galleryImages.listByGallery(group, 'ours')), ['web'])
await compute.galleryImages.delete(group, 'ours', 'web')
assert.deepEqual(await names(compute.galleries.list()), ['ours'])
await compute.galleries.delete(group, 'ours')

async function names(list: AsyncIterable<{ name?: string }>): Promise<(string | undefined)[]> {
  const all: (string | undefined)[] = []
  for await (const { name } of list) all.push(name)
  return all
}
