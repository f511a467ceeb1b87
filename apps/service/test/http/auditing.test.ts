import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ArmType } from '../../src/http/arm-type.ts'
import { change } from '../../src/http/change.ts'
import { putResource } from '../../src/http/put-resource.ts'
import { READER } from '../../src/identity/role-definitions.ts'
import { openStore } from '../../src/store/open.ts'
import { aPrincipal, tokenOf } from '../a-principal.ts'
import { aService, type TestService } from '../a-service.ts'
import { aNetwork, aVm, vmBody } from '../a-vm.ts'
import { SUBSCRIPTION, vm } from '../store/samples.ts'

async function aStore(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'tl-audit-'))
  const store = await openStore({ path: join(folder, 'service.db') })
  t.after(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })
  return store
}

/** The audit's entries of one request. */
async function entriesOf(service: TestService, correlationId: string): Promise<any[]> {
  const path = `${service.subscription}/providers/Microsoft.Insights/eventtypes/management/values`
  const { body } = await service.ask('GET', path)
  return body.value.filter((one: any) => one.correlationId === correlationId)
}

test('a change whose entry cannot be written does not happen', async (t) => {
  const store = await aStore(t)
  const audit = () => Promise.reject(new Error('the audit takes nothing'))
  const made = change({ store }, { audit } as never, async ({ resources }) => {
    await resources.insert(vm('web'), 1)
    return { status: 201 }
  })
  await assert.rejects(made, /takes nothing/)
  assert.equal(await store.resources.get(vm('web').id), null)
})

/** A transaction of one's own, or a table written to without any. */
const OTHERWISE =
  /\.transaction\(|\bstore\.(?!audit)\w+\.(?:put|putNew|update|insert|delete|deleteOf|enqueue|append|forget|requestCancel|sendAgain|hasten)\(/

test('no endpoint changes anything but by `change`, with its entry', () => {
  const http = join(import.meta.dirname, '../../src/http')
  for (const name of globSync('**/*.ts', { cwd: http }))
    if (name !== 'change.ts')
      assert.doesNotMatch(readFileSync(join(http, name), 'utf8'), OTHERWISE, name)
})

test('what is changed in no subscription is in the log of all, for who may read everywhere', async (t) => {
  const service = await aService(t)
  const reader = await aPrincipal(service, READER.name, service.subscription)
  await service.ask('POST', '/providers/TrustedLaunch/hosts/local/forget')
  const log = '/providers/Microsoft.Insights/eventtypes/management/values'
  const { status, body } = await service.ask('GET', log)
  assert.equal(status, 200)
  const seen = body.value.map((one: any) => [one.operationName.value, one.resourceId])
  assert.deepEqual(seen, [
    ['TrustedLaunch/hosts/forget/action', '/providers/TrustedLaunch/hosts/local'],
    ['TrustedLaunch/principals/newSecret/action', reader.path],
    ['TrustedLaunch/principals/write', reader.path],
  ])
  const filter = encodeURIComponent(`resourceUri eq '${reader.path}'`)
  assert.equal((await service.ask('GET', `${log}?$filter=${filter}`)).body.value.length, 2)
  const refused = await reader.ask('GET', log)
  assert.deepEqual([refused.status, refused.body.error.code], [403, 'AuthorizationFailed'])
})

test('every change is in the audit once, with its status, its result and what follows it', async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'rg')
  const id = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/web`
  const asked: [string, string, unknown, number, string][] = [
    ['PUT', id, vmBody(nic), 201, 'Accepted'],
    ['PATCH', id, { tags: { a: 'b' } }, 200, 'Succeeded'],
    ['POST', `${id}/powerOff`, undefined, 202, 'Accepted'],
    ['POST', `${id}/simulateEviction`, undefined, 409, 'OperationNotAllowed'],
    ['PUT', service.group('other'), { location: 'local' }, 201, 'Succeeded'],
    ['DELETE', service.group('other'), undefined, 202, 'Accepted'],
    ['DELETE', service.group('never'), undefined, 204, 'Succeeded'],
    ['PUT', service.group('x'), { location: 'mars' }, 400, 'LocationNotAvailableForResourceGroup'],
  ]
  for (const [method, path, body, status, result] of asked) {
    const correlationId = randomUUID()
    const answer = await service.ask(method, path, body, {
      'x-ms-correlation-request-id': correlationId,
    })
    const [entry, ...more] = await entriesOf(service, correlationId)
    assert.deepEqual(
      [answer.status, entry?.subStatus.value, entry?.status.value, more.length],
      [status, String(status), result, 0],
      `${method} ${path}: ${JSON.stringify(answer.body)}`,
    )
    const operation = String(answer.headers['azure-asyncoperation'])
    if (result === 'Accepted') assert.ok(operation.includes(entry.operationId), operation)
  }
})

test('who was refused is in the audit, by name where it is known', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const reader = await aPrincipal(service, READER.name, service.subscription)
  const correlation = () => ({ 'x-ms-correlation-request-id': randomUUID() })
  const [denied, nobody] = [correlation(), correlation()]
  const version = 'api-version=2026-04-01'
  const { body } = await tokenOf(service, reader.clientId, reader.secret)
  const authorization = `Bearer ${body.access_token}`
  const no = await service.send('DELETE', `${id}?${version}`, { ...denied, authorization })
  assert.equal(no.status, 403)
  const [entry] = await entriesOf(service, denied['x-ms-correlation-request-id'])
  assert.deepEqual(
    [entry.status.value, entry.caller, entry.resourceId],
    ['AuthorizationFailed', reader.clientId, id],
  )
  assert.equal((await service.send('GET', `${id}?${version}`, nobody)).status, 401)
  const [unknown] = await entriesOf(service, nobody['x-ms-correlation-request-id'])
  assert.deepEqual([unknown.status.value, unknown.caller], ['AuthenticationFailed', '-'])
})

test('of a flood sixty are in the audit, and how many more there were once the service stops', async (t) => {
  const service = await aService(t)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const [unknown, wrong] = [randomUUID(), randomUUID()]
  const by = (id: string) => ({ 'x-ms-correlation-request-id': id })
  const body = { location: 'mars' }
  for (let i = 0; i < 100; i++) {
    const path = `${service.group('rg')}?api-version=2026-04-01`
    assert.equal((await service.send('DELETE', path, by(unknown))).status, 401)
    assert.equal((await service.ask('PUT', service.group('x'), body, by(wrong))).status, 400)
  }
  assert.equal((await entriesOf(service, unknown)).length, 60)
  assert.equal((await entriesOf(service, wrong)).length, 60)
  // What is done is there, however much failed.
  await service.ask('PUT', service.group('rg'), { location: 'local' }, by(wrong))
  assert.equal((await entriesOf(service, wrong)).length, 61)
  await service.service.close()
  const store = await openStore({ path: join(service.data, 'service.db') })
  t.after(() => store.close())
  const all = await store.audit.list({ newestFirst: true, limit: 2 })
  assert.deepEqual(
    all.map(({ result, count, status, correlationId }) => [result, count, status, correlationId]),
    [
      ['MoreFailures', 40, 401, unknown],
      ['MoreFailures', 40, 400, wrong],
    ],
  )
  assert.equal((await store.audit.verify()).brokenAt, null)
})

test('while a password is hashed others change what they like', async (t) => {
  const store = await aStore(t)
  const gate = Promise.withResolvers<void>()
  const order: string[] = []
  const arm = {
    type: 'X/y',
    models: { PUT: 'Disk' },
    prepare: async (asked: object) => {
      await gate.promise
      return { ...asked, passwordHash: 'hash' }
    },
    plan: async (_: string, { passwordHash }: { passwordHash?: string }) => {
      order.push(`planned with ${passwordHash}`)
      throw new Error('enough')
    },
    isChild: true,
  } as unknown as ArmType
  const parent = `/subscriptions/${SUBSCRIPTION}/providers/X/a/b`
  await store.resources.insert({ ...vm('a'), id: parent, resourceGroup: null }, 1)
  const id = `${parent}/y/z`
  const request = {
    id,
    method: 'PUT',
    body: {},
    ifMatch: null,
    ifNoneMatch: null,
    audit: async () => {},
  }
  const put = putResource(arm, { store, now: () => 1 } as never, request as never, 'PUT')
  await sleep(50)
  await store.transaction(async ({ resources }) => {
    await resources.insert(vm('other'), 1)
    order.push('another')
  })
  gate.resolve()
  await assert.rejects(put, /enough/)
  assert.deepEqual(order, ['another', 'planned with hash'])
})

test('deletions of what is not there are in the audit sixty times an hour, and counted beyond; real ones always', async (t) => {
  const service = await aService(t)
  const by = (id: string) => ({ 'x-ms-correlation-request-id': id })
  const [nothing, real] = [randomUUID(), randomUUID()]
  for (let i = 0; i < 70; i++)
    assert.equal(
      (await service.ask('DELETE', service.group(`never-${i}`), undefined, by(nothing))).status,
      204,
    )
  assert.equal((await entriesOf(service, nothing)).length, 60)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  await service.ask('DELETE', service.group('rg'), undefined, by(real))
  assert.equal((await entriesOf(service, real)).length, 1)
})
