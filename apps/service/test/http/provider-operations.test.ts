import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allRoutes } from '../../src/http/routes.ts'
import { aService } from '../a-service.ts'

/** Nothing is asked of any endpoint here. */
const none: any = { host: 'local' }
const actions = new Set(allRoutes(none, none, none, none).map(({ action }) => action))
const namespaces = [...new Set([...actions].map((action) => action.split('/')[0]!))]

test('the operations of a provider are the rights of its endpoints, each once; of another there are none', async (t) => {
  const service = await aService(t)
  const told: string[] = []
  assert.ok(namespaces.includes('Microsoft.Compute') && namespaces.includes('TrustedLaunch'))
  for (const namespace of namespaces) {
    const path = `/providers/${namespace.toUpperCase()}/operations`
    const { status, body } = await service.ask('GET', path)
    assert.equal(status, 200, namespace)
    told.push(...body.value.map(({ name }: { name: string }) => name))
  }
  assert.deepEqual(told.toSorted(), [...actions].toSorted())
  const { body } = await service.ask('GET', '/providers/TrustedLaunch/operations')
  const data = body.value.filter((one: any) => one.isDataAction).map((one: any) => one.name)
  assert.ok(data.includes('TrustedLaunch/evidence/read'), data.join())
  const start = (
    await service.ask('GET', '/providers/Microsoft.Compute/operations')
  ).body.value.find(({ name }: any) => name === 'Microsoft.Compute/virtualMachines/start/action')
  assert.deepEqual(start.display, {
    ...{ provider: 'Microsoft.Compute', resource: 'virtualMachines', operation: 'start' },
    description: 'start of virtualMachines',
  })
  const other = await service.ask('GET', '/providers/Microsoft.Elsewhere/operations')
  assert.deepEqual([other.status, other.body.error.code], [404, 'InvalidResourceNamespace'])
})

test('as many subscriptions are counted as are listed', async (t) => {
  const service = await aService(t)
  const { body } = await service.ask('GET', '/subscriptions')
  assert.deepEqual(body.count, { type: 'Total', value: body.value.length })
})
