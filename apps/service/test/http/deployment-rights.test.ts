import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { deploy, deploymentId, networkResources, template, vmResource } from '../a-deployment.ts'
import { aPrincipal, mayAlso } from '../a-principal.ts'
import { aService, type TestService } from '../a-service.ts'
import { ScriptedHost } from '../scripted/host.ts'

const READER = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
const CONTRIBUTOR = 'b24988ac-6180-42a0-ab88-20f7382dd24c'
const DEPLOYER = ['Microsoft.Resources/deployments/*', 'Microsoft.Network/virtualNetworks/*']
const incremental = (rest: object) => ({
  properties: { mode: 'Incremental', template: template(rest) },
})

test('who deploys needs the right to each resource, and nothing is made without', async (t) => {
  const service = await aService(t)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const one = await aPrincipal(service, READER, service.group('rg'))
  const id = deploymentId(service, 'mine')
  const none = await one.ask('PUT', id, incremental({}))
  assert.deepEqual([none.status, none.body.error.code], [403, 'AuthorizationFailed'])
  await mayAlso(service, one.name, DEPLOYER, service.group('rg'))
  const refused = await one.ask('PUT', id, incremental({ resources: networkResources() }))
  assert.deepEqual([refused.status, refused.body.error.code], [403, 'InvalidTemplateDeployment'])
  assert.deepEqual(
    refused.body.error.details.map(({ code, target }: any) => [code, target.split('/').at(-1)]),
    [['AuthorizationFailed', 'nic']],
  )
  assert.equal((await service.ask('GET', `${service.group('rg')}/resources`)).body.value.length, 0)
  const made = await one.ask('PUT', id, incremental({ resources: [networkResources()[1]] }))
  assert.equal(made.status, 201, JSON.stringify(made.body))
  assert.equal((await service.over(made)).status, 'Succeeded')
  // In the audit it is theirs, part by part.
  const { value } = (
    await service.ask(
      'GET',
      `${service.subscription}/providers/Microsoft.Insights/eventtypes/management/values?$filter=resourceGroupName eq 'rg'`,
    )
  ).body
  const written = value.filter(
    (entry: any) =>
      entry.caller === one.clientId &&
      entry.operationName.value === 'Microsoft.Network/virtualNetworks/write',
  )
  assert.equal(written.length, 1)
})

test('a complete deployment needs the right to delete each resource that it would', async (t) => {
  const service = await aService(t)
  await service.over(await deploy(service, 'first', { resources: networkResources() }))
  const one = await aPrincipal(service, READER, service.group('rg'))
  await mayAlso(service, one.name, DEPLOYER, service.group('rg'))
  const body = {
    properties: { mode: 'Complete', template: template({ resources: [networkResources()[1]] }) },
  }
  const refused = await one.ask('PUT', deploymentId(service, 'mine'), body)
  assert.deepEqual(
    [refused.status, refused.body.error.details[0].code],
    [403, 'AuthorizationFailed'],
  )
  assert.equal((await service.ask('GET', `${service.group('rg')}/resources`)).body.value.length, 2)
})

/** A host whose VMs are made once somebody says so. */
function aGatedHost() {
  const gate = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const before = async (deed: string) => {
    if (deed !== 'create') return
    begun.resolve()
    await gate.promise
  }
  return { host: new ScriptedHost({ before }), begun: begun.promise, open: () => gate.resolve() }
}

const late = { ...networkResources()[1], name: 'late', dependsOn: ['web'] }
const slow = { resources: [...networkResources(), vmResource('web'), late] }

for (const way of ['a principal that is disabled', 'a role that is taken away'])
  test(`${way} while a deployment runs is one for what is not begun`, async (t) => {
    const { host, begun, open } = aGatedHost()
    const service = await aService(t, host)
    await service.ask('PUT', service.group('rg'), { location: 'local' })
    const one = await aPrincipal(service, CONTRIBUTOR, service.subscription)
    await mayAlso(service, one.name, ['Microsoft.Resources/*/read'], service.subscription)
    const put = await one.ask('PUT', deploymentId(service, 'mine'), incremental(slow))
    assert.equal(put.status, 201, JSON.stringify(put.body))
    await begun
    const disabled = { kind: 'service', signInName: one.clientId, disabled: true }
    if (way.startsWith('a role')) await service.ask('DELETE', one.assignment)
    else await service.ask('PUT', one.path, { properties: disabled })
    open()
    const end = await service.over(put)
    assert.equal(end.status, 'Failed')
    const details = end.error.details.map(({ code, target }: any) => [code, nameIn(target)])
    assert.deepEqual(details, [['AuthorizationFailed', 'late']])
    if (way.startsWith('a role')) assert.deepEqual(await enteredOf(service, 'late'), [403])
  })

const nameIn = (id: string) => id.split('/').at(-1)

/** What the audit has of a resource: the statuses of its entries. */
async function enteredOf(service: TestService, name: string): Promise<number[]> {
  const path = `${service.subscription}/providers/Microsoft.Insights/eventtypes/management/values`
  const { value } = (await service.ask('GET', `${path}?$filter=resourceGroupName eq 'rg'`)).body
  const entries = value.filter((entry: any) => nameIn(entry.resourceId) === name)
  return entries.map((entry: any) => Number(entry.subStatus.value))
}

test('a deployment that is cancelled begins no more, and what was begun goes on', async (t) => {
  const { host, begun, open } = aGatedHost()
  const service = await aService(t, host)
  const put = await deploy(service, 'stop', slow)
  await begun
  const id = deploymentId(service, 'stop')
  assert.equal((await service.ask('POST', `${id}/cancel`)).status, 204)
  assert.equal((await service.over(put)).status, 'Canceled')
  open()
  assert.equal((await service.ask('GET', id)).body.properties.provisioningState, 'Canceled')
  const again = await service.ask('POST', `${id}/cancel`)
  assert.deepEqual([again.status, again.body.error.code], [409, 'DeploymentCannotBeCancelled'])
  const vm = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/web`
  for (;;) {
    const { body } = await service.ask('GET', vm)
    if (body.properties.provisioningState === 'Succeeded') break
    await sleep(20)
  }
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
      ['web', 'Canceled'],
    ],
  )
  assert.equal(
    (
      await service.ask(
        'GET',
        `${service.group('rg')}/providers/Microsoft.Network/virtualNetworks/late`,
      )
    ).status,
    404,
  )
})

test('more deployments than are done at once, each with deployments in it, all come to their end', async (t) => {
  const service = await aService(t)
  const nested = (name: string, rest: object): object => ({
    ...{ type: 'Microsoft.Resources/deployments', apiVersion: '2021-04-01', name },
    properties: {
      mode: 'Incremental',
      expressionEvaluationOptions: { scope: 'inner' },
      template: template(rest),
    },
  })
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const puts = await Promise.all(
    Array.from({ length: 40 }, (_, i) => {
      const net = { ...networkResources()[1], name: `net${i}` }
      return deploy(service, `out${i}`, {
        resources: [nested(`in${i}`, { resources: [nested(`deep${i}`, { resources: [net] })] })],
      })
    }),
  )
  for (const put of puts) assert.equal(put.status, 201, JSON.stringify(put.body))
  for (const put of puts) assert.equal((await service.over(put)).status, 'Succeeded')
  let deep: object = { resources: [] }
  for (let i = 0; i < 6; i++) deep = { resources: [nested(`level${i}`, deep)] }
  const end = await service.over(await deploy(service, 'deepest', deep))
  assert.match(JSON.stringify(end.error), /Deployments lie 5 deep at most/)
})

test('a lock that forbids writing forbids deploying, and one on a resource fails its part', async (t) => {
  const service = await aService(t)
  await service.over(await deploy(service, 'first', { resources: networkResources() }))
  const lock = (scope: string) => `${scope}/providers/Microsoft.Authorization/locks/keep`
  const net = `${service.group('rg')}/providers/Microsoft.Network/virtualNetworks/net`
  await service.ask('PUT', lock(net), { properties: { level: 'ReadOnly' } })
  const end = await service.over(await deploy(service, 'first', { resources: networkResources() }))
  assert.deepEqual([end.status, end.error.details[0].code], ['Failed', 'ScopeLocked'])
  await service.ask('PUT', lock(service.group('rg')), { properties: { level: 'ReadOnly' } })
  const body = { properties: { mode: 'Incremental', template: template() } }
  const refused = await service.ask('PUT', deploymentId(service, 'second'), body)
  assert.deepEqual([refused.status, refused.body.error.code], [409, 'ScopeLocked'])
})
