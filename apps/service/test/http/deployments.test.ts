import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { deploy, deploymentId, networkResources, template, vmResource } from '../a-deployment.ts'
import { aService } from '../a-service.ts'

test('a template makes its resources one after the other, and tells of each and what it gives', async (t) => {
  const service = await aService(t)
  const put = await deploy(
    service,
    'first',
    {
      parameters: { vmName: { type: 'string' }, password: { type: 'secureString' } },
      resources: [
        vmResource("[parameters('vmName')]", 'nic', {
          osProfile: {
            ...{ computerName: 'web', adminUsername: 'azureuser' },
            adminPassword: "[parameters('password')]",
          },
        }),
        ...networkResources(),
      ],
      outputs: {
        size: {
          type: 'string',
          value:
            "[reference(resourceId('Microsoft.Compute/virtualMachines', parameters('vmName'))).hardwareProfile.vmSize]",
        },
        where: { type: 'string', value: "[reference('nic', '2023-09-01', 'Full').location]" },
      },
    },
    { parameters: { vmName: { value: 'web' }, password: { value: 'Hidden-Pass-1234' } } },
  )
  assert.deepEqual(
    [put.status, put.body.properties?.provisioningState],
    [201, 'Running'],
    JSON.stringify(put.body),
  )
  assert.equal((await service.over(put)).status, 'Succeeded')
  const id = deploymentId(service, 'first')
  const { body } = await service.ask('GET', id)
  assert.equal(body.properties.provisioningState, 'Succeeded')
  assert.deepEqual(body.properties.parameters, {
    vmName: { type: 'String', value: 'web' },
    password: { type: 'SecureString' },
  })
  assert.deepEqual(body.properties.outputs, {
    size: { type: 'String', value: 'Standard_B1s' },
    where: { type: 'String', value: 'local' },
  })
  assert.match(body.properties.duration, /^PT\d+\.\d+S$/)
  const ids = body.properties.outputResources.map((one: any) => one.id.split('/').at(-1))
  assert.deepEqual(ids, ['net', 'nic', 'web'])
  assert.equal(body.properties.dependencies[1].resourceName, 'web')
  const parts = (await service.ask('GET', `${id}/operations`)).body.value
  assert.deepEqual(
    parts
      .map(({ properties }: any) => [
        properties.targetResource.resourceName,
        properties.provisioningState,
      ])
      .sort(),
    [
      ['net', 'Succeeded'],
      ['nic', 'Succeeded'],
      ['web', 'Succeeded'],
    ],
  )
  const one = await service.ask('GET', `${id}/operations/${parts[0].operationId}`)
  assert.equal(one.body.properties.provisioningOperation, 'Create')
  assert.equal(
    (await service.ask('GET', `${service.group('rg')}/providers/Microsoft.Resources/deployments`))
      .body.value[0].name,
    'first',
  )
  // It is no resource of the group, and goes without what it made.
  assert.equal((await service.ask('GET', `${service.group('rg')}/resources`)).body.value.length, 4)
  assert.equal((await service.ask('DELETE', id)).status, 204)
  assert.equal((await service.ask('GET', id)).body.error.code, 'DeploymentNotFound')
  const vm = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/web`
  assert.equal((await service.ask('GET', vm)).status, 200)
})

test('a secure parameter is in no row, and its sealed record is gone after the end', async (t) => {
  const service = await aService(t)
  const secret = 'Hidden-Pass-1234'
  const rest = {
    parameters: { password: { type: 'securestring' } },
    resources: [
      { ...networkResources()[1], tags: { length: "[string(length(parameters('password')))]" } },
    ],
  }
  const put = await deploy(service, 'secret', rest, { parameters: { password: { value: secret } } })
  assert.equal((await service.over(put)).status, 'Succeeded')
  const database = new DatabaseSync(join(service.data, 'service.db'), { readOnly: true })
  t.after(() => database.close())
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
  for (const { name } of tables as { name: string }[])
    for (const row of database.prepare(`SELECT * FROM "${name}"`).all())
      for (const value of Object.values(row))
        assert.ok(
          !Buffer.from(value instanceof Uint8Array ? value : String(value)).includes(secret),
          name,
        )
  const kept = database
    .prepare("SELECT count(*) AS n FROM stored_values WHERE name LIKE 'deployment/%'")
    .get()
  assert.equal(kept!.n, 0)
})

test('a template that cannot be is refused before anything is made, with each reason', async (t) => {
  const service = await aService(t)
  const cases: readonly [object, object, string, RegExp][] = [
    [{ resources: [{ type: 'a/b' }] }, {}, 'InvalidTemplate', /'name' of the resource is missing/],
    [
      { resources: [{ type: 'Microsoft.Web/sites', apiVersion: '2020-01-01', name: 'x' }] },
      {},
      'InvalidTemplateDeployment',
      /resource type could not be found/,
    ],
    [
      { resources: [{ ...networkResources()[1], properties: { nosuch: 1 } }] },
      {},
      'InvalidTemplateDeployment',
      /Could not find member 'nosuch'/,
    ],
    [
      {},
      { templateLink: { uri: 'https://x' } },
      'InvalidTemplateDeployment',
      /'templateLink' is not supported/,
    ],
    [{}, { mode: 'Other' }, 'InvalidParameter', /mode/],
    [{}, { template: null }, 'InvalidParameter', /template/],
  ]
  for (const [rest, properties, code, message] of cases) {
    const { status, body } = await deploy(service, 'wrong', rest, properties)
    assert.deepEqual([status, body.error.code], [400, code], JSON.stringify(body))
    assert.match(JSON.stringify(body.error), message)
  }
  assert.equal((await service.ask('GET', deploymentId(service, 'wrong'))).status, 404)
})

test('one part that fails does not keep others back, and what depends on it is not begun', async (t) => {
  const service = await aService(t)
  const other = { ...networkResources()[1], name: 'other' }
  const bad = vmResource('bad', 'nic', { hardwareProfile: { vmSize: 'Standard_Nosuch' } })
  const after = { ...other, name: 'after', dependsOn: ['bad'] }
  const put = await deploy(service, 'half', {
    resources: [...networkResources(), bad, other, after],
  })
  const end = await service.over(put)
  assert.deepEqual([end.status, end.error.code], ['Failed', 'DeploymentFailed'])
  assert.equal(end.error.details.length, 1)
  const id = deploymentId(service, 'half')
  const { properties } = (await service.ask('GET', id)).body
  assert.deepEqual(
    [properties.provisioningState, properties.error.code],
    ['Failed', 'DeploymentFailed'],
  )
  const parts = (await service.ask('GET', `${id}/operations`)).body.value
  const failed = parts.find((one: any) => one.properties.provisioningState === 'Failed')
  assert.equal(failed.properties.statusCode, 'BadRequest')
  assert.equal(failed.properties.statusMessage.error.code, end.error.details[0].code)
  const names = parts.map((one: any) => one.properties.targetResource.resourceName).sort()
  assert.deepEqual(names, ['bad', 'net', 'nic', 'other'])
})

test('the same again changes nothing, and a deployment that runs is not written over', async (t) => {
  const service = await aService(t)
  const rest = { resources: [...networkResources(), vmResource('web')] }
  const first = await deploy(service, 'twice', rest)
  const active = await deploy(service, 'twice', rest)
  assert.deepEqual([active.status, active.body.error.code], [409, 'DeploymentActive'])
  await service.over(first)
  const vm = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/web`
  const before = (await service.ask('GET', vm)).body.properties.vmId
  const again = await deploy(service, 'twice', rest)
  assert.equal(again.status, 200)
  assert.equal((await service.over(again)).status, 'Succeeded')
  assert.equal((await service.ask('GET', vm)).body.properties.vmId, before)
})

test('a complete deployment deletes what is not in its template, in whatever order that goes', async (t) => {
  const service = await aService(t)
  await service.over(
    await deploy(service, 'all', { resources: [...networkResources(), vmResource('web')] }),
  )
  const put = await deploy(
    service,
    'none',
    { resources: [{ ...networkResources()[1], name: 'kept' }] },
    { mode: 'Complete' },
  )
  assert.equal((await service.over(put)).status, 'Succeeded', JSON.stringify(put.body))
  const { value } = (await service.ask('GET', `${service.group('rg')}/resources`)).body
  assert.deepEqual(
    value.map((one: any) => one.name),
    ['kept'],
  )
  const parts = (await service.ask('GET', `${deploymentId(service, 'none')}/operations`)).body.value
  assert.ok(parts.some((one: any) => one.properties.provisioningOperation === 'Delete'))
})

test('a complete deployment keeps the disk that a VM of it made for itself', async (t) => {
  const service = await aService(t)
  const rest = { resources: [...networkResources(), vmResource('web')] }
  await service.over(await deploy(service, 'all', rest))
  const put = await deploy(service, 'all', rest, { mode: 'Complete' })
  assert.equal((await service.over(put)).status, 'Succeeded')
  assert.equal((await service.ask('GET', `${service.group('rg')}/resources`)).body.value.length, 4)
})

test('what would be is told: made, changed, left and deleted, without secrets and without doing it', async (t) => {
  const service = await aService(t)
  await service.over(await deploy(service, 'first', { resources: networkResources() }))
  const [nic, net] = networkResources()
  const rest = {
    parameters: { secret: { type: 'securestring' } },
    resources: [
      nic,
      { ...net, tags: { a: 'b' } },
      { ...net, name: 'new', tags: { s: "[parameters('secret')]" } },
    ],
  }
  const parameters = { secret: { value: 'Hidden-Pass-1234' } }
  const body = { properties: { mode: 'Incremental', template: template(rest), parameters } }
  const answer = await service.ask('POST', `${deploymentId(service, 'what')}/whatIf`, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  const changes = Object.fromEntries(
    answer.body.properties.changes.map((one: any) => [one.resourceId.split('/').at(-1), one]),
  )
  assert.deepEqual(
    [changes.nic.changeType, changes.net.changeType, changes.new.changeType],
    ['NoChange', 'Modify', 'Create'],
  )
  assert.deepEqual(changes.net.delta, [
    { path: 'tags', propertyChangeType: 'Create', after: { a: 'b' } },
  ])
  assert.ok(!JSON.stringify(answer.body).includes('Hidden-Pass'))
  const empty = {
    properties: {
      mode: 'Complete',
      template: template(),
      whatIfSettings: { resultFormat: 'ResourceIdOnly' },
    },
  }
  const deleted = await service.ask('POST', `${deploymentId(service, 'what')}/whatIf`, empty)
  assert.deepEqual(
    deleted.body.properties.changes.map((one: any) => one.changeType),
    ['Delete', 'Delete'],
  )
  assert.equal((await service.ask('GET', `${service.group('rg')}/resources`)).body.value.length, 2)
})

test('a tag that differs in the case of its letters alone is another one', async (t) => {
  const service = await aService(t)
  const [, net] = networkResources()
  await service.over(
    await deploy(service, 'first', { resources: [{ ...net, tags: { a: 'Prod' } }] }),
  )
  const changeOf = async (value: string, location: string) => {
    const rest = { resources: [{ ...net, location, tags: { a: value } }] }
    const body = { properties: { mode: 'Incremental', template: template(rest) } }
    const answer = await service.ask('POST', `${deploymentId(service, 'what')}/whatIf`, body)
    return answer.body.properties.changes[0].changeType
  }
  assert.equal(await changeOf('Prod', 'LOCAL'), 'NoChange')
  assert.equal(await changeOf('prod', 'local'), 'Modify')
})

test('what is only looked through is neither kept nor made', async (t) => {
  const service = await aService(t)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const id = deploymentId(service, 'look')
  const body = {
    properties: { mode: 'Incremental', template: template({ resources: networkResources() }) },
  }
  const answer = await service.ask('POST', `${id}/validate`, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  assert.equal(answer.body.properties.validatedResources.length, 2)
  assert.equal((await service.ask('GET', id)).status, 404)
})

test('deployments in deployments go into other groups and subscriptions make groups, and all is waited for', async (t) => {
  const service = await aService(t)
  const inner = (group: string) => ({
    ...{ type: 'Microsoft.Resources/deployments', apiVersion: '2021-04-01', name: 'inner' },
    ...{ resourceGroup: group, dependsOn: [group] },
    properties: {
      mode: 'Incremental',
      expressionEvaluationOptions: { scope: 'inner' },
      parameters: { name: { value: "[concat(deployment().name, '-net')]" } },
      template: template({
        parameters: { name: { type: 'string' } },
        resources: [{ ...networkResources()[1], name: "[parameters('name')]" }],
        outputs: {
          id: {
            type: 'string',
            value: "[resourceId('Microsoft.Network/virtualNetworks', parameters('name'))]",
          },
        },
      }),
    },
  })
  const whole = template({
    $schema:
      'https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#',
    resources: [
      {
        type: 'Microsoft.Resources/resourceGroups',
        apiVersion: '2021-04-01',
        name: 'made',
        location: '[deployment().location]',
      },
      inner('made'),
    ],
    outputs: { net: { type: 'string', value: "[reference('inner').outputs.id.value]" } },
  })
  const id = `${service.subscription}/providers/Microsoft.Resources/deployments/sub`
  const put = await service.ask('PUT', id, {
    location: 'local',
    properties: { mode: 'Incremental', template: whole },
  })
  assert.equal(put.status, 201, JSON.stringify(put.body))
  const end = await service.over(put)
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const { properties } = (await service.ask('GET', id)).body
  assert.match(properties.outputs.net.value, /resourceGroups\/made\/.*\/sub-net$/)
  assert.equal((await service.ask('GET', properties.outputs.net.value)).status, 200)
})
