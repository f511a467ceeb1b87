import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OfferedSize } from '@trusted-launch/api'
import { READER } from '../../src/identity/role-definitions.ts'
import { aPrincipal } from '../a-principal.ts'
import { aService, type TestService } from '../a-service.ts'
import { aNetwork, vmBody } from '../a-vm.ts'

const SMALL = 'trusted-launch:small:gen2'

async function offered(service: TestService, query: string) {
  const path = `${service.subscription}/providers/TrustedLaunch/offeredSizes?image=${query}`
  const { status, body } = await service.ask('GET', path)
  assert.equal(status, 200, JSON.stringify(body))
  return new Map<string, OfferedSize>(body.value.map((one: OfferedSize) => [one.name, one]))
}

test('each size says what a request for it would be answered: the refusal is the same, word for word', async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'rg')
  const sizes = await offered(service, `${SMALL}&securityType=TrustedLaunch`)
  const kinds = new Map<string, OfferedSize>()
  for (const size of sizes.values())
    kinds.set(size.refusal?.code ?? 'none', kinds.get(size.refusal?.code ?? 'none') ?? size)
  assert.deepEqual([...kinds.keys()].sort(), [
    'AllocationFailed',
    'BadRequest',
    'SkuNotAvailable',
    'none',
  ])
  const gpu = sizes.get('Standard_NC4as_T4_v3')!
  for (const { name, refusal } of [...kinds.values(), gpu]) {
    if (refusal === null) continue
    const at = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/x`
    const asked = { hardwareProfile: { vmSize: name } }
    const security = { securityProfile: { securityType: 'TrustedLaunch' } }
    const { body } = await service.ask('PUT', at, vmBody(nic, { ...asked, ...security }))
    assert.deepEqual({ code: body.error.code, message: body.error.message }, refusal, name)
  }
  assert.equal(sizes.get('Standard_B1s')!.securityType, 'TrustedLaunch')
})

test('what was asked for of the security decides, and drivers of a GPU are advised about', async (t) => {
  const service = await aService(t)
  const gpu = (await offered(service, SMALL)).get('Standard_NC4as_T4_v3')!
  assert.ok(gpu.gpus > 0)
  assert.match(gpu.notices[0]!.message, /Secure Boot is on/)
  const off = await offered(service, `${SMALL}&secureBootEnabled=false`)
  assert.deepEqual(off.get('Standard_NC4as_T4_v3')!.notices, [])
  const old = (await offered(service, SMALL)).get('Standard_D1_v2')
  const standard = (await offered(service, `${SMALL}&securityType=Standard`)).get('Standard_B1s')!
  assert.equal(standard.securityType, 'Standard')
  assert.match(old!.refusal!.message, /Generation/)
})

test('an image that is not there, may not be read, or is no image is refused', async (t) => {
  const service = await aService(t)
  const path = `${service.subscription}/providers/TrustedLaunch/offeredSizes`
  const ask = (query: string) => service.ask('GET', `${path}?${query}`)
  assert.equal((await ask('')).body.error.code, 'InvalidParameter')
  assert.equal((await ask('image=a:b:c')).body.error.code, 'PlatformImageNotFound')
  assert.equal((await ask('image=/a')).body.error.code, 'LinkedInvalidPropertyId')
  const bad = await ask(`image=${SMALL}&securityType=x`)
  assert.equal(bad.body.error.target, 'securityProfile.securityType')
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const elsewhere = await aPrincipal(service, READER.name, service.group('rg'))
  await service.ask('PUT', service.group('other'), { location: 'local' })
  const image = `${service.group('other')}/providers/Microsoft.Compute/images/x`
  const refused = await elsewhere.ask('GET', `${path}?image=${image}`)
  assert.equal(refused.body.error.code, 'AuthorizationFailed')
  assert.equal((await elsewhere.ask('GET', `${path}?image=${SMALL}`)).status, 200)
})
