import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aService } from '../a-service.ts'
import { aNetwork, aVm, vmBody } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

test('a VM is made with a PUT, is Trusted Launch by default, and runs in the end', async (t) => {
  const service = await aService(t)
  const { id, put, end } = await aVm(service)
  assert.equal(put.status, 201, JSON.stringify(put.body))
  assert.equal(put.body.properties.provisioningState, 'Creating')
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const { body } = await service.ask('GET', `${id}?%24expand=instanceView`)
  assert.deepEqual(body.properties.securityProfile, {
    securityType: 'TrustedLaunch',
    uefiSettings: { secureBootEnabled: true, vTpmEnabled: true },
  })
  assert.equal(body.properties.provisioningState, 'Succeeded')
  const codes = body.properties.instanceView.statuses.map(({ code }: any) => code)
  assert.deepEqual(codes.slice(0, 2), ['ProvisioningState/succeeded', 'PowerState/running'])
})

test('what is deallocated, changed and started again is as it was asked for', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  assert.equal(
    (await service.over(await service.ask('POST', `${id}/deallocate`))).status,
    'Succeeded',
  )
  const off = { properties: { securityProfile: { uefiSettings: { secureBootEnabled: false } } } }
  const patch = await service.ask('PATCH', id, off)
  assert.equal(patch.status, 200, JSON.stringify(patch.body))
  assert.equal(patch.headers.location, undefined)
  assert.equal((await service.over(patch)).status, 'Succeeded')
  const [machine] = await service.host.machines()
  assert.equal(service.host.plan(machine!)?.secureBoot, false)
  assert.equal((await service.over(await service.ask('POST', `${id}/start`))).status, 'Succeeded')
  assert.equal((await service.over(await service.ask('DELETE', id))).status, 'Succeeded')
  assert.equal((await service.ask('GET', id)).body.error.code, 'ResourceNotFound')
  assert.deepEqual(await service.host.machines(), [])
})

test('what is refused leaves nothing behind', async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'rg')
  const id = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/bad`
  const refusals: [object, number, string][] = [
    [
      vmBody(nic, {
        hardwareProfile: { vmSize: 'Standard_A1_v2' },
        securityProfile: { securityType: 'TrustedLaunch' },
      }),
      400,
      'BadRequest',
    ],
    [vmBody(nic, { networkProfile: undefined }), 400, 'InvalidParameter'],
    [
      vmBody(nic, { osProfile: { computerName: 'x', adminUsername: 'u' } }),
      400,
      'InvalidParameter',
    ],
    [vmBody(nic, { unknownMember: 1 }), 400, 'BadRequest'],
    [{ ...vmBody(nic), location: 'elsewhere' }, 400, 'LocationNotAvailableForResourceType'],
    [vmBody(`${nic}x`), 400, 'InvalidResourceReference'],
  ]
  for (const [body, status, code] of refusals) {
    const answer = await service.ask('PUT', id, body)
    assert.deepEqual(
      [answer.status, answer.body.error?.code],
      [status, code],
      JSON.stringify(answer.body),
    )
  }
  const { body } = await service.ask('GET', `${service.group('rg')}/resources`)
  assert.deepEqual(body.value.map(({ name }: any) => name).sort(), ['net', 'nic'])
})

test('a creation that fails leaves nothing behind; one whose boot is refused stays for its console', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  assert.ok(id)
})

test('a VM that runs already is started again on a host without free memory; one that does not is refused', async (t) => {
  let freeMemoryMiB = 1 << 20
  const capacity = {
    get freeMemoryMiB() {
      return freeMemoryMiB
    },
  }
  const service = await aService(t, new ScriptedHost({ capacity }))
  const { id } = await aVm(service)
  freeMemoryMiB = 0
  const start = async () => service.over(await service.ask('POST', `${id}/start`))
  assert.equal((await start()).status, 'Succeeded')
  await service.over(await service.ask('POST', `${id}/powerOff`))
  assert.equal((await start()).error.code, 'AllocationFailed')
})

test('Secure Boot that was asked for and failed is tried again when it is asked for again', async (t) => {
  let isBroken = true
  const before = (deed: string) => {
    if (deed === 'change' && isBroken) throw new Error('no space')
  }
  const service = await aService(t, new ScriptedHost({ before }))
  const profile = (secureBootEnabled: boolean) => ({
    securityProfile: {
      securityType: 'TrustedLaunch',
      uefiSettings: { secureBootEnabled, vTpmEnabled: true },
    },
  })
  const { id } = await aVm(service, 'web', profile(false))
  const patch = async () => {
    const answer = await service.ask('PATCH', id, { properties: profile(true) })
    return answer.headers['azure-asyncoperation'] ? service.over(answer) : answer
  }
  assert.equal((await patch()).status, 'Failed')
  const [machine] = await service.host.machines()
  assert.equal(service.host.plan(machine!)!.secureBoot, false)
  isBroken = false
  assert.equal((await patch()).status, 'Succeeded')
  assert.equal(service.host.plan(machine!)!.secureBoot, true)
  assert.equal((await patch()).status, 200)
})
