/** Azure's own client of deployments, unmodified. Given: the path of admin.json. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ComputeManagementClient } from '@azure/arm-compute'
import { DeploymentsClient } from '@azure/arm-resourcesdeployments'
import { ClientSecretCredential } from '@azure/identity'

const { endpoint, authorityHost, tenantId, clientId, clientSecret, subscriptionId, location } =
  JSON.parse(readFileSync(process.argv[2]!, 'utf8'))
const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
  authorityHost,
  disableInstanceDiscovery: true,
})
const { deployments, deploymentOperations } = new DeploymentsClient(credential, subscriptionId, {
  endpoint,
})
const compute = new ComputeManagementClient(credential, subscriptionId, { endpoint })
const template = JSON.parse(
  readFileSync(join(import.meta.dirname, 'trusted-launch-vm.json'), 'utf8'),
)
const { token } = await credential.getToken('https://management.azure.com/.default')
const group = `${endpoint}/subscriptions/${subscriptionId}/resourceGroups/rg?api-version=2021-04-01`
const made = await fetch(group, {
  method: 'PUT',
  headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  body: JSON.stringify({ location }),
})
assert.equal(made.status, 201)

const secret = 'Hidden-Pass-1234'
const parameters = { adminUsername: { value: 'azureuser' }, passwordOrKey: { value: secret } }
const properties = { mode: 'Incremental' as const, template, parameters }
const valid = await deployments.validate('rg', 'vm', { properties })
assert.equal(valid.properties?.validatedResources?.length, 6)
const would = await deployments.whatIf('rg', 'vm', { properties })
assert.deepEqual(new Set(would.changes?.map(({ changeType }) => changeType)), new Set(['Create']))

const end = await deployments.createOrUpdate('rg', 'vm', { properties })
assert.equal(end.properties?.provisioningState, 'Succeeded')
assert.match(end.properties.outputs?.ssh?.value, /^ssh azureuser@tvm-[a-z2-7]{13}\.local\.invalid$/)
assert.deepEqual(end.properties.parameters?.passwordOrKey, { type: 'SecureString' })
assert.ok(!JSON.stringify(end).includes(secret))
const vm = await compute.virtualMachines.get('rg', 'tvm')
assert.equal(vm.securityProfile?.uefiSettings?.vTpmEnabled, true)
const extension = await compute.virtualMachineExtensions.get('rg', 'tvm', 'GuestAttestation')
assert.equal(extension.provisioningState, 'Succeeded')

const operations = []
for await (const one of deploymentOperations.list('rg', 'vm')) operations.push(one)
assert.equal(operations.length, 6)
const [first] = operations
const one = await deploymentOperations.get('rg', 'vm', first!.operationId!)
assert.equal(one.properties?.provisioningState, 'Succeeded')
const all = []
for await (const each of deployments.listByResourceGroup('rg')) all.push(each.name)
assert.deepEqual(all, ['vm'])

const wrong = { ...properties, parameters: { ...parameters, authentication: { value: 'none' } } }
await assert.rejects(deployments.createOrUpdate('rg', 'wrong', { properties: wrong }), {
  code: 'InvalidTemplate',
})
await deployments.delete('rg', 'vm')
await assert.rejects(deployments.get('rg', 'vm'), { code: 'DeploymentNotFound' })
