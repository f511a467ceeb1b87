import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import pino from 'pino'
import {
  CONTRIBUTOR,
  OWNER,
  READER,
  VIRTUAL_MACHINE_CONTRIBUTOR,
} from '../../src/identity/role-definitions.ts'
import { openService } from '../../src/service.ts'
import { aPrincipal, tokenOf } from '../a-principal.ts'
import { aService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'

test('a service principal signs in with the secret it was given, until it has another or is disabled', async (t) => {
  const service = await aService(t)
  const { path, clientId, secret, ask } = await aPrincipal(
    service,
    READER.name,
    service.subscription,
  )
  assert.equal((await ask('GET', service.subscription)).status, 200)
  const { body } = await service.ask('GET', '/providers/TrustedLaunch/principals')
  assert.equal(body.value.length, 2)
  assert.doesNotMatch(JSON.stringify(body), /scrypt|secret/i)
  assert.equal((await service.ask('POST', `${path}/newSecret`)).status, 200)
  assert.equal((await tokenOf(service, clientId, secret)).status, 401)
  const properties = { kind: 'service', signInName: clientId, disabled: true }
  assert.equal((await service.ask('PUT', path, { properties })).status, 200)
  assert.equal((await ask('GET', service.subscription)).status, 401)
  assert.equal((await service.ask('DELETE', path)).status, 200)
  assert.equal((await service.ask('GET', path)).status, 404)
})

test('principals are listed page by page, each once', async (t) => {
  const service = await aService(t)
  const all = '/providers/TrustedLaunch/principals'
  for (let i = 0; i < 4; i++) {
    const properties = { kind: 'service', signInName: `program-${i}` }
    assert.equal((await service.ask('PUT', `${all}/${randomUUID()}`, { properties })).status, 201)
  }
  const names: string[] = []
  const sizes: number[] = []
  for (let next: string | undefined = `${all}?$top=2`; next !== undefined; ) {
    const { body } = await service.ask('GET', next)
    sizes.push(body.value.length)
    names.push(...body.value.map(({ properties }: any) => properties.signInName))
    const link = body.nextLink === undefined ? null : new URL(body.nextLink)
    next = link === null ? undefined : link.pathname + link.search
  }
  assert.deepEqual(sizes, [2, 2, 1])
  assert.equal(new Set(names).size, 5)
  for (let i = 0; i < 4; i++) assert.ok(names.includes(`program-${i}`))
})

test('who has a role in one group makes a VM there and waits for it, and sees nothing beside', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const other = service.group('other')
  await service.ask('PUT', other, { location: 'local' })
  const { ask } = await aPrincipal(service, VIRTUAL_MACHINE_CONTRIBUTOR.name, service.group('rg'))
  const stopped = await ask('POST', `${id}/deallocate`)
  assert.equal(stopped.status, 202)
  const { pathname, search } = new URL(String(stopped.headers['azure-asyncoperation']))
  assert.equal((await ask('GET', pathname + search)).status, 200)
  assert.equal((await ask('GET', '/subscriptions')).body.value.length, 1)
  const denied = await ask('GET', other)
  assert.deepEqual([denied.status, denied.body.error.code], [403, 'AuthorizationFailed'])
  assert.match(denied.body.error.message, /does not have authorization to perform action/)
  assert.equal((await ask('GET', `${id}/providers/TrustedLaunch/evidence`)).status, 403)
  assert.equal(
    (await ask('GET', `${service.subscription}/providers/TrustedLaunch/operations`)).status,
    403,
  )
})

test('a contributor of everything grants nothing and makes nobody; an owner does', async (t) => {
  const service = await aService(t)
  const contributor = await aPrincipal(service, CONTRIBUTOR.name, '/')
  const owner = await aPrincipal(service, OWNER.name, '/')
  const properties = { kind: 'user', signInName: 'eve@example', password: 'x'.repeat(12) }
  const roleDefinitionId = `/providers/Microsoft.Authorization/roleDefinitions/${OWNER.name}`
  for (const [method, path, body] of [
    ['PUT', `/providers/TrustedLaunch/principals/${randomUUID()}`, { properties }],
    ['POST', `${owner.path}/newSecret`, undefined],
    ['DELETE', owner.path, undefined],
    ['DELETE', owner.assignment, undefined],
    [
      'PUT',
      `${service.subscription}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`,
      { properties: { principalId: contributor.name, roleDefinitionId } },
    ],
  ] as const) {
    const refused = await contributor.ask(method, path, body)
    assert.deepEqual([refused.status, refused.body.error.code], [403, 'AuthorizationFailed'], path)
  }
  assert.equal((await owner.ask('DELETE', contributor.assignment)).status, 200)
  assert.equal((await contributor.ask('GET', service.subscription)).status, 404)
})

test('nobody disables or deletes themselves, takes another’s name, or sets half a password', async (t) => {
  const service = await aService(t)
  const { path, clientId, ask } = await aPrincipal(service, OWNER.name, '/')
  const put = (properties: object, to = path) => ask('PUT', to, { properties })
  assert.equal((await put({ kind: 'service', signInName: clientId, disabled: true })).status, 409)
  assert.equal((await ask('DELETE', path)).status, 409)
  const fresh = `/providers/TrustedLaunch/principals/${randomUUID()}`
  assert.equal((await put({ kind: 'user', signInName: clientId.toUpperCase() }, fresh)).status, 409)
  for (const bad of [
    { kind: 'user', signInName: 'ann', password: 'short' },
    { kind: 'service', signInName: 'ann', password: 'x'.repeat(12) },
    { kind: 'group', signInName: 'ann' },
    { kind: 'user', signInName: 'a b' },
    { kind: 'user', signInName: 'ann', secretHash: 'x' },
    { kind: 'user' },
  ])
    assert.equal((await put(bad, fresh)).status, 400, JSON.stringify(bad))
  assert.equal(
    (await put({ kind: 'user', signInName: 'ann', password: 'x'.repeat(12) }, fresh)).status,
    201,
  )
  const below = `${service.subscription}${fresh}`
  assert.equal((await ask('GET', below)).status, 404)
})

test('the administrator’s new secret is in admin.json after the next start', async (t) => {
  const service = await aService(t)
  const [{ id }] = (await service.ask('GET', '/providers/TrustedLaunch/principals')).body.value
  const { secret } = (await service.ask('POST', `${id}/newSecret`)).body
  await service.service.close()
  const { data, host: driver } = service
  const again = await openService({
    ...{ data, driver, publicNames: [], location: 'local', log: pino({ level: 'silent' }) },
    listen: { host: '127.0.0.1', port: 0 },
  })
  t.after(() => again.close())
  const { clientSecret } = JSON.parse(readFileSync(join(data, 'admin.json'), 'utf8'))
  assert.equal(clientSecret, secret)
})

test('whoever is signed in learns what an id stands for, and nothing of whose id they do not have', async (t) => {
  const service = await aService(t)
  const reader = await aPrincipal(service, READER.name, service.subscription)
  const id = randomUUID()
  const properties = { kind: 'user', signInName: 'ann@example', displayName: 'Ann' }
  await service.ask('PUT', `/providers/TrustedLaunch/principals/${id}`, { properties })
  const path = '/providers/TrustedLaunch/principals/getByIds'
  const { clientId } = service.service.administrator
  const { status, body } = await reader.ask('POST', path, { ids: [id, clientId, randomUUID()] })
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual(body.value, [
    { id, kind: 'user', displayName: 'Ann' },
    { id: clientId, kind: 'service', displayName: 'administrator' },
  ])
  for (const ids of [undefined, 'x', ['ann@example'], Array.from({ length: 201 }, randomUUID)])
    assert.equal((await reader.ask('POST', path, { ids })).status, 400)
})
