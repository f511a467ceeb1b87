import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { aService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { anImage } from '../an-image.ts'
import { ScriptedHost } from '../scripted/host.ts'

const osProfile = {
  ...{ computerName: 'WIN-1', adminUsername: 'ann', adminPassword: 'Sekret-0123' },
  windowsConfiguration: { provisionVMAgent: true },
}

/** A VM of a Windows image, on a host that runs Windows, or says why it does not. */
async function aWindowsVm(t: TestContext, noWindows: string | null, properties = {}) {
  const examination = { osType: 'Windows', distribution: null } as const
  const host = new ScriptedHost({ examination, capacity: { noWindows, accelerator: 'kvm' } })
  const service = await aService(t, host)
  const image = await anImage(service)
  const storageProfile = {
    imageReference: { id: image.id },
    osDisk: { createOption: 'FromImage' },
  }
  return { service, ...(await aVm(service, 'win', { storageProfile, osProfile, ...properties })) }
}

test('a Windows VM is made as one: its host is told the system, its guest the administrator’s password, nobody else', async (t) => {
  const { service, id, end } = await aWindowsVm(t, null)
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const [machine] = await service.host.machines()
  const { osType, generation, secureBoot, seed } = service.host.plan(machine!)!
  assert.deepEqual([osType, generation, secureBoot], ['Windows', 'V2', true])
  const [first, ...rest] = seed!.userData.split('\n')
  assert.equal(first, '#cloud-config')
  assert.deepEqual(JSON.parse(rest.join('\n')), {
    set_hostname: 'WIN-1',
    users: [{ name: 'ann', groups: 'Administrators', passwd: 'Sekret-0123' }],
  })
  const { body } = await service.ask('GET', id)
  assert.equal(body.properties.storageProfile.osDisk.osType, 'Windows')
  assert.ok(!JSON.stringify(body).includes('Sekret'))
})

test('a host that cannot protect Windows makes no Windows VM, and says why', async (t) => {
  const { id, put, service } = await aWindowsVm(t, 'it has no KVM')
  assert.deepEqual([put.status, put.body.error.code], [409, 'OperationNotAllowed'])
  assert.match(put.body.error.message, /^Windows is not run by this host: it has no KVM\.$/)
  assert.equal((await service.ask('GET', id)).status, 404)
})

test('a Windows VM hibernates on no host of ours, and its own reason is told', async (t) => {
  const { put } = await aWindowsVm(t, null, {
    additionalCapabilities: { hibernationEnabled: true },
  })
  assert.match(put.body.error.message, /^Hibernation is not offered by this host\.$/)
})

test('a Windows VM that is to hibernate is not told of Linux', async (t) => {
  const { service, id } = await aWindowsVm(t, null)
  const { status, body } = await service.ask('POST', `${id}/deallocate?hibernate=true`)
  assert.equal(status, 409)
  assert.equal(body.error.message, 'Hibernation is not offered by this host.')
})
