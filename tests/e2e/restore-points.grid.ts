/** A VM under the control plane, on a real host, that is put back to what it was. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aRealService } from '../../apps/service/test/a-service.ts'
import { aVm } from '../../apps/service/test/a-vm.ts'

const timeout = 900_000

test('a VM that is put back to a point of when it ran is affirmed as before, and no alarm', {
  timeout,
}, async (t) => {
  const service = await aRealService(t, [])
  const over = async (method: string, path: string, body?: object) => {
    const end = await service.over(await service.ask(method, path, body))
    assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  }
  const keyOf = async (vm: string) => {
    const { body } = await service.ask('GET', `${vm}/providers/TrustedLaunch/evidence`)
    const { tier, findings } = body.value[0].properties
    t.diagnostic(`${vm.split('/').at(-1)}: ${tier} ${findings.join(' ')}`)
    return { tier, findings }
  }
  const { id: vm, end } = await aVm(service)
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const before = await keyOf(vm)
  assert.equal(before.tier, 'affirming')

  const at = (type: string, name: string) =>
    `${service.group('rg')}/providers/Microsoft.Compute/${type}/${name}`
  const collection = at('restorePointCollections', 'of-web')
  await service.ask('PUT', collection, { location: 'local', properties: { source: { id: vm } } })
  const point = `${collection}/restorePoints/one`
  await over('PUT', point, { properties: {} })
  const { properties } = (await service.ask('GET', point)).body
  assert.equal(properties.consistencyMode, 'CrashConsistent')
  await over('POST', `${vm}/restart`)
  await over('POST', `${vm}/deallocate`)
  await over('POST', `${vm}/restore`, { restorePoint: { id: point } })
  await over('POST', `${vm}/start`)
  assert.deepEqual(await keyOf(vm), before)
  const alerts = `${service.subscription}/providers/Microsoft.Security/alerts`
  assert.deepEqual((await service.ask('GET', alerts)).body.value, [])
})
