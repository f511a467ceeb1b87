import assert from 'node:assert/strict'
import { test } from 'node:test'
import { membersOf, vmDispositions } from '@trusted-launch/api'
import { aService, type TestService } from '../a-service.ts'
import { aNetwork, aVm, IMAGE, vmBody } from '../a-vm.ts'

async function told(service: TestService, id: string): Promise<string> {
  const { statuses } = (await service.ask('GET', `${id}/instanceView`)).body
  return statuses.find(({ code }: any) => code === 'NotEnforced/Properties')?.message ?? ''
}

test('what a VM would be less safe or another one without is refused by its path, and nothing is made', async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'rg')
  const id = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/web`
  const osDisk = { createOption: 'FromImage' }
  const storage = (own: object, dataDisks: object[] = []) => ({
    storageProfile: { imageReference: IMAGE, osDisk: { ...osDisk, ...own }, dataDisks },
  })
  const encrypted = { diskEncryptionSet: { id: '/x' } }
  for (const [properties, path] of [
    [{ securityProfile: { encryptionAtHost: true } }, 'securityProfile.encryptionAtHost'],
    [{ availabilitySet: { id: '/x' } }, 'availabilitySet.id'],
    ...(['sharedGalleryImageId', 'communityGalleryImageId'] as const).map(
      (member) =>
        [
          { storageProfile: { imageReference: { ...IMAGE, [member]: '/x' }, osDisk } },
          `storageProfile.imageReference.${member}`,
        ] as const,
    ),
    [storage({ vhd: { uri: 'https://x/y.vhd' } }), 'storageProfile.osDisk.vhd.uri'],
    [
      storage({}, [{ lun: 0, createOption: 'Empty', diskSizeGB: 1, managedDisk: encrypted }]),
      'storageProfile.dataDisks.managedDisk.diskEncryptionSet.id',
    ],
    [
      {
        networkProfile: {
          networkInterfaces: [{ id: nic }],
          networkInterfaceConfigurations: [{ name: 'a' }],
        },
      },
      'networkProfile.networkInterfaceConfigurations.name',
    ],
  ] as const) {
    const { status, body } = await service.ask('PUT', id, vmBody(nic, properties))
    assert.deepEqual(
      [status, body.error?.target],
      [400, `properties.${path}`],
      JSON.stringify(body),
    )
  }
  assert.equal((await service.ask('GET', id)).status, 404)
  const off = { encryptionAtHost: false, proxyAgentSettings: { enabled: false } }
  const put = await service.ask('PUT', id, vmBody(nic, { securityProfile: off }))
  assert.equal(put.status, 201, JSON.stringify(put.body))
})

test('a VM’s own disk is made of its image, and a reimage is of that one: what asks for anything else is refused by its path', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const nic = await aNetwork(service, 'rg', 'other')
  for (const createOption of ['Copy', 'Empty', 'Restore']) {
    const storageProfile = { imageReference: IMAGE, osDisk: { createOption } }
    const { status, body } = await service.ask('PUT', `${id}2`, vmBody(nic, { storageProfile }))
    assert.deepEqual([status, body.error?.target], [400, 'osDisk.createOption'], createOption)
  }
  const { status, body } = await service.ask('POST', `${id}/reimage`, { exactVersion: '1.0.0' })
  assert.deepEqual([status, body.error?.target], [409, 'exactVersion'])
})

test('what has no effect is told, wherever it stands; what was filled in is nobody’s', async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'rg')
  const id = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/web`
  const bootDiagnostics = { enabled: true, storageUri: 'https://x.y/' }
  const properties = { licenseType: 'None', diagnosticsProfile: { bootDiagnostics } }
  const body = { ...vmBody(nic, properties), zones: ['1'] }
  assert.equal((await service.over(await service.ask('PUT', id, body))).status, 'Succeeded')
  const first = await told(service, id)
  assert.match(first, /zones/)
  assert.match(first, /properties\.licenseType/)
  assert.match(first, /bootDiagnostics\.storageUri/)
  assert.doesNotMatch(first, /caching|storageAccountType/)
  const vm = (await service.ask('GET', id)).body
  assert.equal((await service.ask('PUT', id, { ...vm, tags: { a: 'b' } })).status, 200)
  assert.equal(await told(service, id), first)
})

test('userData is kept, told to have no effect, and shown to who asks for it', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service, 'web', { userData: 'aGVsbG8=' })
  assert.match(await told(service, id), /properties\.userData/)
  assert.equal((await service.ask('GET', id)).body.properties.userData, undefined)
  const { body } = await service.ask('GET', `${id}?$expand=userData`)
  assert.equal(body.properties.userData, 'aGVsbG8=')
})

test('how a data disk is detached has no effect, and is told', () => {
  const dataDisks = [{ lun: 0, toBeDetached: true, detachOption: 'ForceDetach' }]
  const body = { properties: { storageProfile: { dataDisks } } }
  const path = 'properties.storageProfile.dataDisks.detachOption'
  assert.deepEqual(membersOf(vmDispositions, body, 'notEnforced'), [path])
})
