/** Azure's own client of images and disks, unmodified. Given: the path of admin.json, a group with an upload `one`, and an interface. */
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

const osDisk = { osType: 'Linux', osState: 'Generalized', blobUri: 'upload:one' } as const
const image = await compute.images.createOrUpdate(group, 'mine', {
  location,
  hyperVGeneration: 'V2',
  storageProfile: { osDisk },
})
assert.equal(image.provisioningState, 'Succeeded')
assert.equal(image.storageProfile?.osDisk?.diskSizeGB, 1)
assert.deepEqual(
  (await gathered(compute.images.list())).map(({ name }) => name),
  ['mine'],
)
const vm = await compute.virtualMachines.createOrUpdate(group, 'web', {
  location,
  hardwareProfile: { vmSize: 'Standard_B1s' },
  storageProfile: { imageReference: { id: image.id! }, osDisk: { createOption: 'FromImage' } },
  osProfile: {
    computerName: 'web',
    adminUsername: 'azureuser',
    linuxConfiguration: {
      disablePasswordAuthentication: true,
      ssh: { publicKeys: [{ path: '/home/azureuser/.ssh/authorized_keys', keyData: key }] },
    },
  },
  networkProfile: { networkInterfaces: [{ id: nic, primary: true }] },
})
assert.equal(vm.securityProfile?.securityType, 'TrustedLaunch')
await assert.rejects(compute.images.delete(group, 'mine'), { code: 'OperationNotAllowed' })

const disk = await compute.disks.createOrUpdate(group, 'source', {
  location,
  creationData: { createOption: 'Empty' },
  diskSizeGB: 4,
})
const copy = await compute.disks.createOrUpdate(group, 'copy', {
  location,
  creationData: { createOption: 'Copy', sourceResourceId: disk.id! },
})
assert.equal(copy.diskSizeGB, 4)
const refused = compute.disks.createOrUpdate(group, 'x', {
  location,
  creationData: { createOption: 'Upload' },
})
await assert.rejects(refused, { code: 'InvalidParameter' })
await compute.virtualMachines.delete(group, 'web')
await compute.images.delete(group, 'mine')

async function gathered<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of list) all.push(one)
  return all
}
