import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { aService } from '../a-service.ts'
import { aNetwork } from '../a-vm.ts'

test('every kind of resource has a version, and a change under another one does nothing', async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'rg')
  const group = service.group('rg')
  const network = `${group}/providers/Microsoft.Network/virtualNetworks/net`
  const lock = `${group}/providers/Microsoft.Authorization/locks/l`
  const role = `${group}/providers/Microsoft.Authorization/roleDefinitions/${randomUUID()}`
  const notes = { properties: { level: 'CanNotDelete' } }
  const custom = { properties: { roleName: 'R', permissions: [{ actions: ['*/read'] }] } }
  const { location, properties } = (await service.ask('GET', nic)).body
  for (const [id, body] of [
    [lock, notes],
    [role, custom],
    [nic, { location, properties }],
    [network, { location, properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16'] } } }],
    [group, { location }],
  ] as const) {
    const made = await service.ask('PUT', id, body)
    assert.ok([200, 201].includes(made.status), JSON.stringify(made.body))
    const { etag } = (await service.ask('GET', id)).headers
    assert.match(String(etag), /^"[0-9a-f-]{36}"$/, id)
    const under = (method: string, headers: Record<string, string>) =>
      service.ask(method, id, method === 'PUT' ? body : undefined, headers)
    for (const headers of [{ 'if-match': '"other"' }, { 'if-none-match': '*' }])
      for (const method of ['PUT', 'DELETE']) {
        const { status, body: told } = await under(method, headers as never)
        assert.deepEqual([status, told.error?.code], [412, 'PreconditionFailed'], `${method} ${id}`)
      }
    for (const spelled of ['E', 'W/E', '"a", E', '*', '']) {
      const now = String((await service.ask('GET', id)).headers.etag)
      const known = spelled === '' ? now.slice(1, -1) : spelled.replace('E', now)
      assert.equal((await under('PUT', { 'if-match': known })).status, 200, `${known} ${id}`)
    }
  }
  for (const id of [lock, role]) {
    const { etag } = (await service.ask('GET', id)).headers
    assert.equal(
      (await service.ask('DELETE', id, undefined, { 'if-match': String(etag) })).status,
      200,
    )
  }
})

test('who has the newest version is told so, without it', async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'rg')
  for (const id of [nic, service.group('rg')]) {
    const { headers, body } = await service.ask('GET', id)
    if (body.etag !== undefined) assert.equal(body.etag, headers.etag)
    const again = await service.ask('GET', id, undefined, { 'if-none-match': String(headers.etag) })
    assert.deepEqual([again.status, again.body], [304, ''])
    assert.equal((await service.ask('GET', id, undefined, { 'if-none-match': '"x"' })).status, 200)
  }
})

test('one that must be new is made once', async (t) => {
  const service = await aService(t)
  const put = () =>
    service.ask('PUT', service.group('rg'), { location: 'local' }, { 'if-none-match': '*' })
  assert.deepEqual([(await put()).status, (await put()).status], [201, 412])
  const absent = await service.ask(
    'PUT',
    service.group('x'),
    { location: 'local' },
    { 'if-match': '*' },
  )
  assert.equal(absent.status, 412)
})

test("without a token the answer names the tenant's authority", async (t) => {
  const service = await aService(t)
  const { tenantId } = service.service.administrator
  const path = '/subscriptions?api-version=2022-12-01'
  const authority = `Bearer authorization_uri="${service.service.endpoint}/${tenantId}", error="invalid_token"`
  for (const headers of [{}, { authorization: 'Bearer a.b.c' }]) {
    const answer = await service.send('GET', path, headers as never)
    assert.equal(answer.status, 401)
    assert.ok(String(answer.headers['www-authenticate']).startsWith(authority))
  }
  const known = await service.send('GET', `/${tenantId}/v2.0/.well-known/openid-configuration`, {})
  assert.equal(known.status, 200)
})
