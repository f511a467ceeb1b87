import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allRoutes } from '../../src/http/routes.ts'
import { aService } from '../a-service.ts'
import { ScriptedHost } from '../scripted/host.ts'

/** Nothing is asked of any endpoint here. */
const none: any = { host: 'local' }
const ofLocations = allRoutes(none, none, none, none).filter(
  ({ method, path }) =>
    method === 'GET' && /Compute\/locations\/:location\/(?!operations)/.test(path),
)

test('what a location has is told of the one that is served, however it is spelled, and of no other', async (t) => {
  const service = await aService(t, new ScriptedHost(), { location: 'westeurope' })
  assert.ok(ofLocations.length > 8)
  for (const { path } of ofLocations) {
    const at = (location: string) =>
      path
        .replace(':subscriptionId', service.service.administrator.subscriptionId)
        .replace(':location', location)
        .replace(/:\w+/g, 'x')
    const { body } = await service.ask('GET', at('mars'))
    assert.equal(body.error?.code, 'LocationNotAvailableForResourceType', path)
    const { body: here } = await service.ask('GET', at('West%20Europe'))
    assert.notEqual(here.error?.code, 'LocationNotAvailableForResourceType', path)
  }
})

test("a location that is one of Azure's is shown by its name there", async (t) => {
  const service = await aService(t, new ScriptedHost(), { location: 'westeurope' })
  const { body } = await service.ask('GET', `${service.subscription}/locations`)
  assert.deepEqual(
    body.value.map(({ name, displayName }: any) => [name, displayName]),
    [['westeurope', 'West Europe']],
  )
})
