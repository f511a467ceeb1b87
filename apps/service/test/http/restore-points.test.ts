import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ArmError } from '@trusted-launch/api'
import { refusals } from '../../src/catalogue/texts.ts'
import { aService } from '../a-service.ts'
import { aVm, IMAGE } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

/** A VM with a data disk at lun 3, and a collection for its restore points. */
async function aPlace(t: TestContext, script = {}) {
  const service = await aService(t, new ScriptedHost(script))
  const at = (type: string, name: string) =>
    `${service.group('rg')}/providers/Microsoft.Compute/${type}/${name}`
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  await service.ask('PUT', at('disks', 'data'), {
    location: 'local',
    properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 4 },
  })
  const attach = { lun: 3, createOption: 'Attach', managedDisk: { id: at('disks', 'data') } }
  const storageProfile = {
    imageReference: IMAGE,
    osDisk: { createOption: 'FromImage' },
    dataDisks: [attach],
  }
  const { id: vm } = await aVm(service, 'web', { storageProfile })
  const own: string = (await service.ask('GET', vm)).body.properties.storageProfile.osDisk
    .managedDisk.id
  const collection = at('restorePointCollections', 'of-web')
  const made = await service.ask('PUT', collection, {
    location: 'local',
    properties: { source: { id: vm } },
  })
  assert.equal(made.status, 201)
  const take = (name: string, properties: object = {}) =>
    service.ask('PUT', `${collection}/restorePoints/${name}`, { properties })
  const off = async () => service.over(await service.ask('POST', `${vm}/deallocate`))
  const restore = (id: string) => service.ask('POST', `${vm}/restore`, { restorePoint: { id } })
  const point = (name: string) => `${collection}/restorePoints/${name}`
  return { service, at, vm, own, collection, take, off, restore, point }
}

test('a restore point has a VM’s disks, variable store and vTPM, and says what the VM was', async (t) => {
  const { service, vm, own, collection, take, point } = await aPlace(t)
  const made = await take('one')
  assert.equal(made.status, 201)
  assert.equal((await service.over(made)).status, 'Succeeded')
  const { properties } = (await service.ask('GET', `${point('one')}?$expand=instanceView`)).body
  assert.deepEqual(
    [properties.consistencyMode, properties.vTpmGeneration, properties.provisioningState],
    ['CrashConsistent', 1, 'Succeeded'],
  )
  const { sourceMetadata: source } = properties
  assert.equal(source.securityProfile.securityType, 'TrustedLaunch')
  assert.equal(source.storageProfile.osDisk.managedDisk.id, own)
  assert.deepEqual(
    source.storageProfile.dataDisks.map(({ lun, diskSizeGB }: any) => [lun, diskSizeGB]),
    [[3, 4]],
  )
  assert.equal(source.vmId, (await service.ask('GET', vm)).body.properties.vmId)
  assert.equal(properties.instanceView.diskRestorePoints.length, 2)
  for (const { id } of properties.instanceView.diskRestorePoints) {
    const { body: disk } = await service.ask('GET', id)
    assert.deepEqual([disk.id, disk.properties.completionPercent], [id, 100])
  }
  const { body: ofDisks } = await service.ask('GET', `${point('one')}/diskRestorePoints`)
  const [first, second] = ofDisks.value.map((one: any) => one.properties)
  assert.deepEqual([first.sourceResourceId, first.osType, second.osType], [own, 'Linux', undefined])
  assert.equal(first.securityProfile.securityType, 'TrustedLaunch')
  const none = await service.ask('GET', `${point('one')}/diskRestorePoints/none`)
  assert.equal(none.body.error.code, 'ResourceNotFound')
  const [asked] = [...service.host.points.values()]
  assert.deepEqual(asked!.luns, [null, 3])
  const { body } = await service.ask('GET', `${collection}?$expand=restorePoints`)
  assert.deepEqual(
    body.properties.restorePoints.map(({ name }: any) => name),
    ['one'],
  )
  assert.equal((await take('one')).body.error.code, 'PropertyChangeNotAllowed')
  const left = await take('two', { excludeDisks: [{ id: own.replace(/[^/]+$/, 'DATA') }] })
  await service.over(left)
  assert.deepEqual([...service.host.points.values()].at(-1)!.luns, [null])
})

test('a deallocated VM is put back, with the data disks that it has yet, and says so; of another VM’s point it is not', async (t) => {
  const { service, vm, at, take, off, restore, point } = await aPlace(t)
  await service.over(await take('one'))
  const early = await restore(point('one'))
  assert.match(early.body.error.message, /is running: deallocate it/)
  await off()
  const done = await service.over(await restore(point('one')))
  assert.equal(done.status, 'Succeeded', JSON.stringify(done))
  const [{ luns, point: put }] = service.host.restored as [any]
  assert.deepEqual([luns, service.host.points.has(put)], [[3], true])
  const { body } = await service.ask('GET', `${vm}/instanceView`)
  const notice = body.statuses.find(({ code }: any) => /PutBack/.test(code))
  assert.match(notice.message, /put back to '.*\/restorePoints\/one' at /)
  await service.over(
    await service.ask('PATCH', vm, { properties: { storageProfile: { dataDisks: [] } } }),
  )
  await service.over(await restore(point('one')))
  assert.deepEqual(service.host.restored.at(-1)!.luns, [], 'a disk that went stays as it is')
  const other = await aVm(service, 'other')
  await service.over(await service.ask('POST', `${other.id}/deallocate`))
  const foreign = await service.ask('POST', `${other.id}/restore`, {
    restorePoint: { id: point('one') },
  })
  assert.match(foreign.body.error.message, /is of another Virtual Machine/)
  const none = await restore(at('restorePointCollections', 'of-web/restorePoints/none'))
  assert.equal(none.body.error.code, 'ResourceNotFound')
  assert.equal((await restore(at('disks', 'data'))).body.error.code, 'LinkedInvalidPropertyId')
})

test('a disk of a restore point becomes a disk that says what that said, and outlives VM and point', async (t) => {
  const { service, at, vm, own, collection, take, point } = await aPlace(t)
  await service.over(await take('one'))
  await service.over(await service.ask('DELETE', vm))
  const sourceResourceId = `${point('one')}/diskRestorePoints/${own.split('/').at(-1)}`
  const put = (name: string, creationData: object) =>
    service.ask('PUT', at('disks', name), { location: 'local', properties: { creationData } })
  const made = await put('again', { createOption: 'Restore', sourceResourceId })
  assert.equal((await service.over(made)).status, 'Succeeded')
  const { properties } = (await service.ask('GET', at('disks', 'again'))).body
  assert.deepEqual(
    [properties.osType, properties.securityProfile],
    ['Linux', { securityType: 'TrustedLaunch' }],
  )
  const { source } = service.host.filled.get(at('disks', 'again')) as any
  assert.deepEqual([source.kind, source.lun], ['restorePoint', null])
  const none = await put('none', {
    createOption: 'Restore',
    sourceResourceId: `${point('one')}/diskRestorePoints/none`,
  })
  assert.equal(none.body.error.code, 'ResourceNotFound')
  await service.over(await service.ask('DELETE', collection))
  assert.equal(service.host.points.size, 0)
  assert.equal((await service.ask('GET', point('one'))).status, 404)
})

test('what is not done is refused by name, a point that cannot be taken leaves nothing, and a locked vTPM is told in Azure’s words', async (t) => {
  let fault: Error | null = null
  const { service, own, collection, vm, take, off, restore, point } = await aPlace(t, {
    before: (deed: string) => {
      if (fault !== null && /^(?:takeRestorePoint|restore)$/.test(deed)) throw fault
    },
  })
  const refused = async (name: string, properties: object, pattern: RegExp) => {
    const { status, body } = await take(name, properties)
    assert.ok(status >= 400, JSON.stringify(body))
    assert.match(`${body.error.code}: ${body.error.message}`, pattern)
  }
  await refused('x', { consistencyMode: 'ApplicationConsistent' }, /'CrashConsistent' here/)
  await refused(
    'x',
    { sourceRestorePoint: { id: point('one') } },
    /'sourceRestorePoint' is not off/,
  )
  await refused('x', { excludeDisks: [{ id: own }] }, /OperationNotAllowed/)
  const moved = await service.ask('PUT', collection, {
    location: 'local',
    properties: { source: { id: `${vm}-other` } },
  })
  assert.equal(moved.body.error.code, 'PropertyChangeNotAllowed')
  fault = new Error('no room')
  assert.equal((await service.over(await take('one'))).status, 'Failed')
  assert.equal((await service.ask('GET', point('one'))).status, 404)
  fault = null
  await off()
  await service.over(await take('one', { consistencyMode: 'ApplicationConsistent' }))
  fault = new ArmError(refusals.vtpmLocked('web', 'its key does not open it'))
  const locked = await service.over(await restore(point('one')))
  assert.match(locked.error.message, /virtual Trusted Platform Module \(vTPM\) state is locked/)
  fault = null
  assert.equal((await service.over(await restore(point('one')))).status, 'Succeeded')
  await service.over(await service.ask('DELETE', service.group('rg')))
  assert.equal(service.host.points.size, 0)
})

test('a VM of a point’s disk has a vTPM of its own, or on asking the point’s: never beside the VM that has it, unless forced, and then both say so', async (t) => {
  const { service, at, vm, own, take, point } = await aPlace(t)
  await service.over(await take('one'))
  const sourceResourceId = `${point('one')}/diskRestorePoints/${own.split('/').at(-1)}`
  const made = async (disk: string, trustedLaunch?: object, source = sourceResourceId) => {
    const creationData = { createOption: 'Restore', sourceResourceId: source }
    const id = at('disks', disk)
    await service.over(
      await service.ask('PUT', id, { location: 'local', properties: { creationData } }),
    )
    const osDisk = { createOption: 'Attach', osType: 'Linux', managedDisk: { id } }
    const more = { osProfile: undefined, ...(trustedLaunch && { trustedLaunch }) }
    return aVm(service, `vm-${disk}`, { storageProfile: { osDisk }, ...more })
  }
  const noticesOf = async (id: string) =>
    (await service.ask('GET', `${id}/instanceView`)).body.statuses.map(({ code }: any) => code)
  const planOf = async (id: string) =>
    service.host.plan(`vm-${(await service.ask('GET', id)).body.properties.vmId}`)!
  const vTpmOf = { restorePoint: { id: point('one') } }

  const replaced = await made('a')
  assert.equal(replaced.end.status, 'Succeeded')
  assert.equal((await planOf(replaced.id)).vtpmOf, null)
  assert.ok((await noticesOf(replaced.id)).some((code: string) => /NewVtpm/.test(code)))
  const early = await made('b', { vTpmOf })
  assert.match(early.put.body.error.message, /'web' exists and has this vTPM/)
  const forced = await made('c', { vTpmOf: { ...vTpmOf, force: true } })
  assert.equal(forced.end.status, 'Succeeded')
  assert.ok(service.host.points.has((await planOf(forced.id)).vtpmOf!))
  for (const id of [forced.id, vm])
    assert.ok(
      (await noticesOf(id)).some((code: string) => /SharedVtpm/.test(code)),
      id,
    )
  await service.over(await service.ask('DELETE', vm))
  const again = await made('d', { vTpmOf })
  assert.match(again.put.body.error.message, /'vm-c' exists/, 'the copy has it too')
  await service.over(await service.ask('DELETE', forced.id))
  const alone = await made('e', { vTpmOf })
  assert.equal(alone.end.status, 'Succeeded')
  assert.equal(
    (await noticesOf(alone.id)).some((code: string) => /SharedVtpm/.test(code)),
    false,
  )
  const other = await made('f', { vTpmOf }, `${point('one')}/diskRestorePoints/data`)
  assert.match(JSON.stringify(other.put.body), /goes with the disk|no osType/)
})
