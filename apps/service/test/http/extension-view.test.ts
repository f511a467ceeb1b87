import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'

const properties = {
  publisher: 'Microsoft.Azure.Security.LinuxAttestation',
  type: 'GuestAttestation',
  typeHandlerVersion: '1.0',
}

test("an extension tells how it did where Azure's does: in its VM's instance view, and in its own when asked", async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const view = async () => (await service.ask('GET', `${id}/instanceView`)).body
  assert.equal((await view()).extensions, undefined)
  const extension = `${id}/extensions/GuestAttestation`
  const statuses = [{ code: 'ProvisioningState/failed' }]
  const put = await service.ask('PUT', extension, {
    location: 'local',
    properties: { ...properties, instanceView: { name: 'sent', statuses } },
  })
  assert.equal((await service.over(put)).status, 'Succeeded')
  const { extensions } = await view()
  const [{ time, ...told }] = extensions[0].statuses
  assert.ok(Date.parse(time) > 0)
  assert.deepEqual(told, {
    code: 'ProvisioningState/succeeded',
    level: 'Info',
    displayStatus: 'Provisioning succeeded',
    message: 'Nothing was attested: the virtual machine did not run, or has no vTPM.',
  })
  assert.deepEqual(
    [extensions.length, extensions[0].name, extensions[0].type, extensions[0].typeHandlerVersion],
    [1, 'GuestAttestation', `${properties.publisher}.GuestAttestation`, '1.0'],
  )
  const expanded = (path: string) => service.ask('GET', `${path}?$expand=instanceView`)
  const whole = await expanded(id)
  assert.deepEqual(whole.body.properties.instanceView.extensions, extensions)
  assert.deepEqual((await expanded(extension)).body.properties.instanceView, extensions[0])
  assert.equal((await service.ask('GET', extension)).body.properties.instanceView, undefined)
})

test('an extension of another version, or for another system, is refused by its path', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  for (const [asked, status, target] of [
    [{ typeHandlerVersion: '99.9' }, 400, 'properties.typeHandlerVersion'],
    [{ publisher: 'Microsoft.Azure.Security.WindowsAttestation' }, 409, 'properties.publisher'],
  ] as const) {
    const put = await service.ask('PUT', `${id}/extensions/GuestAttestation`, {
      ...{ location: 'local', properties: { ...properties, ...asked } },
    })
    assert.deepEqual([put.status, put.body.error?.target], [status, target])
  }
  assert.equal((await service.ask('GET', `${id}/extensions/GuestAttestation`)).status, 404)
})
