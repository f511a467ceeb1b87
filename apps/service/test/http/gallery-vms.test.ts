import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  aDefinition,
  aVersion,
  definitionBody,
  galleryId,
  madeOf,
  versionBody,
} from '../a-gallery.ts'
import { aPrincipal, mayAlso } from '../a-principal.ts'
import { aService, type TestService } from '../a-service.ts'
import { aNetwork, aVm, vmBody } from '../a-vm.ts'
import { aScaleSet } from './a-scale-set.ts'

const CONTRIBUTOR = 'b24988ac-6180-42a0-ab88-20f7382dd24c'

const profileOf = async (service: TestService, vm: string) =>
  (await service.ask('GET', vm)).body.properties

async function aVmOf(t: TestContext, type: string | null, securityProfile?: object) {
  const service = await aService(t)
  const version = await aVersion(service, await aDefinition(service, type))
  const security = securityProfile === undefined ? {} : { securityProfile }
  const made = await aVm(service, 'web', { ...madeOf(version), ...security })
  return { service, version, ...made }
}

test('a VM of a version by its id is made of its bytes, says the exact version, and is Trusted Launch where the definition says so', async (t) => {
  const { service, version, id, end } = await aVmOf(t, 'TrustedLaunchSupported')
  assert.equal(end.status, 'Succeeded')
  const { securityProfile, storageProfile } = await profileOf(service, id)
  assert.equal(securityProfile.securityType, 'TrustedLaunch')
  assert.deepEqual(storageProfile.imageReference, { id: version, exactVersion: '1.0.0' })
  const [machine] = await service.host.machines()
  assert.match(service.host.plan(machine!)!.image, /^sha256:/)
})

test('a definition by its id is its highest version that is not excluded, as numbers, and a VM keeps the one it got', async (t) => {
  const service = await aService(t)
  const definition = await aDefinition(service, 'TrustedLaunchSupported')
  const none = await aVm(service, 'none', madeOf(definition))
  assert.equal(none.put.body.error.code, 'GalleryImageNotFound')
  for (const name of ['1.9.0', '1.10.0', '2.0.0']) await aVersion(service, definition, name)
  const excluded = { properties: { publishingProfile: { excludeFromLatest: true } } }
  await service.ask('PATCH', `${definition}/versions/2.0.0`, excluded)
  const { id } = await aVm(service, 'web', madeOf(definition))
  const exact = async () =>
    (await profileOf(service, id)).storageProfile.imageReference.exactVersion
  assert.equal(await exact(), '1.10.0')
  await aVersion(service, definition, '3.0.0')
  await service
    .over(await service.ask('PATCH', id, { tags: { by: 'me' }, properties: {} }))
    .catch(() => {})
  assert.equal(await exact(), '1.10.0')
  const one = await aVm(service, 'two', madeOf(`${definition}/versions/2.0.0`))
  assert.equal(one.end.status, 'Succeeded', 'an excluded version is had by its own id')
})

test('“The provided gallery image only supports creation of VMs and VM Scale Sets with TrustedLaunch security type.”', async (t) => {
  const { put } = await aVmOf(t, 'TrustedLaunch', { securityType: 'Standard' })
  assert.equal(
    put.body.error.message,
    "The provided gallery image only supports creation of VMs and VM Scale Sets with 'TrustedLaunch' security type.",
  )
})

test('a TrustedLaunch image makes Trusted Launch VMs where nothing is said', async (t) => {
  const { service, id } = await aVmOf(t, 'TrustedLaunch')
  assert.equal((await profileOf(service, id)).securityProfile.securityType, 'TrustedLaunch')
})

test('“Use of TrustedLaunch setting is not supported for the provided image”: of None, or of no feature at all', async (t) => {
  for (const type of ['None', null]) {
    const { put } = await aVmOf(t, type, { securityType: 'TrustedLaunch' })
    assert.match(
      put.body.error.message,
      /^Use of TrustedLaunch setting is not supported for the pro/,
    )
  }
})

test('an image that supports both makes Standard VMs on asking, one for confidential VMs none of ours', async (t) => {
  const both = await aVmOf(t, 'TrustedLaunchAndConfidentialVmSupported', {
    securityType: 'Standard',
  })
  assert.equal(both.end.status, 'Succeeded')
  const { put } = await aVmOf(t, 'ConfidentialVM')
  assert.match(
    put.body.error.message,
    /security types? with 'ConfidentialVM'|'ConfidentialVM' security type/,
  )
})

test('a specialized image has its users: no osProfile is taken, and none is written into it', async (t) => {
  const service = await aService(t)
  const definition = await aDefinition(service, 'TrustedLaunchSupported', {
    osState: 'Specialized',
  })
  const version = await aVersion(service, definition)
  const refused = await aVm(service, 'web', madeOf(version))
  assert.equal(refused.put.body.error.message, "Parameter 'osProfile' is not allowed.")
  const { end } = await aVm(service, 'two', { ...madeOf(version), osProfile: undefined })
  assert.equal(end.status, 'Succeeded')
  const [machine] = await service.host.machines()
  assert.equal(service.host.plan(machine!)!.seed, null)
})

test('a set of a specialized image has no osProfile, nor have its instances', async (t) => {
  const service = await aService(t)
  const version = await aVersion(
    service,
    await aDefinition(service, 'TrustedLaunchSupported', { osState: 'Specialized' }),
  )
  const refused = await aScaleSet(service, 1, {}, madeOf(version))
  assert.equal(refused.put.body.error.message, "Parameter 'osProfile' is not allowed.")
  const { end } = await aScaleSet(service, 1, {}, { ...madeOf(version), osProfile: undefined })
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const [machine] = await service.host.machines()
  assert.equal(service.host.plan(machine!)!.seed, null)
})

test('whoever names a version needs the right to read it', async (t) => {
  const service = await aService(t)
  const version = await aVersion(service, await aDefinition(service, 'TrustedLaunchSupported'))
  const nic = await aNetwork(service, 'theirs')
  const theirs = await aPrincipal(service, CONTRIBUTOR, service.group('theirs'))
  const vm = `${service.group('theirs')}/providers/Microsoft.Compute/virtualMachines/x`
  const { body } = await theirs.ask('PUT', vm, vmBody(nic, madeOf(version)))
  assert.equal(body.error.code, 'LinkedAuthorizationFailed')
  assert.match(body.error.message, /'Microsoft.Compute\/galleries\/images\/versions\/read'/)
})

test('who may read a VM may not make an image of its disk', async (t) => {
  const service = await aService(t)
  const { id: vm } = await aVm(service)
  await service.over(await service.ask('POST', `${vm}/deallocate`))
  await service.ask('PUT', service.group('theirs'), { location: 'local' })
  const theirs = await aPrincipal(service, CONTRIBUTOR, service.group('theirs'))
  await mayAlso(
    service,
    theirs.name,
    [`Microsoft.Compute/virtualMachines/read`],
    service.group('rg'),
  )
  const gallery = galleryId(service, 'theirs', 'theirs')
  await theirs.ask('PUT', gallery, { location: 'local' })
  const body = definitionBody('TrustedLaunch', { osState: 'Specialized' })
  assert.equal((await theirs.ask('PUT', `${gallery}/images/x`, body)).status, 201)
  const version = `${gallery}/images/x/versions/1.0.0`
  const refused = await theirs.ask('PUT', version, versionBody({ virtualMachineId: vm }))
  assert.equal(refused.body.error.code, 'LinkedAuthorizationFailed')
  assert.match(refused.body.error.message, /'Microsoft.Compute\/virtualMachines\/capture\/action'/)
  const taken = await service.ask('PUT', version, versionBody({ virtualMachineId: vm }))
  assert.equal((await service.over(taken)).status, 'Succeeded')
})

test('a group with a version that a VM elsewhere was made of is not deleted', async (t) => {
  const service = await aService(t)
  const version = await aVersion(service, await aDefinition(service, 'TrustedLaunchSupported'))
  const nic = await aNetwork(service, 'other')
  const vm = `${service.group('other')}/providers/Microsoft.Compute/virtualMachines/x`
  await service.over(await service.ask('PUT', vm, vmBody(nic, madeOf(version))))
  const { status, body } = await service.ask('DELETE', service.group('rg'))
  assert.deepEqual([status, body.error?.code], [409, 'ResourceGroupDeletionBlocked'])
  assert.match(body.error.message, /Microsoft.Compute\/galleries\/ours/)
  await service.over(await service.ask('DELETE', vm))
  const gone = await service.over(await service.ask('DELETE', service.group('rg')))
  assert.equal(gone.status, 'Succeeded')
  assert.equal(service.host.images.size, 0)
})

test('a scale set is made of a version, and its instances are brought to another one of the definition', async (t) => {
  const service = await aService(t)
  const definition = await aDefinition(service, 'TrustedLaunchSupported')
  const first = await aVersion(service, definition)
  const { id, end } = await aScaleSet(service, 2, {}, madeOf(definition))
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const [machine] = await service.host.machines()
  const image = () => service.host.plan(machine!)!.image
  const before = image()
  await aVersion(service, definition, '1.0.1')
  const used = await service.ask('DELETE', first)
  assert.match(used.body.error?.message ?? '', /is used by '.*virtualMachineScaleSets\/web/)
  const imageReference = { id: `${definition}/versions/1.0.1` }
  const model = { virtualMachineProfile: { storageProfile: { imageReference } } }
  const patched = await service.ask('PATCH', id, { properties: model })
  assert.equal(patched.status, 200, JSON.stringify(patched.body))
  await service.over(patched)
  const upgrade = await service.ask('POST', `${id}/manualupgrade`, { instanceIds: ['*'] })
  assert.equal((await service.over(upgrade)).status, 'Succeeded')
  assert.notEqual(image(), before)
  assert.equal((await service.over(await service.ask('DELETE', first))).status, 'Succeeded')
})
