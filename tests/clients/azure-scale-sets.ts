/** Azure's own client of scale sets, unmodified. Given: the path of admin.json, a group, and a network in it with a subnet `one`. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { ComputeManagementClient, type VirtualMachineScaleSet } from '@azure/arm-compute'
import { ClientSecretCredential } from '@azure/identity'

const [, , adminFile, group, network] = process.argv as [string, string, string, string, string]
const { endpoint, authorityHost, tenantId, clientId, clientSecret, subscriptionId, location } =
  JSON.parse(readFileSync(adminFile, 'utf8'))
const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
  authorityHost,
  disableInstanceDiscovery: true,
})
const compute = new ComputeManagementClient(credential, subscriptionId, { endpoint })
const sets = compute.virtualMachineScaleSets
const instances = compute.virtualMachineScaleSetVMs
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me'
const subnet = `/subscriptions/${subscriptionId}/resourceGroups/${group}/providers/Microsoft.Network/virtualNetworks/${network}/subnets/one`

const wanted: VirtualMachineScaleSet = {
  location,
  sku: { name: 'Standard_B1s', tier: 'Standard', capacity: 2 },
  upgradePolicy: { mode: 'Manual' },
  virtualMachineProfile: {
    storageProfile: {
      imageReference: {
        publisher: 'trusted-launch',
        offer: 'small',
        sku: 'gen2',
        version: 'latest',
      },
    },
    osProfile: {
      computerNamePrefix: 'web',
      adminUsername: 'azureuser',
      linuxConfiguration: {
        disablePasswordAuthentication: true,
        ssh: { publicKeys: [{ path: '/home/azureuser/.ssh/authorized_keys', keyData: key }] },
      },
    },
    networkProfile: {
      networkInterfaceConfigurations: [
        { name: 'nic', primary: true, ipConfigurations: [{ name: 'ip', subnet: { id: subnet } }] },
      ],
    },
    extensionProfile: {
      extensions: [
        {
          name: 'GuestAttestation',
          publisher: 'Microsoft.Azure.Security.LinuxAttestation',
          typePropertiesType: 'GuestAttestation',
          typeHandlerVersion: '1.0',
        },
      ],
    },
  },
}

const set = await sets.createOrUpdate(group, 'web', wanted)
assert.equal(set.virtualMachineProfile?.securityProfile?.securityType, 'TrustedLaunch')
assert.deepEqual(await ids(), ['0', '1'])
const scaled = await sets.update(group, 'web', { sku: { name: 'Standard_B1s', capacity: 3 } })
assert.equal(scaled.sku?.capacity, 3)
await sets.update(group, 'web', { sku: { name: 'Standard_B2s', capacity: 3 } })
await sets.updateInstances(group, 'web', { instanceIds: ['0'] })
assert.deepEqual(
  (await gathered(instances.list(group, 'web'))).map(
    ({ latestModelApplied }) => latestModelApplied,
  ),
  [true, false, false],
)
await compute.virtualMachineScaleSetRollingUpgrades.startOSUpgrade(group, 'web')
const latest = await compute.virtualMachineScaleSetRollingUpgrades.getLatest(group, 'web')
assert.equal(latest.progress?.successfulInstanceCount, 3)
const view = await sets.getInstanceView(group, 'web')
assert.ok(
  view.virtualMachine?.statusesSummary?.some(
    ({ code, count }) => code === 'PowerState/running' && count === 3,
  ),
)
await instances.powerOff(group, 'web', '1')
assert.equal(
  (await instances.getInstanceView(group, 'web', '1')).statuses?.[1]?.code,
  'PowerState/stopped',
)
await sets.start(group, 'web')
await sets.deleteInstances(group, 'web', { instanceIds: ['2'] })
assert.deepEqual(await ids(), ['0', '1'])
assert.equal((await gathered(sets.listSkus(group, 'web'))).length, 1)
assert.deepEqual(
  (await gathered(sets.listAll())).map(({ name }) => name),
  ['web'],
)
assert.deepEqual(
  (await gathered(sets.listByLocation(location))).map(({ name }) => name),
  ['web'],
)
assert.deepEqual(
  (await gathered(compute.virtualMachineScaleSetExtensions.list(group, 'web'))).map(
    ({ name }) => name,
  ),
  ['GuestAttestation'],
)
await assert.rejects(sets.start(group, 'web', { vmInstanceIDs: { instanceIds: ['9'] } }), {
  code: 'InvalidParameter',
})
await sets.delete(group, 'web')
assert.deepEqual(await gathered(sets.list(group)), [])

async function ids() {
  return (await gathered(instances.list(group, 'web'))).map(({ instanceId }) => instanceId)
}

async function gathered<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of list) all.push(one)
  return all
}
