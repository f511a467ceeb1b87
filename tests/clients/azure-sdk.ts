/** Azure's own clients, unmodified, from the first network interface to the VM's end. Given: the path of admin.json. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { ComputeManagementClient } from '@azure/arm-compute'
import { NetworkManagementClient } from '@azure/arm-network'
import { ClientSecretCredential } from '@azure/identity'

const admin = JSON.parse(readFileSync(process.argv[2]!, 'utf8'))
const { endpoint, authorityHost, tenantId, clientId, clientSecret, subscriptionId, location } =
  admin
const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
  authorityHost,
  disableInstanceDiscovery: true,
})
const compute = new ComputeManagementClient(credential, subscriptionId, { endpoint })
const network = new NetworkManagementClient(credential, subscriptionId, { endpoint })
const group = `${endpoint}/subscriptions/${subscriptionId}/resourceGroups/quickstart`
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me'
const started = Date.now()

await rest('PUT', '', { location })
await network.virtualNetworks.createOrUpdate('quickstart', 'net', {
  location,
  addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
  subnets: [{ name: 'one', addressPrefix: '10.0.0.0/24' }],
})
const subnet = await network.subnets.get('quickstart', 'net', 'one')
const nic = await network.networkInterfaces.createOrUpdate('quickstart', 'nic', {
  location,
  ipConfigurations: [{ name: 'ip', subnet: { id: subnet.id! } }],
})
told('a network, a subnet and an interface')

const vm = await compute.virtualMachines.createOrUpdate('quickstart', 'web', {
  location,
  hardwareProfile: { vmSize: 'Standard_B1s' },
  storageProfile: {
    imageReference: { publisher: 'trusted-launch', offer: 'small', sku: 'gen2', version: 'latest' },
    osDisk: { createOption: 'FromImage' },
    dataDisks: [{ lun: 0, createOption: 'Empty', diskSizeGB: 1, deleteOption: 'Delete' }],
  },
  osProfile: {
    computerName: 'web',
    adminUsername: 'azureuser',
    linuxConfiguration: {
      disablePasswordAuthentication: true,
      ssh: { publicKeys: [{ path: '/home/azureuser/.ssh/authorized_keys', keyData: key }] },
    },
  },
  networkProfile: { networkInterfaces: [{ id: nic.id!, primary: true }] },
})
assert.equal(vm.provisioningState, 'Succeeded')
assert.equal(vm.securityProfile?.securityType, 'TrustedLaunch')
assert.equal(vm.securityProfile?.uefiSettings?.secureBootEnabled, true)
assert.equal(vm.securityProfile?.uefiSettings?.vTpmEnabled, true)
told('a VM, Trusted Launch by default')

const view = await compute.virtualMachines.instanceView('quickstart', 'web')
assert.ok(view.statuses?.some(({ code }) => code === 'PowerState/running'))
assert.ok(view.vmAgent !== undefined, 'its agent answered')

await compute.virtualMachineExtensions.createOrUpdate('quickstart', 'web', 'GuestAttestation', {
  location,
  publisher: 'Microsoft.Azure.Security.LinuxAttestation',
  typePropertiesType: 'GuestAttestation',
  typeHandlerVersion: '1.0',
  autoUpgradeMinorVersion: true,
})
assert.equal((await assessment()).code, 'Healthy')
told('the extension, and the assessment is Healthy')

const log = await compute.virtualMachines.retrieveBootDiagnosticsData('quickstart', 'web')
assert.match(await (await fetch(log.serialConsoleLogBlobUri!)).text(), /Linux version/)
told('its serial log, by a signed URI')

await compute.virtualMachines.update('quickstart', 'web', { storageProfile: { dataDisks: [] } })
await compute.virtualMachines.update('quickstart', 'web', {
  storageProfile: { dataDisks: [{ lun: 1, createOption: 'Empty', name: 'more', diskSizeGB: 2 }] },
})
const more = await compute.disks.get('quickstart', 'more')
assert.equal(more.diskState, 'Attached')
const profile = await compute.virtualMachines.attachDetachDataDisks('quickstart', 'web', {
  dataDisksToDetach: [{ diskId: more.id! }],
})
assert.deepEqual(profile.dataDisks, [])
told('data disks detached and attached while it runs')

await compute.virtualMachines.deallocate('quickstart', 'web')
await compute.virtualMachines.update('quickstart', 'web', {
  securityProfile: { uefiSettings: { secureBootEnabled: false } },
})
await compute.virtualMachines.start('quickstart', 'web')
const { code } = await assessment()
assert.equal(code, 'Unhealthy')
told('deallocated, Secure Boot off, started: the assessment is Unhealthy')

await compute.virtualMachines.deallocate('quickstart', 'web')
await compute.virtualMachines.update('quickstart', 'web', {
  securityProfile: { uefiSettings: { secureBootEnabled: true } },
})
await compute.virtualMachines.start('quickstart', 'web')
assert.equal((await assessment()).code, 'Healthy')
told('and on again: the assessment is Healthy')

await assert.rejects(
  compute.virtualMachines.createOrUpdate('quickstart', 'old', {
    ...vm,
    hardwareProfile: { vmSize: 'Standard_A1_v2' },
    securityProfile: { securityType: 'TrustedLaunch' },
  }),
  /The VM size 'Standard_A1_v2' is not supported for creation of VMs and Virtual Machine Scale Set with 'TrustedLaunch' security type/,
)
await compute.virtualMachines.delete('quickstart', 'web')
await assert.rejects(
  compute.virtualMachines.get('quickstart', 'web'),
  (error: any) => error.code === 'ResourceNotFound',
)
told("a size that cannot is refused in Azure's words; the VM is removed")

async function assessment(): Promise<{ code: string }> {
  const name = 'b7604066-ed76-45f9-a5c1-c97e4812dc55'
  const found = await rest(
    'GET',
    `/providers/Microsoft.Compute/virtualMachines/web/providers/Microsoft.Security/assessments/${name}`,
  )
  return found.properties.status
}

async function rest(method: string, path: string, body?: object): Promise<any> {
  const { token } = (await credential.getToken('https://management.azure.com/.default'))!
  const answer = await fetch(`${group}${path}?api-version=2021-06-01`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`)
  return answer.json()
}

function told(what: string): void {
  process.stdout.write(`${Math.round((Date.now() - started) / 1000)} s: ${what}\n`)
}
