import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { aService, type TestService } from '../a-service.ts'
import { aVm, IMAGE } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

const idOf = (service: TestService, type: string, name: string) =>
  `${service.group('rg')}/providers/Microsoft.Compute/${type}/${name}`

async function aPlace(t: TestContext, script = {}) {
  const service = await aService(t, new ScriptedHost(script))
  const at = (type: string, name: string) => idOf(service, type, name)
  const put = (type: string, name: string, creationData: object, more = {}) =>
    service.ask('PUT', at(type, name), {
      location: 'local',
      properties: { creationData, ...more },
    })
  const copyOf = (sourceResourceId: string, createOption = 'Copy') => ({
    createOption,
    sourceResourceId,
  })
  return { service, at, put, copyOf }
}

/** A VM with a data disk; its own disk's id. */
async function aVmWithDisk({ service, at, put }: Awaited<ReturnType<typeof aPlace>>) {
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  await put('disks', 'data', { createOption: 'Empty' }, { diskSizeGB: 4 })
  const attach = { lun: 3, createOption: 'Attach', managedDisk: { id: at('disks', 'data') } }
  const storageProfile = {
    imageReference: IMAGE,
    osDisk: { createOption: 'FromImage' },
    dataDisks: [attach],
  }
  const { id } = await aVm(service, 'web', { storageProfile })
  const { body } = await service.ask('GET', id)
  return { vm: id, own: body.properties.storageProfile.osDisk.managedDisk.id as string }
}

test('the disks of a VM that runs are snapshotted, and a snapshot says what its disk says and how consistent it is', async (t) => {
  const place = await aPlace(t)
  const { service, at, put, copyOf } = place
  const { vm, own } = await aVmWithDisk(place)
  const made = await put('snapshots', 'one', copyOf(own), { incremental: true })
  assert.equal(made.status, 202)
  assert.equal((await service.over(made)).status, 'Succeeded')
  const { properties } = (await service.ask('GET', at('snapshots', 'one'))).body
  assert.deepEqual(properties.securityProfile, { securityType: 'TrustedLaunch' })
  assert.deepEqual(
    [properties.osType, properties.hyperVGeneration, properties.incremental],
    ['Linux', 'V2', true],
  )
  assert.equal(properties.incrementalSnapshotFamilyId, own.toLowerCase())
  assert.deepEqual(
    [properties.completionPercent, properties.consistencyMode],
    [100, 'CrashConsistent'],
  )
  const taken = service.host.snapshots.get(at('snapshots', 'one')) as any
  assert.deepEqual([taken.id, taken.holder.isOwn], [own, true])
  await service.over(await put('snapshots', 'two', copyOf(at('disks', 'data'))))
  const ofData = service.host.snapshots.get(at('snapshots', 'two')) as any
  assert.deepEqual([ofData.holder.isOwn, ofData.sizeGib], [false, 4])
  const listed = await service.ask('GET', at('snapshots', '').replace(/\/$/, ''))
  assert.deepEqual(
    listed.body.value.map(({ name }: any) => name),
    ['one', 'two'],
  )
  // It outlives its disk and its VM.
  await service.over(await service.ask('DELETE', vm))
  await service.over(await service.ask('DELETE', own))
  assert.equal((await service.ask('GET', at('snapshots', 'one'))).status, 200)
})

test('a disk of a snapshot says what that says, and a VM starts from it', async (t) => {
  const place = await aPlace(t)
  const { service, at, put, copyOf } = place
  const { own } = await aVmWithDisk(place)
  await service.over(await put('snapshots', 'one', copyOf(own)))
  await service.over(await put('snapshots', 'again', copyOf(at('snapshots', 'one'), 'CopyStart')))
  assert.deepEqual(service.host.snapshots.get(at('snapshots', 'again')), {
    kind: 'snapshot',
    id: at('snapshots', 'one'),
  })
  const disk = at('disks', 'os')
  const filled = await service.over(await put('disks', 'os', copyOf(at('snapshots', 'again'))))
  assert.equal(filled.status, 'Succeeded')
  const { properties } = (await service.ask('GET', disk)).body
  assert.deepEqual(
    [properties.osType, properties.securityProfile],
    ['Linux', { securityType: 'TrustedLaunch' }],
  )
  assert.equal(service.host.filled.get(disk)!.source.kind, 'snapshot')
  const storageProfile = {
    osDisk: { createOption: 'Attach', osType: 'Linux', managedDisk: { id: disk } },
  }
  const { end } = await aVm(service, 'next', { storageProfile, osProfile: undefined })
  assert.equal(end.status, 'Succeeded')
})

test('what a snapshot holds never changes, its tags do; what is not done is refused by name', async (t) => {
  const place = await aPlace(t, { capacity: { diskGib: 100 } })
  const { service, at, put, copyOf } = place
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  await put('disks', 'data', { createOption: 'Empty' }, { diskSizeGB: 60 })
  const refused = async (creationData: object, more: object, pattern: RegExp) => {
    const { status, body } = await put('snapshots', 'x', creationData, more)
    assert.ok(status >= 400, JSON.stringify(body))
    assert.match(`${body.error.code}: ${body.error.message}`, pattern)
  }
  await refused(copyOf(at('disks', 'data')), {}, /AllocationFailed: .*60 GiB are needed/)
  await refused({ createOption: 'Import', sourceUri: 'https://example.org' }, {}, /is not offered/)
  await refused({ createOption: 'Copy' }, {}, /sourceResourceId' is missing/)
  await refused(copyOf(at('disks', 'none')), {}, /ResourceNotFound/)
  await refused(copyOf(at('galleries', 'none')), {}, /LinkedInvalidPropertyId/)
  await refused(
    copyOf(at('disks', 'data')),
    { securityProfile: { securityType: 'ConfidentialVM_DiskEncryptedWithPlatformKey' } },
    /onfidential/,
  )
  await put('disks', 'small', { createOption: 'Empty' }, { diskSizeGB: 4 })
  await service.over(await put('snapshots', 'one', copyOf(at('disks', 'small'))))
  const changed = await put('snapshots', 'one', copyOf(at('disks', 'data')))
  assert.equal(changed.body.error.code, 'PropertyChangeNotAllowed')
  const larger = await service.ask('PATCH', at('snapshots', 'one'), {
    properties: { diskSizeGB: 8 },
  })
  assert.equal(larger.body.error.code, 'PropertyChangeNotAllowed')
  const tagged = await service.ask('PATCH', at('snapshots', 'one'), { tags: { for: 'me' } })
  assert.deepEqual(tagged.body.tags, { for: 'me' })
  assert.equal((await service.ask('DELETE', at('snapshots', 'none'))).status, 204)
})

test('a snapshot that cannot be taken leaves nothing, and a group takes its snapshots with it', async (t) => {
  let isBroken = true
  const place = await aPlace(t, {
    before: (deed: string) => {
      if (deed === 'takeSnapshot' && isBroken) throw new Error('no room')
    },
  })
  const { service, at, put, copyOf } = place
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  await put('disks', 'data', { createOption: 'Empty' }, { diskSizeGB: 4 })
  const failed = await service.over(await put('snapshots', 'one', copyOf(at('disks', 'data'))))
  assert.equal(failed.status, 'Failed')
  assert.equal((await service.ask('GET', at('snapshots', 'one'))).status, 404)
  isBroken = false
  await service.over(await put('snapshots', 'one', copyOf(at('disks', 'data'))))
  assert.equal(service.host.snapshots.size, 1)
  await service.over(await service.ask('DELETE', service.group('rg')))
  assert.equal(service.host.snapshots.size, 0)
})
