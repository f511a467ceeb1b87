/** Azure's own client of snapshots and restore points, unmodified. Given: the path of admin.json, a group, a VM's name. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { ComputeManagementClient } from '@azure/arm-compute'
import { ClientSecretCredential } from '@azure/identity'

const [, , adminFile, group, vmName] = process.argv as [string, string, string, string, string]
const { endpoint, authorityHost, tenantId, clientId, clientSecret, subscriptionId, location } =
  JSON.parse(readFileSync(adminFile, 'utf8'))
const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
  authorityHost,
  disableInstanceDiscovery: true,
})
const compute = new ComputeManagementClient(credential, subscriptionId, { endpoint })
const names = async (list: AsyncIterable<{ name?: string }>) => {
  const found: string[] = []
  for await (const { name = '' } of list) found.push(name)
  return found
}

const vm = await compute.virtualMachines.get(group, vmName)
const diskId = vm.storageProfile!.osDisk!.managedDisk!.id!
const snapshot = await compute.snapshots.createOrUpdate(group, 'one', {
  ...{ location, incremental: true },
  creationData: { createOption: 'Copy', sourceResourceId: diskId },
})
assert.deepEqual(
  [snapshot.provisioningState, snapshot.securityProfile?.securityType, snapshot.completionPercent],
  ['Succeeded', 'TrustedLaunch', 100],
)
const tagged = await compute.snapshots.update(group, 'one', { tags: { for: 'me' } })
assert.deepEqual(tagged.tags, { for: 'me' })
assert.deepEqual(await names(compute.snapshots.listByResourceGroup(group)), ['one'])
assert.deepEqual(await names(compute.snapshots.list()), ['one'])
const disk = await compute.disks.createOrUpdate(group, 'of-one', {
  location,
  creationData: { createOption: 'Copy', sourceResourceId: snapshot.id! },
})
assert.equal(disk.osType, 'Linux')

const read = { access: 'Read', durationInSeconds: 600 }
const guestState = { ...read, getSecureVMGuestStateSAS: true }
const uris = await compute.disks.grantAccess(group, diskId.split('/').at(-1)!, guestState)
assert.ok(uris.securityDataAccessSAS?.startsWith(endpoint))
const bytes = await (await fetch(uris.accessSAS!)).arrayBuffer()
assert.ok(bytes.byteLength > 0)
await compute.disks.revokeAccess(group, diskId.split('/').at(-1)!)
assert.equal((await fetch(uris.accessSAS!)).status, 403)
const sent = await compute.disks.createOrUpdate(group, 'sent', {
  location,
  creationData: { createOption: 'Upload', uploadSizeBytes: bytes.byteLength },
})
assert.deepEqual([sent.provisioningState, sent.diskState], ['Succeeded', 'ReadyToUpload'])
const to = await compute.disks.grantAccess(group, 'sent', { ...read, access: 'Write' })
const put = await fetch(`${to.accessSAS}&comp=page`, {
  ...{ method: 'PUT', body: bytes },
  headers: {
    ...{ 'content-type': 'application/octet-stream', 'x-ms-page-write': 'update' },
    'x-ms-range': `bytes=0-${bytes.byteLength - 1}`,
  },
})
assert.equal(put.status, 201)
await compute.disks.revokeAccess(group, 'sent')
assert.equal((await compute.disks.get(group, 'sent')).diskState, 'Unattached')
const ofSnapshot = await compute.snapshots.grantAccess(group, 'one', read)
assert.equal((await fetch(ofSnapshot.accessSAS!)).status, 200)
await compute.snapshots.revokeAccess(group, 'one')

const collection = await compute.restorePointCollections.createOrUpdate(group, 'points', {
  location,
  source: { id: vm.id! },
})
assert.equal(collection.source?.location, location)
const point = await compute.restorePoints.create(group, 'points', 'first', {})
assert.deepEqual(
  [point.provisioningState, point.consistencyMode, point.sourceMetadata?.vmId],
  ['Succeeded', 'CrashConsistent', vm.vmId],
)
const told = await compute.restorePoints.get(group, 'points', 'first', { expand: 'instanceView' })
assert.equal(told.instanceView?.diskRestorePoints?.length, 1)
const own = point.sourceMetadata!.storageProfile!.osDisk!
const diskName = own.diskRestorePoint!.id!.split('/').at(-1)!
const diskPoint = await compute.diskRestorePoint.get(group, 'points', 'first', diskName)
assert.deepEqual(
  [diskPoint.sourceResourceId, diskPoint.completionPercent],
  [own.managedDisk?.id, 100],
)
assert.deepEqual(
  await names(compute.diskRestorePoint.listByRestorePoint(group, 'points', 'first')),
  [diskName],
)
const ofPoint = await compute.diskRestorePoint.grantAccess(group, 'points', 'first', diskName, read)
const vhd = Buffer.from(await (await fetch(ofPoint.accessSAS!)).arrayBuffer())
// As Azure's clients know it: a fixed VHD.
assert.equal(vhd.subarray(-512).subarray(0, 8).toString(), 'conectix')
await compute.diskRestorePoint.revokeAccess(group, 'points', 'first', diskName)
assert.equal((await fetch(ofPoint.accessSAS!)).status, 403)
const whole = await compute.restorePointCollections.get(group, 'points', {
  expand: 'restorePoints',
})
assert.deepEqual(
  whole.restorePoints?.map(({ name }) => name),
  ['first'],
)
const restored = await compute.disks.createOrUpdate(group, 'of-point', {
  location,
  creationData: {
    createOption: 'Restore',
    sourceResourceId: point.sourceMetadata!.storageProfile!.osDisk!.diskRestorePoint!.id!,
  },
})
assert.equal(restored.securityProfile?.securityType, 'TrustedLaunch')
await compute.restorePoints.delete(group, 'points', 'first')
assert.deepEqual(await names(compute.restorePointCollections.list(group)), ['points'])
await compute.restorePointCollections.delete(group, 'points')
await compute.snapshots.delete(group, 'one')
assert.deepEqual(await names(compute.snapshots.list()), [])
await assert.rejects(compute.snapshots.get(group, 'one'), { code: 'ResourceNotFound' })
