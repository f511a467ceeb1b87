import assert from 'node:assert/strict'
import { test } from 'node:test'
import { READER } from '../../src/identity/role-definitions.ts'
import { aPrincipal, mayAlso } from '../a-principal.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm, KEY } from '../a-vm.ts'
import { aScaleSet } from './a-scale-set.ts'

const ALL = { resources: ['*'], options: 'IncludeParameterDefaultValue' }
const exported = (service: TestService, body: object = ALL, group = 'rg') =>
  service.ask(
    'POST',
    `${service.group(group).replace('resourceGroups', 'resourcegroups')}/exportTemplate`,
    body,
  )
const named = ({ template }: any, type: string) =>
  template.resources.find((one: any) => one.type.endsWith(type))

async function deployed(
  service: TestService,
  group: string,
  template: any,
  parameters: object = {},
) {
  await service.ask('PUT', service.group(group), { location: 'local' })
  const id = `${service.group(group)}/providers/Microsoft.Resources/deployments/again`
  const properties = { mode: 'Incremental', template, parameters }
  const put = await service.ask('PUT', id, { properties })
  assert.ok(put.status < 300, JSON.stringify(put.body))
  return service.over(put)
}

test('a group is exported as a template in Azure’s form, which makes the same in another group and changes nothing in its own', async (t) => {
  const service = await aService(t)
  const { id: vm } = await aVm(service)
  const at = `${service.group('rg')}/providers`
  const disk = `${at}/Microsoft.Compute/disks/data`
  const empty = { creationData: { createOption: 'Empty' }, diskSizeGB: 4 }
  await service.ask('PUT', disk, { location: 'local', properties: empty })
  const attach = { dataDisksToAttach: [{ diskId: disk, lun: 3 }] }
  await service.over(await service.ask('POST', `${vm}/attachDetachDataDisks`, attach))
  const tags = { note: "[parameters('x')]", other: "it's" }
  assert.equal((await service.ask('PATCH', vm, { tags })).status, 200)
  const { status, body } = await exported(service)
  assert.deepEqual([status, body.error], [200, undefined], JSON.stringify(body))
  const { template } = body
  assert.deepEqual(Object.keys(template), [
    ...['$schema', 'contentVersion', 'parameters', 'variables', 'resources'],
  ])
  assert.deepEqual(template.parameters.virtualMachines_web_name, {
    ...{ defaultValue: 'web', type: 'String' },
  })
  const shown = named(body, '/virtualMachines')
  assert.equal(shown.name, "[parameters('virtualMachines_web_name')]")
  assert.deepEqual(shown.dependsOn.sort(), [
    "[resourceId('Microsoft.Compute/disks', parameters('disks_data_name'))]",
    "[resourceId('Microsoft.Network/networkInterfaces', parameters('networkInterfaces_nic_web_name'))]",
  ])
  const { osDisk, dataDisks } = shown.properties.storageProfile
  assert.equal(osDisk.managedDisk.id, undefined)
  assert.deepEqual([dataDisks[0].lun, dataDisks[0].createOption], [3, 'Attach'])
  assert.equal(shown.properties.vmId, undefined)
  assert.equal(shown.properties.securityProfile.securityType, 'TrustedLaunch')
  assert.deepEqual(shown.tags, { note: "[[parameters('x')]", other: "it's" })
  const nic = named(body, '/networkInterfaces')
  const [{ properties }] = nic.properties.ipConfigurations
  assert.equal(properties.privateIPAddress, undefined)
  assert.equal(
    properties.subnet.id,
    "[resourceId('Microsoft.Network/virtualNetworks/subnets', parameters('virtualNetworks_net_name'), 'one')]",
  )
  const end = await deployed(service, 'other', template)
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const copy = (await service.ask('GET', vm.replace('/rg/', '/other/'))).body
  assert.deepEqual(copy.tags, tags)
  assert.equal(
    copy.properties.storageProfile.dataDisks[0].managedDisk.id,
    disk.replace('/rg/', '/other/'),
  )
  const again = await exported(service, ALL, 'other')
  assert.deepEqual(again.body, body)
  const count = async () =>
    (await service.ask('GET', `${service.group('rg')}/resources`)).body.value.length
  const before = await count()
  assert.equal((await deployed(service, 'rg', template)).status, 'Succeeded')
  assert.equal(await count(), before)
})

test('a password is a secure parameter, which no export tells; a public key stays', async (t) => {
  const service = await aService(t)
  const secret = 'Hidden-Pass-1234'
  const osProfile = { computerName: 'web', adminUsername: 'azureuser', adminPassword: secret }
  await aVm(service, 'web', { osProfile })
  await aVm(service, 'key')
  const { body } = await exported(service)
  assert.doesNotMatch(JSON.stringify(body), /Hidden-Pass/)
  const { parameters, resources } = body.template
  assert.deepEqual(parameters.virtualMachines_web_adminPassword, { type: 'SecureString' })
  assert.equal(parameters.virtualMachines_key_adminPassword, undefined)
  const [key, web] = resources
    .filter(({ type }: any) => type.endsWith('/virtualMachines'))
    .map((one: any) => one.properties.osProfile)
  assert.equal(web.adminPassword, "[parameters('virtualMachines_web_adminPassword')]")
  assert.ok(JSON.stringify(key).includes(KEY))
  const end = await deployed(service, 'other', body.template, {
    virtualMachines_web_adminPassword: { value: 'Another-Pass-1234' },
  })
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
})

test('a scale set is exported without its instances, and what cannot be is told in the error’s details', async (t) => {
  const service = await aService(t)
  const { id } = await aScaleSet(service, 2)
  const { id: vm } = await aVm(service)
  const [osDisk] = (
    await service.ask('GET', `${service.group('rg')}/providers/Microsoft.Compute/disks`)
  ).body.value
  const snapshot = `${service.group('rg')}/providers/Microsoft.Compute/snapshots/before`
  await service.over(
    await service.ask('PUT', snapshot, {
      location: 'local',
      properties: { creationData: { createOption: 'Copy', sourceResourceId: osDisk.id } },
    }),
  )
  const { body } = await exported(service)
  const types = body.template.resources.map(({ type }: any) => type.split('/').at(-1)).sort()
  assert.deepEqual(
    types,
    [
      ...['networkInterfaces', 'networkInterfaces', 'virtualMachineScaleSets'],
      ...['virtualMachines', 'virtualNetworks'],
    ].sort(),
  )
  assert.equal(body.error.code, 'ExportTemplateCompletedWithErrors')
  assert.deepEqual(body.error.details, [
    {
      code: 'ExportTemplateProviderError',
      target: snapshot,
      message: 'The resource was not exported: it is of a moment that is gone.',
    },
  ])
  const end = await deployed(service, 'other', body.template)
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const copy = (await service.ask('GET', id.replace('/rg/', '/other/'))).body
  assert.equal(copy.sku.capacity, 2)
  assert.equal((await service.ask('GET', vm.replace('/rg/', '/other/'))).status, 200)
})

test('options leave names, or all, as they are; one resource alone names the others by their ids; what is unknown is refused', async (t) => {
  const service = await aService(t)
  const { id: vm } = await aVm(service)
  const named = await exported(service, {
    resources: ['*'],
    options: 'SkipResourceNameParameterization,IncludeComments',
  })
  const nic = named.body.template.resources.find(({ type }: any) =>
    type.endsWith('/networkInterfaces'),
  )
  assert.equal(nic.name, 'nic-web')
  assert.match(nic.comments, /networkInterfaces\/nic-web/)
  assert.deepEqual(nic.dependsOn, ["[resourceId('Microsoft.Network/virtualNetworks', 'net')]"])
  const one = await exported(service, { resources: [vm], options: '' })
  assert.deepEqual(one.body.template.parameters, {
    virtualMachines_web_name: { type: 'String' },
    networkInterfaces_nic_web_externalid: { type: 'String' },
  })
  const whole = await exported(service, { resources: [vm], options: 'SkipAllParameterization' })
  assert.deepEqual(whole.body.template.parameters, {})
  const [{ properties }] = whole.body.template.resources
  assert.match(properties.networkProfile.networkInterfaces[0].id, /^\/subscriptions\/.*nic-web$/)
  for (const [body, status] of [
    [{ resources: ['*'], options: 'All' }, 400],
    [{ resources: ['*'], outputFormat: 'Bicep' }, 400],
    [{ resources: [`${vm}x`] }, 404],
    [{ resource: ['*'] }, 400],
  ] as const)
    assert.equal((await exported(service, body)).status, status, JSON.stringify(body))
  assert.equal((await exported(service, ALL, 'none')).body.error.code, 'ResourceGroupNotFound')
})

test('who may not see a resource gets a template without it, and who may not export none', async (t) => {
  const service = await aService(t)
  await aVm(service)
  const reader = await aPrincipal(service, READER.name, service.group('rg'))
  const path = `${service.group('rg')}/exportTemplate`
  assert.equal((await reader.ask('POST', path, ALL)).status, 403)
  await service.ask('PUT', service.group('other'), { location: 'local' })
  const some = await aPrincipal(service, READER.name, service.group('other'))
  const rights = [
    'Microsoft.Resources/subscriptions/resourceGroups/exportTemplate/action',
    'Microsoft.Network/*/read',
  ]
  await mayAlso(service, some.name, rights, service.group('rg'))
  const { body } = await some.ask('POST', path, ALL)
  assert.deepEqual(body.template.resources.map(({ type }: any) => type.split('/').at(-1)).sort(), [
    'networkInterfaces',
    'virtualNetworks',
  ])
  assert.match(body.error.details[0].message, /does not have authorization/)
})
