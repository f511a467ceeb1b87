import assert from 'node:assert/strict'
import test from 'node:test'
import { withService } from '../src/service/with-service.ts'
import { good, json, signedIn } from './a-control-plane.ts'
import { tl } from './a-run.ts'

const extension = 'guest-attestation-extension.linux-scale-set'

/** A Uniform scale set without instances. @returns its id. */
function aSet(): Promise<string> {
  return withService(async (connection) => {
    const group = connection.group('rg')
    const ask = (path: string, properties: object) =>
      connection.client.ask('PUT', path, { location: 'local', ...properties } as any)
    await ask(group, {})
    const network = `${group}/providers/Microsoft.Network/virtualNetworks/net`
    const subnets = [{ name: 'one', properties: { addressPrefix: '10.0.0.0/24' } }]
    const addressSpace = { addressPrefixes: ['10.0.0.0/16'] }
    await ask(network, { properties: { addressSpace, subnets } })
    const subnet = { id: `${network}/subnets/one` }
    const ipConfigurations = [{ name: 'ip', properties: { subnet } }]
    const nic = { name: 'nic', properties: { primary: true, ipConfigurations } }
    const imageReference = {
      ...{ publisher: 'trusted-launch', offer: 'small', sku: 'gen2', version: 'latest' },
    }
    const virtualMachineProfile = {
      storageProfile: { imageReference, osDisk: { createOption: 'FromImage' } },
      osProfile: {
        computerNamePrefix: 'web',
        adminUsername: 'azureuser',
        adminPassword: 'Abc-1234567!',
      },
      networkProfile: { networkInterfaceConfigurations: [nic] },
    }
    const set = `${group}/providers/Microsoft.Compute/virtualMachineScaleSets/web`
    const upgradePolicy = { mode: 'Manual' }
    const sku = { name: 'Standard_B1s', capacity: 0 }
    await ask(set, { sku, properties: { upgradePolicy, virtualMachineProfile } })
    return set
  })
}

test('what is recommended of a scale set is listed with the command that does it, by the set’s id', async (t) => {
  await signedIn(t)
  const set = await aSet()
  const { out } = await good('recommendation', 'list')
  assert.ok(out.includes(`tl recommendation fix ${set} ${extension}`), out)
  assert.match(
    (await good('recommendation', 'fix', set, extension, '--dry-run')).out,
    /the model is changed, and instances are brought to it/,
  )
  await good('recommendation', 'fix', set, extension)
  const [one] = (await json('recommendation', 'list', set, '--all')).filter(
    ({ properties }: any) => properties.additionalData.recommendation === extension,
  )
  assert.equal(one.properties.status.code, 'Healthy')
  assert.match((await tl('recommendation', 'fix', set, extension)).err, /nothing to fix/)
})
