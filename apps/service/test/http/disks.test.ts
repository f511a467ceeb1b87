import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { aService, type TestService } from '../a-service.ts'
import { aVm, IMAGE } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

const diskId = (service: TestService, name: string) =>
  `${service.group('rg')}/providers/Microsoft.Compute/disks/${name}`
const bodyOf = (creationData: object, more = {}) => ({
  location: 'local',
  properties: { creationData, ...more },
})
const empty = { createOption: 'Empty' }

async function aPlace(t: TestContext, script = {}) {
  const service = await aService(t, new ScriptedHost(script))
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const put = (name: string, creationData: object, more = {}) =>
    service.ask('PUT', diskId(service, name), bodyOf(creationData, more))
  return { service, put }
}

test('an empty disk is there at once, grows and does not shrink; what it was made of stays', async (t) => {
  const { service, put } = await aPlace(t)
  const made = await put('one', empty, { diskSizeGB: 4 })
  assert.equal(made.body.properties.provisioningState, 'Succeeded')
  assert.equal((await put('one', empty, { diskSizeGB: 8 })).status, 200)
  const shrunk = await put('one', empty, { diskSizeGB: 4 })
  assert.match(shrunk.body.error.message, /cannot be resized down/)
  const other = await put(
    'one',
    { createOption: 'Import', sourceUri: 'upload:x' },
    { diskSizeGB: 8 },
  )
  assert.equal(other.body.error.code, 'PropertyChangeNotAllowed')
  assert.equal(service.host.filled.size, 0)
})

test('sizes of no disk, more than the host has, and ways that are not done are refused', async (t) => {
  const { service, put } = await aPlace(t, { capacity: { diskGib: 100 } })
  const refused = async (creationData: object, more: object, pattern: RegExp) => {
    const { status, body } = await put('x', creationData, more)
    assert.ok(status >= 400, JSON.stringify(body))
    assert.match(`${body.error.code}: ${body.error.message}`, pattern)
  }
  await refused(empty, {}, /'disk\.diskSizeGB' is missing/)
  for (const diskSizeGB of [0, -1, 32_768, 1.5])
    await refused(empty, { diskSizeGB }, /InvalidParameter: .*disk\.diskSizeGB/)
  await refused(empty, { diskSizeGB: 101 }, /AllocationFailed: .*101 GiB .* 100 GiB/)
  for (const createOption of ['FromImage', 'Attach', 'CopyStart'])
    await refused({ createOption }, { diskSizeGB: 1 }, /OperationNotAllowed: .*is not offered/)
  const image = {
    createOption: 'Copy',
    sourceResourceId: diskId(service, 'a').replace('disks', 'images'),
  }
  await refused(image, {}, /Copy of Microsoft\.Compute\/images' is not offered/)
  const uploading = (uploadSizeBytes?: unknown) => ({ createOption: 'Upload', uploadSizeBytes })
  await refused(uploading(), {}, /uploadSizeBytes' is missing/)
  for (const bytes of [0, 1.5, -1, 2 ** 46]) await refused(uploading(bytes), {}, /uploadSizeBytes/)
  await refused(uploading(101 * 2 ** 30), {}, /AllocationFailed: .*101 GiB/)
  await refused(uploading(2 ** 31), { diskSizeGB: 1 }, /cannot be resized down/)
  await refused({ createOption: 'Copy' }, {}, /sourceResourceId' is missing/)
  await refused(
    { createOption: 'Copy', sourceResourceId: diskId(service, 'a') },
    {},
    /ResourceNotFound/,
  )
  await refused({ createOption: 'Import' }, {}, /sourceUri' is missing/)
  await refused(
    { createOption: 'Import', sourceUri: 'https://example.org/d' },
    {},
    /tl up --allow-source example\.org/,
  )
  await refused(
    { createOption: 'Import', sourceUri: 'http://127.0.0.1/d' },
    {},
    /tl up --allow-source 127\.0\.0\.1/,
  )
  const { body } = await service.ask('GET', diskId(service, '').replace(/\/$/, ''))
  assert.deepEqual(body.value, [])
})

test('a disk of somebody’s bytes takes their size, and one that cannot be filled leaves nothing', async (t) => {
  let isBroken = false
  const { service, put } = await aPlace(t, {
    before: (deed: string) => {
      if (deed === 'fillDisk' && isBroken) throw new Error('damaged')
    },
  })
  const importing = { createOption: 'Import', sourceUri: 'upload:one' }
  const made = await put('one', importing)
  assert.equal((await service.over(made)).status, 'Succeeded')
  const { properties } = (await service.ask('GET', diskId(service, 'one'))).body
  assert.deepEqual([properties.diskSizeGB, properties.provisioningState], [1, 'Succeeded'])
  isBroken = true
  const failed = await service.over(await put('two', importing))
  assert.equal(failed.status, 'Failed')
  assert.equal((await service.ask('GET', diskId(service, 'two'))).status, 404)
})

test('a disk is copied while nobody writes to it, and never to a smaller one', async (t) => {
  const { service, put } = await aPlace(t)
  await put('source', empty, { diskSizeGB: 4 })
  const copy = { createOption: 'Copy', sourceResourceId: diskId(service, 'source') }
  const small = await put('small', copy, { diskSizeGB: 2 })
  assert.match(small.body.error.message, /cannot be resized down/)
  assert.equal((await service.over(await put('copy', copy))).status, 'Succeeded')
  const { properties } = (await service.ask('GET', diskId(service, 'copy'))).body
  assert.equal(properties.diskSizeGB, 4)
  assert.deepEqual(service.host.filled.get(diskId(service, 'copy'))!.source, {
    kind: 'disk',
    id: diskId(service, 'source'),
  })
  const attach = { createOption: 'Attach', managedDisk: { id: diskId(service, 'source') } }
  const storageProfile = {
    imageReference: IMAGE,
    osDisk: { createOption: 'FromImage' },
    dataDisks: [{ lun: 0, ...attach }],
  }
  const { id } = await aVm(service, 'web', { storageProfile })
  const running = await put('again', copy)
  assert.match(running.body.error.message, /is attached to .*\/web, which runs/)
  await service.over(await service.ask('POST', `${id}/deallocate`))
  assert.equal((await service.over(await put('again', copy))).status, 'Succeeded')
  const disks = (await service.ask('GET', diskId(service, '').replace(/\/$/, ''))).body.value
  const own = disks.find(({ name }: any) => name.startsWith('web_OsDisk'))
  const ofOwn = await put('own', { createOption: 'Copy', sourceResourceId: own.id })
  assert.match(ofOwn.body.error.message, /a VM's own/)
})

test('a disk that is being filled is no VM’s data disk yet, and keeps what is changed of it meanwhile', async (t) => {
  const filling = Promise.withResolvers<void>()
  const { service, put } = await aPlace(t, {
    before: (deed: string) => (deed === 'fillDisk' ? filling.promise : undefined),
  })
  const { id } = await aVm(service)
  const importing = { createOption: 'Import', sourceUri: 'upload:one' }
  const made = await put('one', importing)
  const attach = { dataDisksToAttach: [{ diskId: diskId(service, 'one') }] }
  const refused = await service.ask('POST', `${id}/attachDetachDataDisks`, attach)
  const grown = await put('one', importing, { diskSizeGB: 8 })
  filling.resolve()
  assert.deepEqual([refused.status, refused.body.error?.code], [409, 'OperationNotAllowed'])
  assert.match(refused.body.error.message, /is not there yet/)
  assert.equal((await service.over(made)).status, 'Succeeded')
  const { properties } = (await service.ask('GET', diskId(service, 'one'))).body
  assert.deepEqual([grown.status, properties.diskSizeGB], [200, 8])
  const accepted = await service.ask('POST', `${id}/attachDetachDataDisks`, attach)
  assert.equal((await service.over(accepted)).status, 'Succeeded')
})

test('a kind of disk that is not here is refused, as a disk and of a VM, and leaves nothing', async (t) => {
  const { service } = await aPlace(t)
  const creationData = { createOption: 'Empty' }
  const put = (name: string, sku: string) =>
    service.ask('PUT', diskId(service, name), {
      ...bodyOf(creationData, { diskSizeGB: 4 }),
      sku: { name: sku },
    })
  for (const sku of ['UltraSSD_LRS', 'premiumv2_lrs', 'Premium_ZRS']) {
    const { status, body } = await put('x', sku)
    assert.deepEqual([status, body.error.code], [409, 'SkuNotAvailable'], sku)
    assert.equal(body.error.target, 'sku.name')
  }
  assert.deepEqual((await put('x', 'Tape')).body.error.code, 'InvalidParameter')
  assert.equal((await service.ask('GET', diskId(service, 'x'))).status, 404)
  assert.equal((await put('one', 'standard_lrs')).status, 200)
  const other = await service.ask('PATCH', diskId(service, 'one'), {
    sku: { name: 'UltraSSD_LRS' },
  })
  assert.equal(other.body.error.code, 'SkuNotAvailable')

  const storageAccountType = 'UltraSSD_LRS'
  const dataDisks = [{ lun: 0, createOption: 'Empty', managedDisk: { storageAccountType } }]
  const osDisk = { createOption: 'FromImage', managedDisk: { storageAccountType } }
  for (const storageProfile of [
    { imageReference: IMAGE, osDisk },
    { imageReference: IMAGE, osDisk: { createOption: 'FromImage' }, dataDisks },
  ]) {
    const { put } = await aVm(service, 'web', { storageProfile })
    assert.deepEqual([put.status, put.body.error.code], [409, 'SkuNotAvailable'])
  }
  const ultra = await aVm(service, 'web', { additionalCapabilities: { ultraSSDEnabled: true } })
  assert.match(ultra.put.body.error.message, /ultraSSDEnabled' is not offered/)
})

test('a new disk is answered 202 while it is filled and 200 when it is empty, as clients of Azure take it', async (t) => {
  const service = await aService(t)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const empty = await service.ask(
    'PUT',
    diskId(service, 'one'),
    bodyOf({ createOption: 'Empty' }, { diskSizeGB: 4 }),
  )
  assert.equal(empty.status, 200)
  const copy = { createOption: 'Copy', sourceResourceId: diskId(service, 'one') }
  const filled = await service.ask('PUT', diskId(service, 'two'), bodyOf(copy))
  assert.equal(filled.status, 202, JSON.stringify(filled.body))
  assert.equal((await service.over(filled)).status, 'Succeeded')
})
