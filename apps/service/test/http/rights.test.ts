import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { READER } from '../../src/identity/role-definitions.ts'
import { aPrincipal } from '../a-principal.ts'
import { aService } from '../a-service.ts'
import { aNetwork, aVm, vmBody } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

test('without a token, with a false one, and where there is nothing to see', async (t) => {
  const service = await aService(t)
  const path = `${service.subscription}/resourceGroups?api-version=2021-04-01`
  const open = await service.send('GET', path, {})
  assert.deepEqual([open.status, open.body.error.code], [401, 'AuthenticationFailed'])
  assert.match(
    String(open.headers['www-authenticate']),
    /^Bearer authorization_uri="https:\/\/127\.0\.0\.1:/,
  )
  const forged = await service.send('GET', path, {
    authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.',
  })
  assert.equal(forged.status, 401)
  const elsewhere = await service.ask('GET', `/subscriptions/${randomUUID()}/resourceGroups`)
  assert.deepEqual([elsewhere.status, elsewhere.body.error.code], [404, 'SubscriptionNotFound'])
})

test('where nothing is, who does not say who they are learns no more than elsewhere', async (t) => {
  const service = await aService(t)
  const authorization = `Bearer ${await service.token()}`
  for (const [method, path, status] of [
    ['GET', '/nothing/here', 404],
    ['GET', `${service.subscription}/providers/Microsoft.Compute/unknown`, 404],
    ['POST', `${service.subscription}/resourceGroups`, 405],
  ] as const) {
    const open = await service.send(method, path, {})
    assert.deepEqual([open.status, open.body.error.code], [401, 'AuthenticationFailed'], path)
    assert.match(String(open.headers['www-authenticate']), /^Bearer authorization_uri=/)
    assert.equal((await service.send(method, path, { authorization })).status, status, path)
  }
})

test('api-versions: any well-formed one is taken, none and others are refused', async (t) => {
  const service = await aService(t)
  const authorization = `Bearer ${await service.token()}`
  const none = await service.send('GET', '/subscriptions', { authorization })
  assert.equal(none.body.error.code, 'MissingApiVersionParameter')
  for (const [version, status] of [
    ['2031-01-01', 200],
    ['2019-01-01-preview', 200],
    ['tomorrow', 400],
  ] as const)
    assert.equal(
      (await service.ask('GET', `/subscriptions?api-version=${version}`)).status,
      status,
      version,
    )
})

test('paths are taken in any case of letters, with doubled slashes and encoded parameters', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const answer = await service.ask('GET', `/${id.toUpperCase()}/?%24expand=instanceView`)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  assert.equal(answer.body.name, 'web')
  assert.ok(answer.body.properties.instanceView)
})

test('a lock refuses what it forbids, at the resource and above it', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const lock = `${service.group('rg')}/providers/Microsoft.Authorization/locks/keep`
  assert.equal(
    (await service.ask('PUT', lock, { properties: { level: 'CanNotDelete' } })).status,
    201,
  )
  for (const path of [id, service.group('rg')]) {
    const answer = await service.ask('DELETE', path)
    assert.deepEqual([answer.status, answer.body.error.code], [409, 'ScopeLocked'])
  }
  await service.ask('PUT', lock, { properties: { level: 'ReadOnly' } })
  assert.equal((await service.ask('PATCH', id, { tags: { a: '1' } })).status, 409)
  assert.equal((await service.ask('DELETE', lock)).status, 200)
  assert.equal((await service.over(await service.ask('DELETE', id))).status, 'Succeeded')
})

test('every change is in the audit, refused ones too, and the chain holds', async (t) => {
  const service = await aService(t)
  await service.ask('PUT', service.group('a'), { location: 'local' })
  await service.ask('PUT', service.group('b'), { location: 'elsewhere' })
  const { body } = await service.ask(
    'GET',
    `${service.subscription}/providers/Microsoft.Insights/eventtypes/management/values`,
  )
  const seen = body.value.map((one: any) => [
    one.resourceId.split('/').at(-1),
    one.status.value,
    one.caller,
  ])
  const { clientId } = service.service.administrator
  assert.deepEqual(seen.sort(), [
    ['a', 'Succeeded', clientId],
    ['b', 'LocationNotAvailableForResourceGroup', clientId],
  ])
  const verified = await service.ask(
    'POST',
    `${service.subscription}/providers/TrustedLaunch/audit/verify`,
  )
  assert.equal(verified.body?.brokenAt, null, JSON.stringify(verified.body))
})

test("what is the installation's own takes no right that was given below it", async (t) => {
  const service = await aService(t)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  for (const path of ['attestationSigner/rotate', 'audit/verify']) {
    const at = `${service.group('rg')}/providers/TrustedLaunch/${path}`
    assert.equal((await service.ask('POST', at)).status, 404, path)
  }
})

test('who locked what is told by the activity of its subscription', async (t) => {
  const service = await aService(t)
  const lock = `${service.subscription}/providers/Microsoft.Authorization/locks/keep`
  await service.ask('PUT', lock, { properties: { level: 'CanNotDelete' } })
  const { body } = await service.ask(
    'GET',
    `${service.subscription}/providers/Microsoft.Insights/eventtypes/management/values`,
  )
  assert.deepEqual(
    body.value.map(({ resourceId }: any) => resourceId),
    [lock],
  )
})

test('a condition on the version of a resource is held', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const { headers } = await service.ask('GET', id)
  const tagged = await service.ask(
    'PATCH',
    id,
    { tags: { a: '1' } },
    { 'if-match': String(headers.etag) },
  )
  assert.equal(tagged.status, 200, JSON.stringify(tagged.body))
  const late = await service.ask(
    'PATCH',
    id,
    { tags: { a: '2' } },
    { 'if-match': String(headers.etag) },
  )
  assert.deepEqual([late.status, late.body.error.code], [412, 'PreconditionFailed'])
})

test('metrics, health and the endpoints that clients look for are open', async (t) => {
  const service = await aService(t)
  await aVm(service)
  const metrics = await service.send('GET', '/metrics', {})
  assert.match(String(metrics.body), /trusted_launch_virtual_machines 1\n/)
  assert.match(
    String(metrics.body),
    /route="\/subscriptions\/:subscriptionId\/resourceGroups\/:resourceGroup"/,
  )
  assert.equal((await service.send('GET', '/health/ready', {})).body.status, 'ready')
  const old = await service.send('GET', '/metadata/endpoints?api-version=2015-01-01', {})
  assert.deepEqual(Object.keys(old.body.authentication).sort(), ['audiences', 'loginEndpoint'])
  const newer = await service.send('GET', '/metadata/endpoints?api-version=2022-09-01', {})
  assert.equal(newer.body.resourceManager, service.service.endpoint)
})

test('a name is a name: it holds no path, whatever it is encoded as', async (t) => {
  const service = await aService(t)
  for (const name of ['a%2Fb', 'a%3Fb', 'a%5Cb', 'a%00b', 'a%252Fb', 'x'.repeat(300)]) {
    const { status, body } = await service.ask('PUT', service.group(name), { location: 'local' })
    assert.deepEqual([status, body.error.code], [400, 'InvalidResourceName'], name)
  }
})

test('what extends or lies in a resource goes with it: who makes one of its name again inherits nothing', async (t) => {
  const service = await aService(t)
  const { id: vm } = await aVm(service)
  const network = `${service.group('rg')}/providers/Microsoft.Network/virtualNetworks/net`
  const nic = `${service.group('rg')}/providers/Microsoft.Network/networkInterfaces/nic-web`
  const roleDefinitionId = `${service.subscription}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7`
  const properties = { principalId: '11111111-1111-4111-8111-111111111111', roleDefinitionId }
  for (const id of [vm, network]) {
    const granted = `${id}/providers/Microsoft.Authorization/roleAssignments/22222222-2222-4222-8222-222222222222`
    assert.equal((await service.ask('PUT', granted, { properties })).status, 201)
    const gone = await service.ask('DELETE', id)
    if (gone.status === 202) await service.over(gone)
    assert.equal((await service.ask('GET', granted)).status, 404, granted)
    if (id === vm) assert.equal((await service.ask('DELETE', nic)).status, 200)
  }
  assert.equal((await service.ask('GET', `${network}/subnets/one`)).status, 404)
})

test('an address that goes on with tokens that are none is not listened to any more, each of them another', async (t) => {
  const service = await aService(t)
  const path = '/subscriptions?api-version=2021-04-01'
  const ask = (i: number) => service.send('GET', path, { authorization: `Bearer a.b.${i}` })
  const statuses = []
  for (let i = 0; i < 310; i++) statuses.push((await ask(i)).status)
  assert.equal(statuses[0], 401)
  assert.equal(statuses.at(-1), 429)
})

test('rights at a VM that was never made, or at what went with one, are not those of the next of that name', async (t) => {
  let isBroken = true
  const made = Promise.withResolvers<void>()
  const before = async (deed: string) => {
    if (deed !== 'create' || !isBroken) return
    await made.promise
    isBroken = false
    throw new Error('no space')
  }
  const service = await aService(t, new ScriptedHost({ before }))
  const nic = await aNetwork(service, 'rg')
  const id = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/web`
  const networkInterfaces = [{ id: nic, properties: { deleteOption: 'Delete' } }]
  const body = vmBody(nic, { networkProfile: { networkInterfaces } })
  const put = await service.ask('PUT', id, body)
  const { assignment: atVm } = await aPrincipal(service, READER.name, id)
  made.resolve()
  assert.equal((await service.over(put)).status, 'Failed')
  const end = await service.over(await service.ask('PUT', id, body))
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  assert.equal((await service.ask('GET', atVm)).status, 404)
  const { assignment: atNic } = await aPrincipal(service, READER.name, nic)
  await service.over(await service.ask('DELETE', id))
  await aNetwork(service, 'rg')
  assert.equal((await service.ask('GET', atNic)).status, 404)
})
