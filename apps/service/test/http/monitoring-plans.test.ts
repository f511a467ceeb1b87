import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SECURITY_ADMIN, SECURITY_READER } from '../../src/identity/role-definitions.ts'
import { aPrincipal, mayAlso } from '../a-principal.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { AttestingHost } from '../an-attesting-host.ts'

const at = (scope: string) => `${scope}/providers/TrustedLaunch/monitoringPlans/default`
const policyAt = (service: TestService, id: string) =>
  `${service.subscription}/providers/TrustedLaunch/policies/${id}`
const put = (service: TestService, path: string, document: object) =>
  service.ask('PUT', path, { properties: { document } })

test('a plan stands at a subscription, a group or a VM, and a VM has the nearest’s settings', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const all = { version: 1, name: 'all', intervalSeconds: 900, silenceSeconds: 120 }
  assert.equal((await put(service, at(service.subscription), all)).status, 201)
  const rg = { version: 1, name: 'rg', silenceSeconds: 60 }
  assert.equal((await put(service, at(service.group('rg')), rg)).status, 201)
  const one = { version: 1, name: 'one', intervalSeconds: 60 }
  assert.equal((await put(service, at(id), one)).status, 201)
  const effective = `${id}/providers/TrustedLaunch/monitoringPlans/effective`
  const settings = async () => (await service.ask('GET', effective)).body.properties
  const { policy, intervalSeconds, silenceSeconds } = await settings()
  assert.deepEqual(
    [policy, intervalSeconds, silenceSeconds],
    [
      { value: 'trusted-launch', from: null },
      { value: 60, from: 'one' },
      { value: 60, from: 'rg' },
    ],
  )
  assert.equal((await service.ask('DELETE', at(id))).status, 200)
  assert.equal((await service.ask('DELETE', at(id))).status, 204)
  assert.deepEqual((await settings()).intervalSeconds, { value: 900, from: 'all' })
  const list = await service.ask('GET', at(service.group('rg')).replace('/default', ''))
  assert.deepEqual(
    list.body.value.map(({ properties }: any) => properties.document),
    [rg],
  )
})

test('each version of a plan stays, with who made it, also of one that was deleted; the same again is none', async (t) => {
  const service = await aService(t)
  const path = at(service.subscription)
  const plan = { version: 1, name: 'all', intervalSeconds: 900 }
  const first = await put(service, path, plan)
  assert.equal(first.body.properties.version, 1)
  assert.equal((await put(service, path, plan)).body.properties.version, 1)
  const second = await put(service, path, { ...plan, intervalSeconds: 60 })
  assert.deepEqual([second.status, second.body.properties.version], [200, 2])
  await service.ask('DELETE', path)
  assert.equal((await put(service, path, plan)).body.properties.version, 4)
  const { body } = await service.ask('GET', `${path}/versions`)
  const { clientId } = service.service.administrator
  assert.deepEqual(
    body.value.map(({ properties: { version, document, changedBy, isDeletion } }: any) => [
      version,
      document?.intervalSeconds ?? null,
      changedBy,
      isDeletion,
    ]),
    [
      [4, 900, clientId, false],
      [3, null, clientId, true],
      [2, 60, clientId, false],
      [1, 900, clientId, false],
    ],
  )
  const log = `${service.subscription}/providers/Microsoft.Insights/eventtypes/management/values`
  const { value } = (await service.ask('GET', log)).body
  const entry = value.find(
    ({ operationName }: any) => operationName.value === 'TrustedLaunch/monitoringPlans/delete',
  )
  assert.ok(entry !== undefined, JSON.stringify(value[0]))
})

test('what a plan approves without a person is said by who may approve drift there, and shown in the settings of a VM', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const writer = await aPrincipal(service, SECURITY_READER.name, service.subscription)
  const right = ['TrustedLaunch/monitoringPlans/*']
  await mayAlso(service, writer.name, right, service.subscription)
  const write = (document: object) =>
    writer.ask('PUT', at(id), {
      properties: { document: { version: 1, name: 'own', ...document } },
    })
  const references = { approve: 'signed-images' }
  assert.equal((await write({ intervalSeconds: 600 })).status, 201)
  const refused = await write({ intervalSeconds: 600, references })
  assert.deepEqual([refused.status, refused.body.error.code], [403, 'AuthorizationFailed'])
  assert.match(refused.body.error.message, /TrustedLaunch\/drift\/approve\/action/)
  await put(service, at(id), { version: 1, name: 'own', references })
  assert.equal((await write({ intervalSeconds: 600, references })).status, 200)
  assert.equal((await write({ intervalSeconds: 600 })).status, 403)
  assert.equal((await writer.ask('DELETE', at(id))).status, 403)
  const effective = `${id}/providers/TrustedLaunch/monitoringPlans/effective`
  const { properties } = (await service.ask('GET', effective)).body
  assert.deepEqual(properties.references, { value: references, from: 'own' })
})

test('of a hundred and one versions the oldest is gone, and they count on', async (t) => {
  const service = await aService(t)
  const path = at(service.subscription)
  for (let i = 0; i < 101; i++)
    await put(service, path, { version: 1, name: 'all', intervalSeconds: 60 + i })
  const { body } = await service.ask('GET', `${path}/versions`)
  const versions = body.value.map(({ properties }: any) => properties.version)
  assert.deepEqual([versions.length, versions[0], versions.at(-1)], [100, 101, 2])
})

test('plans of a subscription or group are listed with those below it', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const scopes = [service.subscription, service.group('rg'), id]
  for (const scope of scopes)
    await put(service, at(scope), { version: 1, name: 'all', intervalSeconds: 900 })
  for (const [i, scope] of scopes.entries()) {
    const { body } = await service.ask('GET', at(scope).replace('/default', ''))
    const ids = body.value.map((one: any) => one.id)
    assert.deepEqual(ids.sort(), scopes.slice(i).map(at).sort())
  }
})

test('what a plan may not say is refused with its path, and nothing is kept', async (t) => {
  const service = await aService(t)
  const path = at(service.subscription)
  const good = { version: 1, name: 'all', intervalSeconds: 900 }
  const meaning = { severity: 'high', response: 'stop' }
  for (const [wrong, target] of [
    [{ ...good, intervalSeconds: 59 }, 'intervalSeconds'],
    [{ ...good, interval: 60 }, ''],
    [{ ...good, failures: { VM_Unknown: meaning } }, 'failures'],
    [{ ...good, failures: { VM_AttestationSilent: { severity: 'high' } } }, 'failures'],
    [{ ...good, policy: 'nowhere' }, 'policy'],
    [{ version: 1, name: 'all' }, ''],
    [null, ''],
  ] as const) {
    const { status, body } = await put(service, path, wrong as object)
    assert.equal(status, 400, JSON.stringify(wrong))
    const about = `properties.document${target === '' ? '' : `.${target}`}`
    assert.ok(body.error.target.startsWith(about), JSON.stringify(body))
  }
  assert.equal((await service.ask('GET', path)).status, 404)
  const other = path.replace('/default', '/another')
  assert.equal((await put(service, other, good)).status, 400)
  assert.equal((await put(service, at(service.group('none')), good)).status, 404)
  const unknown = await service.ask('PUT', path, { properties: { document: good, plan: 1 } })
  assert.equal(unknown.status, 400)
})

test('a plan of an older version than expected is not written over', async (t) => {
  const service = await aService(t)
  const path = at(service.subscription)
  const first = await put(service, path, { version: 1, name: 'all', intervalSeconds: 60 })
  const ifMatch = { 'if-match': String(first.headers.etag) }
  const change = (intervalSeconds: number) => {
    const document = { version: 1, name: 'all', intervalSeconds }
    return service.ask('PUT', path, { properties: { document } }, ifMatch)
  }
  assert.equal((await change(61)).status, 200)
  assert.equal((await change(62)).status, 412)
})

test('a policy is kept by its id, a plan names one that is there, and one in use is not deleted', async (t) => {
  const service = await aService(t)
  const policy = { version: 2, id: 'finance', rules: { 'os-present': 'high' }, claims: [] }
  const path = policyAt(service, 'finance')
  assert.equal((await put(service, policyAt(service, 'other'), policy)).status, 400)
  assert.equal((await put(service, path, { ...policy, rules: {} })).status, 400)
  assert.equal((await put(service, path, policy)).status, 201)
  const plan = { version: 1, name: 'all', policy: 'finance' }
  assert.equal((await put(service, at(service.subscription), plan)).status, 201)
  const inUse = await service.ask('DELETE', path)
  assert.deepEqual([inUse.status, inUse.body.error.code], [409, 'PolicyInUse'])
  await service.ask('DELETE', at(service.subscription))
  assert.equal((await service.ask('DELETE', path)).status, 200)
  const list = await service.ask('GET', path.slice(0, path.lastIndexOf('/')))
  assert.deepEqual(
    list.body.value.map(({ name, properties }: any) => [name, properties.builtIn]),
    [['trusted-launch', true]],
  )
  const builtIn = policyAt(service, 'trusted-launch')
  assert.equal((await put(service, builtIn, { ...policy, id: 'trusted-launch' })).status, 409)
  assert.equal((await service.ask('DELETE', builtIn)).status, 409)
})

test('a verdict is made under the policy of the VM’s plan, and says which version', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aVm(service)
  const evidence = `${id}/providers/TrustedLaunch/evidence`
  const latest = async () => (await service.ask('GET', evidence)).body.latest
  const before = await latest()
  assert.deepEqual(
    [before.tier, before.policy],
    ['affirming', { id: 'trusted-launch', version: null }],
  )
  const windows = { claim: 'windows', equals: true, when: null, severity: 'high', message: 'No.' }
  const policy = { version: 2, id: 'windows-only', rules: {}, claims: [windows] }
  const path = policyAt(service, 'windows-only')
  await put(service, path, { ...policy, claims: [{ ...windows, severity: 'low' }] })
  await put(service, path, policy)
  await put(service, at(service.group('rg')), { version: 1, name: 'rg', policy: 'windows-only' })
  await service.over(await service.ask('POST', `${evidence}/attest`))
  const after = await latest()
  assert.deepEqual(
    [after.tier, after.policy],
    ['contraindicated', { id: 'windows-only', version: 2 }],
  )
  assert.ok(after.result.findings.some(({ id }: any) => id === 'policy.requirement'))
})

test('security administrators change plans and policies, security readers read them', async (t) => {
  const service = await aService(t)
  const path = at(service.subscription)
  const body = { properties: { document: { version: 1, name: 'all', intervalSeconds: 60 } } }
  const admin = await aPrincipal(service, SECURITY_ADMIN.name, service.subscription)
  const reader = await aPrincipal(service, SECURITY_READER.name, service.subscription)
  assert.equal((await reader.ask('PUT', path, body)).status, 403)
  assert.equal((await admin.ask('PUT', path, body)).status, 201)
  assert.equal((await reader.ask('GET', path)).status, 200)
  assert.equal((await reader.ask('GET', `${path}/versions`)).status, 200)
  assert.equal((await reader.ask('DELETE', path)).status, 403)
  const policies = `${service.subscription}/providers/TrustedLaunch/policies`
  assert.equal((await reader.ask('GET', policies)).status, 200)
})
