import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { aService, type TestService } from '../a-service.ts'
import { aVm, IMAGE } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

/** What a disk was made as. */
const madeOf = ({ sku, properties }: any) => {
  const { creationData, osType, hyperVGeneration, diskSizeGB, securityProfile } = properties
  return { sku, creationData, osType, hyperVGeneration, diskSizeGB, securityProfile }
}

/** A free disk, a VM's own and one of its data disks; the VM is deallocated, so that they may grow. */
async function disksOf(t: TestContext): Promise<{ service: TestService; ids: string[] }> {
  const service = await aService(t, new ScriptedHost({ capacity: { diskGib: 100 } }))
  const { id } = await aVm(service, 'web', {
    securityProfile: { securityType: 'TrustedLaunch' },
    storageProfile: {
      imageReference: IMAGE,
      osDisk: { createOption: 'FromImage' },
      dataDisks: [{ lun: 0, name: 'data', createOption: 'Empty', diskSizeGB: 4 }],
    },
  })
  await service.over(await service.ask('POST', `${id}/deallocate`))
  const at = `${service.group('rg')}/providers/Microsoft.Compute/disks`
  const made = await service.ask('PUT', `${at}/free`, {
    location: 'local',
    sku: { name: 'Standard_LRS' },
    properties: {
      creationData: { createOption: 'Import', sourceUri: 'upload:one' },
      ...{ osType: 'Linux', hyperVGeneration: 'V2', diskSizeGB: 4 },
      securityProfile: { securityType: 'TrustedLaunch' },
    },
  })
  assert.equal((await service.over(made)).status, 'Succeeded')
  const { osDisk } = (await service.ask('GET', id)).body.properties.storageProfile
  return { service, ids: [`${at}/free`, osDisk.managedDisk.id, `${at}/data`] }
}

test('what a disk was made as stays, whatever a change leaves out or says is null', async (t) => {
  const { service, ids } = await disksOf(t)
  const nothing = { creationData: null, osType: null, hyperVGeneration: null, diskSizeGB: null }
  for (const id of ids) {
    const before = madeOf((await service.ask('GET', id)).body)
    for (const [verb, body] of [
      ['PUT', { location: 'local' }],
      ['PUT', { location: 'local', sku: {}, properties: { securityProfile: {} } }],
      ['PUT', { location: 'local', sku: null, properties: nothing }],
      ['PUT', { location: 'local', properties: { creationData: {}, osType: before.osType } }],
      ['PATCH', { sku: null, properties: { osType: null, diskSizeGB: null } }],
    ] as const) {
      const what = `${verb} ${JSON.stringify(body)} of ${id}`
      const { status, body: answer } = await service.ask(verb, id, body)
      assert.equal(status, 200, `${what}: ${JSON.stringify(answer)}`)
      assert.deepEqual(madeOf((await service.ask('GET', id)).body), before, what)
    }
  }
})

test('what a disk was made as does not become another', async (t) => {
  const { service, ids } = await disksOf(t)
  for (const id of ids) {
    const before = madeOf((await service.ask('GET', id)).body)
    const refused = async (verb: string, target: string, properties: object) => {
      const location = verb === 'PUT' ? { location: 'local' } : {}
      const { status, body } = await service.ask(verb, id, { ...location, properties })
      const what = `${verb} ${target} of ${id}: ${JSON.stringify(body)}`
      assert.deepEqual([status, body.error?.code], [409, 'PropertyChangeNotAllowed'], what)
      const message = `Changing property '${target}' is not allowed.`
      assert.deepEqual([body.error.target, body.error.message], [target, message])
    }
    await refused('PUT', 'osType', { osType: 'Windows' })
    // Of what is fixed, Azure's PATCH has this alone.
    await refused('PATCH', 'osType', { osType: 'Windows' })
    await refused('PUT', 'hyperVGeneration', { hyperVGeneration: 'V1' })
    await refused('PUT', 'securityProfile.securityType', {
      securityProfile: { securityType: 'ConfidentialVM_VMGuestStateOnlyEncryptedWithPlatformKey' },
    })
    const made = { createOption: 'Copy', sourceUri: 'upload:x', securityDataUri: 'upload:x' }
    for (const [name, value] of Object.entries(made))
      await refused('PUT', `creationData.${name}`, { creationData: { [name]: value } })
    assert.deepEqual(madeOf((await service.ask('GET', id)).body), before)
  }
})

test('a disk whose size was taken away in between neither shrinks nor grows beyond the room there is', async (t) => {
  const { service, ids } = await disksOf(t)
  for (const id of ids) {
    const { diskSizeGB } = (await service.ask('GET', id)).body.properties
    for (const [verb, more] of [
      ['PUT', { location: 'local' }],
      ['PATCH', {}],
    ] as const) {
      const size = (value: number | null) =>
        service.ask(verb, id, { ...more, properties: { diskSizeGB: value } })
      assert.equal((await size(null)).status, 200)
      assert.equal((await size(99)).body.error?.code, 'AllocationFailed')
      if (diskSizeGB > 1)
        assert.match((await size(1)).body.error?.message ?? '', /cannot be resized down/)
    }
    const grown = await service.ask('PATCH', id, { properties: { diskSizeGB: diskSizeGB + 1 } })
    assert.deepEqual([grown.status, grown.body.properties.diskSizeGB], [200, diskSizeGB + 1])
  }
})

test('a disk is sent back as it came, its enumerations in any case of letters, and keeps their spelling', async (t) => {
  const { service, ids } = await disksOf(t)
  for (const id of ids) {
    const { body } = await service.ask('GET', id)
    const put = await service.ask('PUT', id, body)
    assert.equal(put.status, 200, JSON.stringify(put.body))
    assert.deepEqual(madeOf(put.body), madeOf(body))
    const { createOption } = body.properties.creationData
    const creationData = { createOption: createOption.toUpperCase() }
    const again = await service.ask('PUT', id, { location: 'local', properties: { creationData } })
    assert.deepEqual([again.status, madeOf(again.body)], [200, madeOf(body)])
  }
})

test('a size below 1 GiB is no parameter of any disk, of a VM or of its own', async (t) => {
  const { service, ids } = await disksOf(t)
  const vm = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/web`
  const own = (diskSizeGB: number) => ({ osDisk: { diskSizeGB } })
  const data = (diskSizeGB: number, name = 'data') => ({
    dataDisks: [{ lun: 0, name, createOption: 'Empty', diskSizeGB }],
  })
  for (const size of [-1, 0, 1.5, 32_768]) {
    for (const storageProfile of [own(size), data(size)]) {
      const { status, body } = await service.ask('PATCH', vm, { properties: { storageProfile } })
      assert.deepEqual([status, body.error?.code], [400, 'InvalidParameter'], JSON.stringify(body))
    }
    for (const asked of [own(size), data(size, 'new')]) {
      const storageProfile = { imageReference: IMAGE, ...asked }
      const { put } = await aVm(service, 'other', { storageProfile })
      assert.deepEqual([put.status, put.body.error?.code], [400, 'InvalidParameter'])
    }
    const managedDisk = { id: ids[0]! }
    const osDisk = { createOption: 'Attach', managedDisk, diskSizeGB: size }
    const taken = await aVm(service, 'other', { storageProfile: { osDisk }, osProfile: undefined })
    assert.deepEqual([taken.put.status, taken.put.body.error?.code], [400, 'InvalidParameter'])
    assert.equal(taken.put.body.error.target, 'osDisk.diskSizeGB')
    for (const id of ids) {
      const { status, body } = await service.ask('PATCH', id, { properties: { diskSizeGB: size } })
      assert.deepEqual([status, body.error?.code], [400, 'InvalidParameter'])
    }
  }
})
