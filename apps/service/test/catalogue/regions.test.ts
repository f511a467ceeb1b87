import assert from 'node:assert/strict'
import { test } from 'node:test'
import { locationNamed, regions } from '../../src/catalogue/regions.ts'

test("Azure's public, US Government and China regions are named, each once", () => {
  assert.equal(new Set(regions.map(({ name }) => name)).size, regions.length)
  const of = (cloud: string) => regions.filter((region) => region.cloud === cloud)
  assert.ok(of('AzureCloud').length >= 58, `${of('AzureCloud').length}`)
  assert.deepEqual(
    of('AzureUSGovernment').map(({ name }) => name),
    ['usgovarizona', 'usgovtexas', 'usgovvirginia', 'usdodcentral', 'usdodeast'],
  )
  assert.equal(of('AzureChinaCloud').length, 6)
  assert.deepEqual(
    regions.find(({ name }) => name === 'westeurope'),
    { name: 'westeurope', displayName: 'West Europe', geography: 'Europe', cloud: 'AzureCloud' },
  )
})

test('a location is the same with its spaces and capitals', () => {
  assert.equal(locationNamed('East US 2'), 'eastus2')
  for (const { name, displayName } of regions) assert.equal(locationNamed(displayName), name)
})
