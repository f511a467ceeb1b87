import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  aDefinition,
  aVersion,
  definitionBody,
  galleryId,
  madeOf,
  versionBody,
} from '../a-gallery.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { anImage } from '../an-image.ts'
import { ScriptedHost } from '../scripted/host.ts'

async function refused(
  service: TestService,
  path: string,
  body: object,
  code: string,
  text: RegExp,
  method = 'PUT',
): Promise<void> {
  const answer = await service.ask(method, path, method === 'DELETE' ? undefined : body)
  const { code: got, message } = answer.body.error ?? {}
  assert.equal(got, code, JSON.stringify(answer.body))
  assert.match(message, text)
}

test('a gallery is made, told with its unique name, listed by group and subscription, changed and deleted', async (t) => {
  const service = await aService(t)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const id = galleryId(service)
  const { status, body } = await service.ask('PUT', id, { location: 'local', properties: {} })
  assert.deepEqual([status, body.properties.provisioningState], [201, 'Succeeded'])
  assert.match(body.properties.identifier.uniqueName, /^[0-9a-f-]{36}-OURS$/)
  const patched = await service.ask('PATCH', id, { properties: { description: 'all of ours' } })
  assert.equal(patched.body.properties.description, 'all of ours')
  for (const scope of [service.group('rg'), service.subscription]) {
    const list = await service.ask('GET', `${scope}/providers/Microsoft.Compute/galleries`)
    assert.deepEqual(
      list.body.value.map(({ name }: any) => name),
      ['ours'],
    )
  }
  await refused(
    service,
    `${id}-2`,
    { location: 'local' },
    'InvalidParameter',
    /its validation rule/,
  )
  await refused(service, id, { location: 'mars' }, 'LocationNotAvailableForResourceType', /mars/)
  const shared = { location: 'local', properties: { sharingProfile: { permissions: 'Groups' } } }
  await refused(
    service,
    id,
    shared,
    'BadRequest',
    /'properties.sharingProfile.permissions' is not off/,
  )
  assert.equal((await service.ask('DELETE', id)).status, 200)
  assert.equal((await service.ask('GET', id)).status, 404)
})

test('a definition says what its versions are alike in, and that never changes', async (t) => {
  const service = await aService(t)
  const id = await aDefinition(service, 'TrustedLaunchSupported')
  const { properties } = (await service.ask('GET', id)).body
  assert.deepEqual(
    [properties.hyperVGeneration, properties.architecture, properties.features[0].value],
    ['V2', 'x64', 'TrustedLaunchSupported'],
  )
  const body = definitionBody('TrustedLaunchSupported')
  const changed = (more: object) => ({ ...body, properties: { ...body.properties, ...more } })
  const fixed = [
    'PropertyChangeNotAllowed',
    /Changing property 'galleryImage\.properties\.\w+'/,
  ] as const
  const turned = Object.fromEntries(Object.entries(body.properties.identifier).reverse())
  const same = await service.ask('PUT', id, changed({ identifier: turned }))
  assert.equal(same.status, 200, 'in whatever order its members are')
  await refused(service, id, changed({ osType: 'Windows' }), ...fixed)
  await refused(
    service,
    id,
    changed({ identifier: { publisher: 'x', offer: 'y', sku: 'z' } }),
    ...fixed,
  )
  await refused(service, id, changed({ features: [] }), ...fixed)
  const said = { features: [{ name: 'SecurityType', value: 'None' }], allowUpdateImage: true }
  assert.equal((await service.ask('PUT', id, changed(said))).status, 200)
  const tags = await service.ask('PATCH', id, { tags: { by: 'me' } })
  assert.deepEqual(tags.body.tags, { by: 'me' })
  const list = await service.ask('GET', `${galleryId(service)}/images`)
  assert.equal(list.body.value.length, 1)
})

test('a definition that says what cannot be is refused', async (t) => {
  const service = await aService(t)
  const first = await aDefinition(service, 'TrustedLaunch')
  const id = `${galleryId(service)}/images/other`
  const put = (properties: object, code: string, text: RegExp) =>
    refused(service, id, definitionBody('TrustedLaunch', properties), code, text)
  await put({}, 'Conflict', /has the identifier 'me:web:trustedlaunch'/)
  const identifier = { publisher: 'a', offer: 'b', sku: 'c' }
  const own = { identifier }
  await put({ ...own, hyperVGeneration: 'V1' }, 'InvalidParameter', /Hypervisor generation 'V2'/)
  await put({ ...own, osType: 'Plan9' }, 'InvalidParameter', /osType/)
  const feature = { name: 'SecurityType', value: 'Very' }
  await put({ ...own, features: [feature] }, 'InvalidParameter', /value/)
  await put({ ...own, identifier: { publisher: 'a' } }, 'InvalidParameter', /identifier\.offer/)
  assert.equal((await service.ask('GET', first)).status, 200)
  const nowhere = id.replace('/ours/', '/none/')
  await refused(service, nowhere, definitionBody(null), 'ResourceNotFound', /galleries\/none/)
})

test('a version of an image of ours shares its bytes, tells its replication on asking, and keeps them when the image goes', async (t) => {
  const service = await aService(t)
  const definition = await aDefinition(service, 'TrustedLaunchSupported')
  const id = await aVersion(service, definition)
  const plain = (await service.ask('GET', id)).body.properties
  assert.equal(plain.replicationStatus, undefined)
  assert.equal(plain.storageProfile.osDiskImage.sizeInGB, 1)
  assert.equal(plain.publishingProfile.targetRegions[0].name, 'local')
  const { body } = await service.ask('GET', `${id}?$expand=ReplicationStatus`)
  assert.equal(body.properties.replicationStatus.aggregatedState, 'Completed')
  assert.deepEqual(body.properties.replicationStatus.summary[0], {
    ...{ region: 'local', state: 'Completed', details: '', progress: 100 },
  })
  const image = plain.storageProfile.source.id
  assert.equal((await service.over(await service.ask('DELETE', image))).status, 'Succeeded')
  assert.equal(service.host.images.size, 1)
  assert.equal((await service.over(await service.ask('DELETE', id))).status, 'Succeeded')
  assert.equal(service.host.images.size, 0)
})

test('a version is published otherwise, and never made of something else', async (t) => {
  const service = await aService(t)
  const id = await aVersion(service, await aDefinition(service, null))
  const publishingProfile = { excludeFromLatest: true, endOfLifeDate: '2030-01-01T00:00:00Z' }
  const { body } = await service.ask('PATCH', id, { properties: { publishingProfile } })
  assert.equal(body.properties.publishingProfile.excludeFromLatest, true)
  assert.equal((await service.ask('PUT', id, body)).status, 200, 'what was told may be sent back')
  const other = await anImage(service, 'other', 'other')
  const storage = { properties: { storageProfile: { source: { id: other.id } } } }
  const fixed = ['PropertyChangeNotAllowed', /storageProfile\.source/] as const
  await refused(service, id, { location: 'local', ...storage }, ...fixed)
  const blocked = { safetyProfile: { blockDeletionBeforeEndOfLife: true } }
  await service.ask('PATCH', id, { properties: blocked })
  await refused(service, id, {}, 'OperationNotAllowed', /before its end of life, 2030/, 'DELETE')
})

test('a version that is named, placed or made otherwise than Azure has it is refused', async (t) => {
  const service = await aService(t)
  const definition = await aDefinition(service, 'TrustedLaunchSupported', {
    hyperVGeneration: 'V2',
  })
  const { id: image } = await anImage(service)
  const at = (name: string) => `${definition}/versions/${name}`
  for (const name of ['1.0', '1.0.0.0', '1.0.x', '1.0.2147483648'])
    await refused(service, at(name), versionBody({ id: image }), 'InvalidParameter', /MajorVersion/)
  const two = {
    storageProfile: { source: { id: image }, osDiskImage: { source: { uri: 'upload:x' } } },
  }
  await refused(
    service,
    at('1.0.0'),
    { location: 'local', properties: two },
    'InvalidParameter',
    /one source/,
  )
  await refused(service, at('1.0.0'), versionBody({}), 'InvalidParameter', /source' is missing/)
  const regions = { publishingProfile: { targetRegions: [{ name: 'West Europe' }] } }
  const elsewhere = versionBody({ id: image }, regions)
  await refused(
    service,
    at('1.0.0'),
    elsewhere,
    'LocationNotAvailableForResourceType',
    /West Europe/,
  )
  const community = versionBody({ communityGalleryImageId: '/x' })
  await refused(
    service,
    at('1.0.0'),
    community,
    'BadRequest',
    /communityGalleryImageId' is not offered/,
  )
  const { id: vm } = await aVm(service)
  const text =
    /^The security type 'TrustedLaunchSupported' is not supported for the source id '.*\/virtualMachines\/web'\. Currently only Vhd Blob, User Image and Gallery Image Version sources are supported/
  await refused(
    service,
    at('1.0.0'),
    versionBody({ virtualMachineId: vm }),
    'InvalidParameter',
    text,
  )
})

test('bytes of another generation than the definition’s make no version, and leave nothing behind', async (t) => {
  const script = { examination: { hyperVGeneration: 'V1' as const } }
  const service = await aService(t, new ScriptedHost(script))
  const definition = await aDefinition(service, null)
  const { id: image } = await anImage(service)
  const text =
    /has a different Hypervisor generation \['V1'\] than the parent gallery image Hypervisor generation \['V2'\]/
  const id = `${definition}/versions/1.0.0`
  await refused(service, id, versionBody({ id: image }), 'InvalidParameter', text)
  const piece = `${service.group('rg')}/providers/TrustedLaunch/uploads/raw?offset=0&size=4`
  await service.ask('PUT', piece, 'disk', { 'content-type': 'application/octet-stream' })
  const source = { osDiskImage: { source: { uri: 'upload:raw' } } }
  const put = await service.ask('PUT', id, {
    location: 'local',
    properties: { storageProfile: source },
  })
  const end = await service.over(put)
  assert.equal(end.status, 'Failed')
  assert.match(end.error.message, text)
  assert.equal((await service.ask('GET', id)).status, 404)
  assert.deepEqual([service.host.images.size, service.host.uploads.size], [1, 0])
})

test('a generalized VM and a disk become versions, and a VM that runs does not', async (t) => {
  const service = await aService(t)
  const definition = await aDefinition(service, 'TrustedLaunch')
  const { id: vm } = await aVm(service)
  const id = `${definition}/versions/1.0.0`
  const body = versionBody({ virtualMachineId: vm })
  await refused(service, id, body, 'OperationNotAllowed', /is running: deallocate it/)
  await service.over(await service.ask('POST', `${vm}/deallocate`))
  await refused(service, id, body, 'OperationNotAllowed', /is not generalized/)
  assert.equal((await service.ask('POST', `${vm}/generalize`)).status, 200)
  assert.equal((await service.over(await service.ask('PUT', id, body))).status, 'Succeeded')
  const disk = `${service.group('rg')}/providers/Microsoft.Compute/disks/one`
  const creationData = { createOption: 'Empty' }
  await service.ask('PUT', disk, { location: 'local', properties: { creationData, diskSizeGB: 1 } })
  const storageProfile = { osDiskImage: { source: { id: disk } } }
  const of = { location: 'local', properties: { storageProfile } }
  const put = await service.ask('PUT', id.replace('1.0.0', '1.0.1'), of)
  assert.equal((await service.over(put)).status, 'Succeeded')
  const list = await service.ask('GET', `${definition}/versions`)
  assert.deepEqual(
    list.body.value.map(({ name }: any) => name),
    ['1.0.0', '1.0.1'],
  )
})

test('what others are made of is not deleted: a gallery, a definition, a version', async (t) => {
  const service = await aService(t)
  const definition = await aDefinition(service, 'TrustedLaunchSupported')
  const version = await aVersion(service, definition)
  const nested = /Cannot delete resource while nested resources exist.*Please delete all nested/
  await refused(service, galleryId(service), {}, 'CannotDeleteResource', nested, 'DELETE')
  await refused(service, definition, {}, 'CannotDeleteResource', nested, 'DELETE')
  const { id: vm, end } = await aVm(service, 'web', madeOf(version))
  assert.equal(end.status, 'Succeeded')
  await refused(service, version, {}, 'OperationNotAllowed', /is used by '.*\/web'/, 'DELETE')
  await service.over(await service.ask('DELETE', vm))
  assert.equal((await service.over(await service.ask('DELETE', version))).status, 'Succeeded')
  assert.equal((await service.ask('DELETE', definition)).status, 200)
  assert.equal((await service.ask('DELETE', galleryId(service))).status, 200)
})
