import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SECURITY_ADMIN } from '../../src/identity/role-definitions.ts'
import { firmwareKeysOf, keysOf2011 } from '../a-firmware.ts'
import { aPrincipal, mayAlso } from '../a-principal.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { AttestingHost } from '../an-attesting-host.ts'

const secureBoot = '0396b18c-41aa-489c-affd-4ee5d1714a59'
const extension = 'e94a7421-fc27-7a4d-e9ba-2ba01384cacd'
const status = 'b7604066-ed76-45f9-a5c1-c97e4812dc55'
const vtpm = '861bbc73-0a55-8d1d-efc6-e92d9e1176e0'
const trustedLaunch = '7b1f4c52-0f57-4f6e-9a51-6a0d0c3f2e01'
const profile = (secureBootEnabled: boolean) => ({
  securityProfile: {
    securityType: 'TrustedLaunch',
    uefiSettings: { secureBootEnabled, vTpmEnabled: true },
  },
})

const at = (vm: string, key: string) => `${vm}/providers/Microsoft.Security/assessments/${key}`
const fix = (service: TestService, vm: string, key: string, body: object = {}) =>
  service.ask('POST', `${at(vm, key)}/fix`, body)
async function codeOf(service: TestService, vm: string, key: string): Promise<string> {
  return (await service.ask('GET', at(vm, key))).body.properties.status.code
}

test('Secure Boot is enabled by a fix, which says before that the VM is restarted', async (t) => {
  const host = new AttestingHost()
  const service = await aService(t, host)
  const { id } = await aVm(service, 'web', profile(false))
  const dry = await fix(service, id, secureBoot, { dryRun: true })
  const { possible, effect, needs } = dry.body
  const write = 'Microsoft.Compute/virtualMachines/write'
  assert.deepEqual([dry.status, possible, effect, needs], [200, true, 'restart', write])
  assert.equal(await codeOf(service, id, secureBoot), 'Unhealthy')
  assert.equal((await service.over(await fix(service, id, secureBoot))).status, 'Succeeded')
  assert.equal(await codeOf(service, id, secureBoot), 'Healthy')
  const [machine] = await host.machines()
  assert.equal(host.plan(machine!)!.secureBoot, true)
  const again = await fix(service, id, secureBoot)
  assert.deepEqual([again.status, again.body.error.code], [409, 'FixNotPossible'])
  const none = await fix(service, id, secureBoot, { dryRun: true })
  assert.deepEqual([none.body.possible, none.body.fix], [false, null])
  assert.equal((await fix(service, id, secureBoot, { dryrun: true })).status, 400)
  assert.equal((await fix(service, id, '00000000-0000-0000-0000-000000000000')).status, 404)
})

test('the extension is installed by a fix, and the VM attested', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aVm(service)
  assert.equal(await codeOf(service, id, extension), 'Unhealthy')
  assert.equal((await service.over(await fix(service, id, extension))).status, 'Succeeded')
  assert.equal(await codeOf(service, id, extension), 'Healthy')
  assert.equal(await codeOf(service, id, status), 'Healthy')
})

test('a Standard VM becomes Trusted Launch by a fix while it is deallocated, and is told so before', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aVm(service, 'web', { securityProfile: { securityType: 'Standard' } })
  const early = await fix(service, id, trustedLaunch)
  assert.equal(early.status, 409)
  assert.match(early.body.error.message, /while it is deallocated, and this one is running/)
  const dry = await fix(service, id, trustedLaunch, { dryRun: true })
  assert.deepEqual([dry.body.possible, dry.body.why], [false, early.body.error.message])
  await service.over(await service.ask('POST', `${id}/deallocate`))
  assert.equal((await service.over(await fix(service, id, trustedLaunch))).status, 'Succeeded')
  assert.equal(await codeOf(service, id, trustedLaunch), 'Healthy')
  assert.equal(await codeOf(service, id, vtpm), 'Healthy')
})

test('a fix needs the right to do it by hand', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aVm(service, 'web', profile(false))
  const admin = await aPrincipal(service, SECURITY_ADMIN.name, service.subscription)
  const path = `${at(id, secureBoot)}/fix`
  const refused = await admin.ask('POST', path, {})
  assert.deepEqual([refused.status, refused.body.error.code], [403, 'AuthorizationFailed'])
  assert.match(refused.body.error.message, /Microsoft\.Compute\/virtualMachines\/write/)
  assert.equal(await codeOf(service, id, secureBoot), 'Unhealthy')
  await mayAlso(
    service,
    admin.name,
    ['Microsoft.Compute/virtualMachines/write'],
    service.group('rg'),
  )
  assert.equal((await service.over(await admin.ask('POST', path, {}))).status, 'Succeeded')
})

test('certificates of 2023 are added by a fix while the VM is deallocated, which says so before', async (t) => {
  const host = new AttestingHost()
  host.firmwareKeys = (id) => host.firmware.get(id) ?? firmwareKeysOf(keysOf2011())
  const service = await aService(t, host)
  const { id } = await aVm(service)
  const rollover = '7b1f4c52-0f57-4f6e-9a51-6a0d0c3f2e02'
  assert.equal(await codeOf(service, id, rollover), 'Unhealthy')
  const early = await fix(service, id, rollover, { dryRun: true })
  assert.equal(early.body.possible, false)
  assert.match(early.body.why, /this one is running: deallocate it/)
  await service.over(await service.ask('POST', `${id}/deallocate`))
  const dry = await fix(service, id, rollover, { dryRun: true })
  const action = 'TrustedLaunch/firmwareKeys/update/action'
  const { possible, effect, needs } = dry.body
  assert.deepEqual([possible, effect, needs], [true, 'at-next-start', action])
  assert.equal((await service.over(await fix(service, id, rollover))).status, 'Succeeded')
  assert.equal(host.firmware.size, 1)
})
