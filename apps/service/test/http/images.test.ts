import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { aService, type TestService } from '../a-service.ts'
import { aNetwork, aVm, IMAGE, vmBody } from '../a-vm.ts'
import { anImage, imageBody, imageId } from '../an-image.ts'
import { ScriptedHost } from '../scripted/host.ts'

const aHost = (t: TestContext, script = {}) => aService(t, new ScriptedHost(script))
const byId = (id: string) => ({
  storageProfile: { imageReference: { id }, osDisk: { createOption: 'FromImage' } },
})

test('an image is made of an upload, told with its report, listed, and deleted with its bytes', async (t) => {
  const service = await aService(t)
  const { id, end } = await anImage(service)
  assert.equal(end.status, 'Succeeded')
  assert.equal(service.host.uploads.size, 0)
  const { body } = await service.ask('GET', id)
  assert.equal(body.properties.provisioningState, 'Succeeded')
  assert.equal(body.properties.hyperVGeneration, 'V2')
  assert.equal(body.properties.storageProfile.osDisk.diskSizeGB, 1)
  const report = await service.ask('GET', `${id}/providers/TrustedLaunch/report`)
  assert.equal(report.body.examination.securityType, 'TrustedLaunchSupported')
  const list = await service.ask(
    'GET',
    `${service.subscription}/providers/Microsoft.Compute/images`,
  )
  assert.deepEqual(
    list.body.value.map(({ name }: any) => name),
    ['mine'],
  )
  const tags = await service.ask('PATCH', id, { tags: { by: 'me' } })
  assert.deepEqual(tags.body.tags, { by: 'me' })
  assert.equal((await service.over(await service.ask('DELETE', id))).status, 'Succeeded')
  assert.equal(service.host.images.size, 0)
  assert.equal((await service.ask('GET', id)).status, 404)
})

test('a VM of an image, by its id, is what the image is good for, and its host makes it of its bytes', async (t) => {
  const service = await aService(t)
  const { id } = await anImage(service)
  const { id: vm, end } = await aVm(service, 'web', byId(id))
  assert.equal(end.status, 'Succeeded')
  const [machine] = await service.host.machines()
  assert.match(service.host.plan(machine!)!.image, /^sha256:[0-9a-f]{64}$/)
  const { properties } = (await service.ask('GET', vm)).body
  assert.equal(properties.securityProfile.securityType, 'TrustedLaunch')
  assert.deepEqual(properties.storageProfile.imageReference, { id })
  const used = await service.ask('DELETE', id)
  assert.deepEqual([used.status, used.body.error.code], [409, 'OperationNotAllowed'])
  assert.equal((await service.ask('GET', id)).body.properties.provisioningState, 'Succeeded')
  assert.equal(service.host.images.size, 1)
  const gone = await service.over(await service.ask('DELETE', service.group('rg')))
  assert.equal(gone.status, 'Succeeded')
  assert.equal(service.host.images.size, 0)
})

test('an image that Secure Boot refuses makes Standard VMs, with a notice, and no Trusted Launch on asking', async (t) => {
  const service = await aHost(t, { examination: { securityType: null } })
  const { id } = await anImage(service)
  const { id: vm } = await aVm(service, 'web', byId(id))
  const { body } = await service.ask('GET', `${vm}?$expand=instanceView`)
  assert.equal(body.properties.securityProfile.securityType, 'Standard')
  const codes = body.properties.instanceView.statuses.map(({ code }: any) => code)
  assert.ok(codes.includes('TrustedLaunch/NotApplied'), codes.join())
  const nic = await aNetwork(service, 'rg', 'other')
  const asked = { ...byId(id), securityProfile: { securityType: 'TrustedLaunch' } }
  const refused = await service.ask('PUT', vm.replace('/web', '/two'), vmBody(nic, asked))
  assert.match(refused.body.error.message, /Please select Trusted Launch Supported Gen2 OS Image/)
})

test('what fails leaves no image and no upload; what another image has stays', async (t) => {
  let isBroken = true
  const service = await aHost(t, {
    before: (deed: string) => {
      if (deed === 'takeImage' && isBroken) throw new Error('damaged')
    },
  })
  const { id, end } = await anImage(service)
  assert.equal(end.status, 'Failed')
  assert.equal((await service.ask('GET', id)).status, 404)
  assert.equal(service.host.uploads.size, 0)
  isBroken = false
  const one = await anImage(service, 'one', 'same')
  const two = await anImage(service, 'two', 'same')
  await service.over(await service.ask('DELETE', one.id))
  assert.equal(service.host.images.size, 1)
  await service.over(await service.ask('DELETE', two.id))
  assert.equal(service.host.images.size, 0)
})

test('an image that is imported while another of the same bytes is deleted has its bytes', async (t) => {
  let removing = () => {}
  let goOn = () => {}
  const isRemoving = new Promise<void>((resolve) => {
    removing = resolve
  })
  const mayGoOn = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const service = await aHost(t, {
    before: async (deed: string) => {
      if (deed !== 'removeImage') return
      removing()
      await mayGoOn
    },
  })
  const one = await anImage(service, 'one', 'same')
  const deleted = await service.ask('DELETE', one.id)
  await isRemoving
  const two = anImage(service, 'two', 'same')
  await Promise.race([two, sleep(500)])
  goOn()
  assert.equal((await two).end.status, 'Succeeded')
  assert.equal((await service.over(deleted)).status, 'Succeeded')
  assert.equal(service.host.images.size, 1)
})

test('of two images of the same bytes that go at once the bytes go too', async (t) => {
  const service = await aHost(t)
  const one = await anImage(service, 'one', 'same')
  const two = await anImage(service, 'two', 'same')
  const gone = await Promise.all([one, two].map(({ id }) => service.ask('DELETE', id)))
  for (const each of gone) assert.equal((await service.over(each)).status, 'Succeeded')
  assert.equal(service.host.images.size, 0)
})

test('only uploads and allowed hosts are taken; other ways of Azure’s are refused', async (t) => {
  const service = await aService(t)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const refused = async (body: object, pattern: RegExp) => {
    const { status, body: answer } = await service.ask('PUT', imageId(service, 'x'), body)
    assert.ok(status >= 400)
    assert.match(answer.error.message, pattern)
  }
  await refused(imageBody('https://example.org/disk.qcow2'), /tl up --allow-source example\.org/)
  await refused(imageBody('file:///etc/shadow'), /no address that is fetched from/)
  await refused(imageBody('https://me:secret@example.org/'), /no address that is fetched from/)
  await refused(imageBody('upload:one', { managedDisk: { id: '/x' } }), /made of a file here/)
  const vm = { location: 'local', properties: { sourceVirtualMachine: { id: '/x' } } }
  await refused(vm, /Creation of managed images are not supported/)
  await refused({ location: 'local', properties: {} }, /blobUri' is missing/)
  await refused(imageBody('upload:one', { unheardOf: 1 }), /Could not find member 'unheardOf'/)
  const { body } = await service.ask('GET', `${imageId(service, '')}`.replace(/\/$/, ''))
  assert.deepEqual(body.value, [])
})

test('bytes are taken where a piece is expected, and nowhere else', async (t) => {
  const service = await aService(t)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const bytes = { 'content-type': 'application/octet-stream' }
  const path = `${service.group('rg')}/providers/TrustedLaunch/uploads/one`
  const status = async (query: string, body: unknown, headers = bytes) =>
    (await service.ask('PUT', `${path}?${query}`, body, headers)).status
  assert.equal(await status('offset=0&size=4', 'disk'), 201)
  assert.equal(await status('offset=x&size=4', 'disk'), 201, 'the scripted host takes all')
  assert.equal(await status('offset=0&size=4', {}, { 'content-type': 'application/json' }), 400)
  assert.equal(await status('offset=0&size=9', 'x'.repeat((4 << 20) + 1)), 413)
  const other = await service.ask('PUT', imageId(service, 'x'), 'disk', bytes)
  assert.equal(other.body.error.code, 'InvalidRequestContent')
  const elsewhere = path.replace('/rg/', '/none/')
  assert.equal(
    (await service.ask('PUT', `${elsewhere}?offset=0&size=4`, 'disk', bytes)).status,
    404,
  )
})

const binding = (service: TestService, name: string) =>
  `${service.subscription}/providers/TrustedLaunch/imageBindings/${name}`

test('a name of Azure’s means an image here once it is bound: scripts run unchanged, lists show it', async (t) => {
  const service = await aService(t)
  const { id } = await anImage(service)
  const name = 'Debian:debian-12:12-gen2'
  const reference = { publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' }
  const asked = {
    storageProfile: { imageReference: reference, osDisk: { createOption: 'FromImage' } },
  }
  assert.equal((await aVm(service, 'early', asked)).put.body.error.code, 'PlatformImageNotFound')
  const bound = await service.ask('PUT', binding(service, name), { properties: { image: { id } } })
  assert.equal(bound.status, 201, JSON.stringify(bound.body))
  const { end } = await aVm(service, 'web', asked)
  assert.equal(end.status, 'Succeeded')
  const [machine] = await service.host.machines()
  assert.match(service.host.plan(machine!)!.image, /^sha256:/)
  const market = `${service.subscription}/providers/Microsoft.Compute/locations/local/publishers`
  const names = async (path: string) =>
    (await service.ask('GET', market + path)).body.map((one: any) => one.name)
  // Publishers of extensions are among them, with no images.
  const attestation = ['Linux', 'Windows'].map((os) => `Microsoft.Azure.Security.${os}Attestation`)
  assert.deepEqual(await names(''), ['Debian', ...attestation, 'trusted-launch'])
  assert.deepEqual(await names(`/${attestation[0]}/artifacttypes/vmimage/offers`), [])
  assert.deepEqual(await names('/Debian/artifacttypes/vmimage/offers'), ['debian-12'])
  const skus = '/Debian/artifacttypes/vmimage/offers/debian-12/skus'
  assert.deepEqual(await names(skus), ['12-gen2'])
  const [version] = await names(`${skus}/12-gen2/versions`)
  const view = await service.ask('GET', `${market}${skus}/12-gen2/versions/${version}`)
  assert.deepEqual(view.body.properties.features, [
    { name: 'SecurityType', value: 'TrustedLaunchSupported' },
  ])
  assert.equal((await service.ask('DELETE', binding(service, name))).status, 200)
  assert.deepEqual(await names(''), [...attestation, 'trusted-launch'])
})

test('a name may be bound to one of ours; what is no name, is taken or means nothing is refused', async (t) => {
  const service = await aService(t)
  const small = { publisher: 'trusted-launch', offer: 'small', sku: 'gen2', version: 'latest' }
  const bind = (name: string, image: object) =>
    service.ask('PUT', binding(service, name), { properties: { image } })
  assert.equal((await bind('Canonical:ubuntu:24_04', small)).status, 201)
  const list = await service.ask('GET', binding(service, '').replace(/\/$/, ''))
  assert.deepEqual(
    list.body.value.map(({ name }: any) => name),
    ['Canonical:ubuntu:24_04'],
  )
  assert.equal((await bind('Canonical', small)).status, 400)
  assert.equal((await bind('a:b:c:d', small)).status, 400)
  assert.equal((await bind('trusted-launch:small:gen2', small)).status, 409)
  assert.equal((await bind('a:b:c', { ...small, offer: 'none' })).status, 404)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  assert.equal((await bind('a:b:c', { id: imageId(service, 'none') })).status, 404)
  assert.equal((await bind('a:b:c', { id: '/subscriptions/x' })).status, 400)
})

const ofVersion = (version: string) => ({
  storageProfile: {
    imageReference: { ...IMAGE, version },
    osDisk: { createOption: 'FromImage' },
  },
})

test('a platform image is had in each version that its host keeps, and a VM is of the one it names, or of the newest', async (t) => {
  const images = { small: ['2026.09.30', '2026.11.28', '2026.11.28.2'] }
  const service = await aHost(t, { capacity: { images } })
  const path = `${service.subscription}/providers/Microsoft.Compute/locations/local/publishers/trusted-launch/artifacttypes/vmimage/offers/small/skus/gen2/versions`
  const { body } = await service.ask('GET', path)
  assert.deepEqual(
    body.map(({ name }: any) => name),
    images.small,
  )
  for (const [name, version, exact] of [
    ['old', '2026.09.30', '2026.09.30'],
    ['new', 'latest', '2026.11.28.2'],
  ] as const) {
    const { id, end } = await aVm(service, name, ofVersion(version))
    assert.equal(end.status, 'Succeeded')
    const { storageProfile } = (await service.ask('GET', id)).body.properties
    assert.equal(storageProfile.imageReference.exactVersion, exact)
    const plans = (await service.host.machines()).map((machine) => service.host.plan(machine)!)
    assert.equal(plans.find((plan) => plan.name === name)!.image, `small@${exact}`)
  }
  const { put } = await aVm(service, 'none', ofVersion('2026.10.01'))
  assert.deepEqual([put.status, put.body.error.code], [404, 'PlatformImageNotFound'])
})

test('a VM tells the version that was built for it, where that is another than was to be', async (t) => {
  const service = await aHost(t, { prepared: () => 'small@2026.11.29' })
  const { id, end } = await aVm(service)
  assert.equal(end.status, 'Succeeded')
  const { storageProfile } = (await service.ask('GET', id)).body.properties
  assert.equal(storageProfile.imageReference.exactVersion, '2026.11.29')
  const [machine] = await service.host.machines()
  assert.equal(service.host.plan(machine!)!.image, 'small@2026.11.29')
})
