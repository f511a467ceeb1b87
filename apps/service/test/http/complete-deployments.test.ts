import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deploy, deploymentId, networkResources, template } from '../a-deployment.ts'
import { aService, type TestService } from '../a-service.ts'
import { scaleSetBody } from './a-scale-set.ts'

const [, net] = networkResources()
const network = (name: string, rest: object = {}): any => ({ ...net, name, ...rest })
const deployment = (
  name: string,
  resources: any[],
  properties: object = {},
  rest: object = {},
) => ({
  ...{ type: 'Microsoft.Resources/deployments', apiVersion: '2021-04-01', name, ...rest },
  properties: { mode: 'Incremental', template: template({ resources }), ...properties },
})

/** The same twice over what is there, each looked at before. @returns what is left after each, and what was told to go. */
async function twice(service: TestService, resources: any[]) {
  const body = { properties: { mode: 'Complete', template: template({ resources }) } }
  const seen: { told: string[]; left: string[] }[] = []
  for (const name of ['first', 'second']) {
    const what = await service.ask('POST', `${deploymentId(service, name)}/whatIf`, body)
    assert.equal(what.status, 200, JSON.stringify(what.body))
    const goes = what.body.properties.changes.filter((one: any) => one.changeType === 'Delete')
    const put = await service.ask('PUT', deploymentId(service, name), body)
    assert.equal((await service.over(put)).status, 'Succeeded', JSON.stringify(put.body))
    const { value } = (await service.ask('GET', `${service.group('rg')}/resources`)).body
    seen.push({
      told: goes.map((one: any) => one.resourceId.split('/').at(-1)),
      left: value.map((one: any) => one.name).sort(),
    })
  }
  return seen
}

test('a complete deployment keeps what the deployments in it make, also in turn, and what-if says so', async (t) => {
  const service = await aService(t)
  await service.over(await deploy(service, 'before', { resources: [network('old')] }))
  const scope = { expressionEvaluationOptions: { scope: 'inner' } }
  const inner = {
    ...scope,
    parameters: { name: { value: "[concat('in', 'turn')]" } },
    template: template({
      parameters: { name: { type: 'string' } },
      resources: [network("[parameters('name')]")],
    }),
  }
  const outer = [deployment('outer', [network('nested'), deployment('inner', [], inner)], scope)]
  const kept = { left: ['inturn', 'nested'], told: [] }
  assert.deepEqual(await twice(service, outer), [{ ...kept, told: ['old'] }, kept])
})

test('a complete deployment keeps what a deployment in it makes whose names nobody knew before', async (t) => {
  const service = await aService(t)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const late = {
    expressionEvaluationOptions: { scope: 'inner' },
    parameters: { name: { value: "[concat('late-', reference('first').provisioningState)]" } },
    template: template({
      parameters: { name: { type: 'string' } },
      resources: [network("[parameters('name')]")],
    }),
  }
  const after = deployment('late', [], late, { dependsOn: ['first'] })
  const [first] = await twice(service, [network('first'), after])
  assert.deepEqual(first!.left, ['first', 'late-Succeeded'])
})

for (const orchestrationMode of ['Uniform', 'Flexible'])
  test(`a complete deployment keeps all that a scale set of it made for itself, and what-if says so (${orchestrationMode})`, async (t) => {
    const service = await aService(t)
    await service.ask('PUT', service.group('rg'), { location: 'local' })
    const subnet = `${service.group('rg')}/providers/Microsoft.Network/virtualNetworks/net/subnets/one`
    const set = {
      ...{ type: 'Microsoft.Compute/virtualMachineScaleSets', apiVersion: '2024-07-01' },
      ...{ name: 'fleet', dependsOn: ['net'] },
      ...scaleSetBody(subnet, 1, {
        orchestrationMode,
        ...(orchestrationMode === 'Flexible' && { platformFaultDomainCount: 1 }),
      }),
    }
    const [first, second] = await twice(service, [net, set])
    assert.deepEqual([first!.told, second!.told], [[], []])
    assert.ok(first!.left.length > 2, String(first!.left))
    assert.deepEqual(second!.left, first!.left)
  })
