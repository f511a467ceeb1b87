import assert from 'node:assert/strict'
import test from 'node:test'
import { deploy } from '../a-deployment.ts'
import { aService } from '../a-service.ts'
import { ScriptedHost } from '../scripted/host.ts'
import { aScaleSet, changed, instancesOf } from './a-scale-set.ts'

test('a mode in small letters is the one meant, and a model tells the system of its image', async (t) => {
  const service = await aService(t)
  const { id, end } = await aScaleSet(service, 1, { upgradePolicy: { mode: 'manual' } })
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const { properties } = (await service.ask('GET', id)).body
  assert.equal(properties.upgradePolicy.mode, 'Manual')
  assert.equal(properties.virtualMachineProfile.storageProfile.osDisk.osType, 'Linux')
})

test('a PUT without the image and in another order changes what it names, and no instance is old for it', async (t) => {
  const service = await aService(t)
  const { id } = await aScaleSet(service, 1)
  const { body } = await service.ask('GET', id)
  const { storageProfile, ...model } = body.properties.virtualMachineProfile
  const { imageReference } = storageProfile
  const put = {
    ...{ location: body.location, sku: body.sku, tags: { a: 'b' } },
    properties: {
      ...body.properties,
      virtualMachineProfile: {
        ...model,
        storageProfile: { osDisk: storageProfile.osDisk, imageReference: null },
      },
    },
  }
  assert.equal((await changed(service, 'PUT', id, put)).status, 'Succeeded')
  const after = (await service.ask('GET', id)).body
  assert.deepEqual(after.tags, { a: 'b' })
  const kept = after.properties.virtualMachineProfile.storageProfile.imageReference
  assert.deepEqual(kept, imageReference)
  const [instance] = await instancesOf(service, id)
  assert.equal(instance.properties.latestModelApplied, true)
})

test('a load balancer is refused where the host makes no networks, and it is told how a set is made without', async (t) => {
  const host = new ScriptedHost({ capacity: { noNetworks: 'not root' } })
  const service = await aService(t, host)
  const of = (type: string) => `${service.group('rg')}/providers/Microsoft.Network/${type}/one`
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const { status, body } = await service.ask('PUT', of('loadBalancers'), { location: 'local' })
  assert.deepEqual([status, body.error.code], [409, 'OperationNotAllowed'])
  assert.match(body.error.message, /Load balancers are not here.*--load-balancer ""/)
  assert.match(
    (await service.ask('GET', of('applicationGateways'))).body.error.message,
    /Application gateways are not here/,
  )
  const other = (await service.ask('GET', of('natGateways'))).body.error.message
  assert.match(other, /natGateways\/one'\.$/)
  const apiVersion = '2022-07-01'
  const gateway = { type: 'Microsoft.Network/applicationGateways', apiVersion, name: 'gw' }
  const put = await deploy(service, 'first', {
    resources: [{ ...gateway, location: 'local', properties: {} }],
  })
  assert.match(JSON.stringify(put.body), /Application gateways are not here/)
})
