import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { CONTRIBUTOR, READER } from '../../src/identity/role-definitions.ts'
import { aPrincipal, mayAlso } from '../a-principal.ts'
import { aService } from '../a-service.ts'
import { aNetwork, aVm, IMAGE, vmBody } from '../a-vm.ts'

const dataDisk = (id: string, rest: object = {}) => ({
  storageProfile: {
    imageReference: IMAGE,
    osDisk: { createOption: 'FromImage' },
    dataDisks: [{ lun: 0, createOption: 'Attach', managedDisk: { id }, ...rest }],
  },
})

test('who manages one group takes no interface and no disk of another, and makes none there', async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'mine')
  const theirNic = await aNetwork(service, 'theirs')
  const theirs = service.group('theirs')
  const disk = `${theirs}/providers/Microsoft.Compute/disks/one`
  const empty = {
    location: 'local',
    properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 4 },
  }
  assert.equal((await service.ask('PUT', disk, empty)).status, 200)
  const { ask } = await aPrincipal(service, CONTRIBUTOR.name, service.group('mine'))
  const id = `${service.group('mine')}/providers/Microsoft.Compute/virtualMachines/web`
  const made = `${theirs}/providers/Microsoft.Compute/disks/new`
  for (const [body, action] of [
    [vmBody(theirNic), 'Microsoft.Network/networkInterfaces/join/action'],
    [vmBody(nic, dataDisk(disk)), 'Microsoft.Compute/disks/write'],
    [vmBody(nic, dataDisk(made, { createOption: 'Empty' })), 'Microsoft.Compute/disks/write'],
  ] as const) {
    const { status, body: answer } = await ask('PUT', id, body)
    assert.deepEqual([status, answer.error?.code], [403, 'LinkedAuthorizationFailed'])
    assert.ok(answer.error.message.includes(action), answer.error.message)
  }
  assert.equal((await service.ask('GET', id)).status, 404)
  assert.equal((await service.ask('GET', made)).status, 404)
  const into = `${service.group('mine')}/providers/Microsoft.Network/networkInterfaces/x`
  const subnet = { id: `${theirs}/providers/Microsoft.Network/virtualNetworks/net/subnets/one` }
  const joined = await ask('PUT', into, {
    location: 'local',
    properties: { ipConfigurations: [{ name: 'ip', properties: { subnet } }] },
  })
  assert.equal(joined.body.error?.code, 'LinkedAuthorizationFailed')
})

test('who manages one group names no security group of another, by no interface, subnet or network', async (t) => {
  const service = await aService(t)
  for (const name of ['mine', 'theirs'])
    await service.ask('PUT', service.group(name), { location: 'local' })
  const groups = 'providers/Microsoft.Network/networkSecurityGroups'
  const theirs = `${service.group('theirs')}/${groups}/sg`
  const mine = `${service.group('mine')}/${groups}/sg`
  for (const id of [theirs, mine])
    assert.equal((await service.ask('PUT', id, { location: 'local', properties: {} })).status, 201)
  const { ask } = await aPrincipal(service, CONTRIBUTOR.name, service.group('mine'))
  const at = `${service.group('mine')}/providers/Microsoft.Network`
  const addressSpace = { addressPrefixes: ['10.0.0.0/16'] }
  const subnet = (addressPrefix: string, id: string) => ({
    name: 'one',
    properties: { addressPrefix, networkSecurityGroup: { id } },
  })
  const placed = (properties: object) => ({ location: 'local', properties })
  const group = (id: string) => ({
    networkSecurityGroup: { id },
    ipConfigurations: [
      { name: 'ip', properties: { subnet: { id: `${at}/virtualNetworks/net/subnets/one` } } },
    ],
  })
  const named = (id: string): [string, object][] => [
    ['virtualNetworks/net', placed({ addressSpace, subnets: [subnet('10.0.0.0/24', id)] })],
    ['virtualNetworks/net/subnets/two', { properties: subnet('10.0.1.0/24', id).properties }],
    ['networkInterfaces/nic', placed(group(id))],
  ]
  const put = async ([path, body]: [string, object]) =>
    (await ask('PUT', `${at}/${path}`, body)).body
  for (const one of named(mine)) assert.equal((await put(one)).error, undefined, one[0])
  for (const one of named(theirs)) {
    const { code, message } = (await put(one)).error ?? {}
    assert.equal(code, 'LinkedAuthorizationFailed', one[0])
    assert.match(message, /networkSecurityGroups\/join\/action/)
  }
})

test('what a VM names as its disk is a disk: no role, lock or VM is changed or goes with it', async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'rg')
  const lock = `${service.group('rg')}/providers/Microsoft.Authorization/locks/keep`
  await service.ask('PUT', lock, { properties: { level: 'CanNotDelete' } })
  const id = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/web`
  for (const named of [lock, nic, service.group('rg'), service.subscription, 'x', '/'])
    for (const createOption of ['Attach', 'Empty']) {
      const { status, body } = await service.ask(
        'PUT',
        id,
        vmBody(nic, dataDisk(named, { createOption, deleteOption: 'Delete' })),
      )
      assert.deepEqual([status, body.error?.code], [400, 'LinkedInvalidPropertyId'], named)
    }
  const noNic = await service.ask('PUT', id, vmBody(lock))
  assert.deepEqual([noNic.status, noNic.body.error?.code], [400, 'LinkedInvalidPropertyId'])
})

test('a VM keeps its own disk and interfaces, whatever a change names in their place', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const other = await aVm(service, 'other')
  const { properties } = (await service.ask('GET', id)).body
  const theirs = (await service.ask('GET', other.id)).body.properties
  const theirDisk = theirs.storageProfile.osDisk.managedDisk.id
  const patches = [
    { storageProfile: { osDisk: { managedDisk: { id: theirDisk }, deleteOption: 'Delete' } } },
    { storageProfile: { osDisk: { name: theirs.storageProfile.osDisk.name } } },
    { networkProfile: theirs.networkProfile },
    { networkProfile: { networkInterfaces: [] } },
  ]
  for (const patch of patches) {
    const { status, body } = await service.ask('PATCH', id, { properties: patch })
    assert.deepEqual([status, body.error?.code], [409, 'PropertyChangeNotAllowed'])
  }
  const body = vmBody(properties.networkProfile.networkInterfaces[0].id)
  delete body.properties.storageProfile.osDisk
  assert.equal((await service.ask('PUT', id, body)).status, 200)
  const after = (await service.ask('GET', id)).body.properties
  assert.deepEqual(after.storageProfile.osDisk, properties.storageProfile.osDisk)
})

test('one disk is at one place of a VM, and a data disk is not its own', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const own = (await service.ask('GET', id)).body.properties.storageProfile.osDisk.managedDisk.id
  const disk = `${service.group('rg')}/providers/Microsoft.Compute/disks/one`
  const lun = (n: number, of: string) => ({
    ...{ lun: n, createOption: 'Attach', managedDisk: { id: of } },
  })
  const empty = { creationData: { createOption: 'Empty' }, diskSizeGB: 4 }
  await service.ask('PUT', disk, { location: 'local', properties: empty })
  for (const dataDisks of [[lun(0, disk), lun(1, disk.toUpperCase())], [lun(0, own)]]) {
    const patch = { properties: { storageProfile: { dataDisks } } }
    const { status, body } = await service.ask('PATCH', id, patch)
    assert.deepEqual([status, body.error?.code], [409, 'ConflictingUserInput'])
  }
})

test('a VM does not take with it a disk that a lock keeps', async (t) => {
  const service = await aService(t)
  const storageProfile = {
    imageReference: IMAGE,
    osDisk: { createOption: 'FromImage', name: 'kept', deleteOption: 'Delete' },
  }
  const { id } = await aVm(service, 'web', { storageProfile })
  const disk = `${service.group('rg')}/providers/Microsoft.Compute/disks/kept`
  const lock = `${disk}/providers/Microsoft.Authorization/locks/keep`
  await service.ask('PUT', lock, { properties: { level: 'CanNotDelete' } })
  const refused = await service.ask('DELETE', id)
  assert.deepEqual([refused.status, refused.body.error?.code], [409, 'ScopeLocked'])
})

test('a reader finds no password, no custom data and no secret settings in any answer', async (t) => {
  const service = await aService(t)
  const secret = 'Sekret-0123456789'
  const osProfile = {
    ...vmBody('').properties.osProfile,
    adminPassword: secret,
    customData: Buffer.from(secret).toString('base64'),
  }
  const { id } = await aVm(service, 'web', { osProfile })
  const extension = {
    location: 'local',
    properties: {
      publisher: 'Microsoft.Azure.Security.LinuxAttestation',
      type: 'GuestAttestation',
      typeHandlerVersion: '1.0',
      protectedSettings: { key: secret },
    },
  }
  await service.over(await service.ask('PUT', `${id}/extensions/GuestAttestation`, extension))
  const reimage = await service.ask('POST', `${id}/reimage`, {
    osProfile: { adminPassword: secret },
  })
  assert.deepEqual([reimage.status, reimage.body.error?.code], [409, 'OperationNotAllowed'])
  const { ask } = await aPrincipal(service, READER.name, service.subscription)
  const encoded = Buffer.from(secret).toString('base64')
  for (const path of [
    id,
    `${id}?$expand=instanceView`,
    `${id}/extensions/GuestAttestation`,
    `${service.subscription}/providers/TrustedLaunch/operations`,
    `${service.subscription}/providers/Microsoft.Insights/eventtypes/management/values`,
  ]) {
    const { status, body } = await ask('GET', path)
    assert.equal(status, 200)
    assert.ok(![secret, encoded].some((one) => JSON.stringify(body).includes(one)), path)
  }
  for (const path of ['/providers/TrustedLaunch/evidence'])
    assert.equal((await ask('GET', id + path)).status, 403)
  assert.equal((await ask('POST', `${id}/retrieveBootDiagnosticsData`)).status, 403)
  assert.equal((await ask('PUT', `${id}/extensions/${randomUUID()}`, extension)).status, 403)
})

test('who may only write or join a resource has no VM take it along, at its making or later', async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'mine')
  const theirNic = await aNetwork(service, 'theirs')
  const disk = `${service.group('theirs')}/providers/Microsoft.Compute/disks/one`
  const empty = { creationData: { createOption: 'Empty' }, diskSizeGB: 4 }
  await service.ask('PUT', disk, { location: 'local', properties: empty })
  const { name, ask } = await aPrincipal(service, CONTRIBUTOR.name, service.group('mine'))
  const actions = [
    'Microsoft.Network/networkInterfaces/join/action',
    'Microsoft.Compute/disks/write',
  ]
  await mayAlso(service, name, actions, service.group('theirs'))
  const id = `${service.group('mine')}/providers/Microsoft.Compute/virtualMachines/web`
  const goes = (of: string) => ({
    networkProfile: { networkInterfaces: [{ id: of, properties: { deleteOption: 'delete' } }] },
  })
  const refused = async (method: string, body: object, action: string, to = id) => {
    const { status, body: answer } = await ask(method, to, body)
    assert.deepEqual([status, answer.error?.code], [403, 'LinkedAuthorizationFailed'])
    assert.ok(answer.error.message.includes(`'${action}'`), answer.error.message)
  }
  const [joined, written] = [
    'Microsoft.Network/networkInterfaces/delete',
    'Microsoft.Compute/disks/delete',
  ]
  await refused('PUT', vmBody(theirNic, goes(theirNic)), joined)
  await refused('PUT', vmBody(nic, dataDisk(disk, { deleteOption: 'Delete' })), written)
  const own = { ...dataDisk(disk), ...goes(nic) }
  const put = await ask('PUT', id, vmBody(nic, own))
  assert.equal(put.status, 201, JSON.stringify(put.body))
  assert.equal((await service.over(put)).status, 'Succeeded')
  const { dataDisks } = dataDisk(disk, { deleteOption: 'Delete' }).storageProfile
  await refused('PATCH', { properties: { storageProfile: { dataDisks } } }, written)
  const dataDisksToAttach = [{ diskId: disk, deleteOption: 'Delete' }]
  await refused('POST', { dataDisksToAttach }, written, `${id}/attachDetachDataDisks`)
})

test('what is made with a VM goes with it without a right to delete it, and the same PUT again is taken', async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'mine')
  const id = `${service.group('mine')}/providers/Microsoft.Compute/virtualMachines/web`
  const { name, ask } = await aPrincipal(service, READER.name, service.group('mine'))
  const actions = [
    ...['virtualMachines/write', 'disks/write'].map((one) => `Microsoft.Compute/${one}`),
    'Microsoft.Network/networkInterfaces/join/action',
  ]
  await mayAlso(service, name, actions, service.group('mine'))
  const made = {
    imageReference: IMAGE,
    osDisk: { createOption: 'FromImage', deleteOption: 'Delete' },
  }
  const dataDisks = [{ lun: 0, createOption: 'Empty', diskSizeGB: 4, deleteOption: 'Delete' }]
  const body = vmBody(nic, { storageProfile: { ...made, dataDisks } })
  const put = await ask('PUT', id, body)
  assert.equal(put.status, 201, JSON.stringify(put.body))
  assert.equal((await service.over(put)).status, 'Succeeded')
  assert.equal((await ask('PUT', id, body)).status, 200)
})
