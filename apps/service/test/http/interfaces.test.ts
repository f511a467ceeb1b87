import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, aService } from '../a-service.ts'
import { aNetwork, vmBody } from '../a-vm.ts'
import { aScaleSet } from './a-scale-set.ts'

const refusal = ({ status, body }: Answer) => [status, body.error?.code, body.error?.target]
const refused = (target: string) => [409, 'OperationNotAllowed', target]

test('a VM has the one interface that its host makes: more of them, or one twice, are refused and stay free', async (t) => {
  const service = await aService(t)
  const [a, b] = [await aNetwork(service, 'rg', 'a'), await aNetwork(service, 'rg', 'b')]
  const id = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/web`
  for (const named of [
    [a, b],
    [a, a],
  ]) {
    const networkInterfaces = named.map((id, i) => ({ id, properties: { primary: i === 0 } }))
    const put = await service.ask('PUT', id, vmBody(a, { networkProfile: { networkInterfaces } }))
    assert.deepEqual(refusal(put), refused('networkProfile.networkInterfaces'))
  }
  for (const nic of [a, b]) assert.equal((await service.ask('DELETE', nic)).status, 200)
})

test('an interface has the one IP configuration that its host makes, and so has the interface of a set', async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'rg')
  const { properties } = (await service.ask('GET', nic)).body
  const [{ properties: one }] = properties.ipConfigurations
  const { subnet } = one
  const ipConfigurations = ['x', 'y'].map((name) => ({ name, properties: { subnet } }))
  const put = await service.ask('PUT', `${nic}2`, {
    ...{ location: 'local', properties: { ipConfigurations } },
  })
  assert.deepEqual(refusal(put), refused('ipConfigurations'))
  const configuration = (name: string, configurations: object[]) => ({
    ...{ name, properties: { primary: name === 'a', ipConfigurations: configurations } },
  })
  const [alone] = ipConfigurations
  for (const [configurations, target] of [
    [[configuration('a', ipConfigurations)], 'networkInterfaceConfigurations.ipConfigurations'],
    [
      [configuration('a', [alone!]), configuration('b', [alone!])],
      'networkInterfaceConfigurations',
    ],
  ] as const) {
    const networkProfile = { networkInterfaceConfigurations: configurations }
    const set = await aScaleSet(service, 0, {}, { networkProfile })
    assert.deepEqual(refusal(set.put), refused(target))
  }
})
