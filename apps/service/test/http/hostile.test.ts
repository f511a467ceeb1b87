import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aService } from '../a-service.ts'
import { aNetwork, aVm, vmBody } from '../a-vm.ts'

test('no body makes an error of ours: what is null, of another kind or too big is refused or left out', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const nic = await aNetwork(service, 'rg', 'other')
  const group = service.group('rg')
  const network = `${group}/providers/Microsoft.Network`
  const disk = `${group}/providers/Microsoft.Compute/disks/d`
  const assignment = `${group}/providers/Microsoft.Authorization/roleAssignments/a`
  const role = `${group}/providers/Microsoft.Authorization/roleDefinitions/r`
  const lock = `${group}/providers/Microsoft.Authorization/locks/l`
  const principal = '/providers/TrustedLaunch/principals/00000000-0000-0000-0000-000000000001'
  const at = { location: 'local' }
  const names = [
    'hardwareProfile',
    'storageProfile',
    'osProfile',
    'networkProfile',
    'securityProfile',
  ]
  const fresh = id.replace(/web$/, 'fresh')
  const bodies: [string, string, unknown][] = [
    ...names.flatMap((name): [string, string, unknown][] => [
      ['PUT', fresh, vmBody(nic, { [name]: null })],
      ['PUT', fresh, vmBody(nic, { [name]: [] })],
      ['PUT', id, vmBody(nic, { [name]: null })],
      ['PATCH', id, { properties: { [name]: null } }],
      ['PATCH', id, { properties: { [name]: 'x' } }],
    ]),
    ['PUT', fresh, vmBody(nic, { storageProfile: { imageReference: null, osDisk: null } })],
    ['PATCH', id, { properties: { storageProfile: { dataDisks: [null] } } }],
    ['PATCH', id, { properties: { storageProfile: { dataDisks: [{}] } } }],
    ['PATCH', id, { properties: { storageProfile: { osDisk: null } } }],
    ['PATCH', id, { properties: { storageProfile: { osDisk: { managedDisk: null } } } }],
    ['PATCH', id, { properties: { networkProfile: { networkInterfaces: [null] } } }],
    ['PATCH', id, { tags: { a: null } }],
    ['PATCH', id, { tags: null, properties: null, location: null }],
    ['PUT', `${network}/virtualNetworks/n`, { ...at, properties: { subnets: [null] } }],
    ['PUT', `${network}/virtualNetworks/n`, { ...at, properties: { subnets: [{ name: 'a/b' }] } }],
    [
      'PUT',
      `${network}/virtualNetworks/n`,
      { ...at, properties: { subnets: [{ name: 'a', properties: null }] } },
    ],
    ['PUT', `${network}/virtualNetworks/n/subnets/s`, { properties: null }],
    ['PUT', `${network}/networkInterfaces/i`, { ...at, properties: { ipConfigurations: [null] } }],
    [
      'PUT',
      `${network}/networkInterfaces/i`,
      { ...at, properties: { ipConfigurations: [{ name: 'x', properties: null }] } },
    ],
    ['PUT', disk, { ...at, properties: { creationData: null } }],
    [
      'PUT',
      disk,
      { ...at, properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 1e300 } },
    ],
    [
      'PUT',
      disk,
      { ...at, properties: { creationData: { createOption: 'Empty' }, diskSizeGB: -1 } },
    ],
    ['PUT', disk, { ...at, properties: null }],
    ['PUT', `${id}/extensions/e`, { ...at, properties: { settings: null, type: null } }],
    ['PUT', group, { ...at, tags: null }],
    ['PUT', group, { ...at, tags: { a: null } }],
    ['PUT', service.group('İİİ'), at],
    ['PUT', fresh.replace('/rg/', `/${encodeURIComponent('İİİ')}/`), vmBody(nic)],
    ['GET', fresh.replace('/rg/', `/${encodeURIComponent('İİİ')}/`), undefined],
    ...[assignment, role, lock, principal].flatMap((path) =>
      [null, 'x', [], 1, { permissions: [null], roleName: 'x' }].map(
        (properties): [string, string, unknown] => ['PUT', path, { properties }],
      ),
    ),
    ['POST', `${id}/reimage`, { tempDisk: null, osProfile: null }],
    ['POST', `${id}/start`, { x: 1 }],
    ['GET', `${service.subscription}/resources?$top=1e9`, undefined],
    ['GET', `${service.subscription}/providers/Microsoft.Compute/disks?$skiptoken=%00`, undefined],
  ]
  for (const [method, path, body] of bodies) {
    const sent = JSON.stringify(body)
    const answer = await service.ask(method, encodeURI(decodeURI(path)), body)
    assert.ok(answer.status < 500, `${method} ${path} ${sent}: ${JSON.stringify(answer.body)}`)
    if (answer.headers['azure-asyncoperation'] !== undefined) {
      const end = await service.over(answer)
      assert.notEqual(end.error?.code, 'InternalOperationError', `${method} ${path} ${sent}`)
    }
  }
  const { body } = await service.ask('GET', id)
  assert.equal(body.properties.provisioningState, 'Succeeded')
  assert.ok(!JSON.stringify(body).includes('null'), JSON.stringify(body))
})
