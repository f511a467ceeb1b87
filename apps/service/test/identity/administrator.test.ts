import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Administrator, firstRun, writeAdminFile } from '../../src/identity/administrator.ts'
import { StoredAuthorizer } from '../../src/identity/authorizer.ts'
import { isSecret } from '../../src/identity/secret.ts'
import { openStore } from '../../src/store/open.ts'

const PLACE = {
  ...{ endpoint: 'https://127.0.0.1:8443', authorityHost: 'https://127.0.0.1:8443' },
  ...{ caFile: '/somewhere/authority.pem', location: 'local' },
}
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

async function aFirstRun(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'tl-admin-'))
  t.after(() => rm(folder, { recursive: true }))
  const store = await openStore({ path: join(folder, 'service.db') })
  t.after(() => store.close())
  const file = join(folder, 'admin.json')
  const start = async (at: number): Promise<Administrator> => {
    const administrator = await firstRun(store, file, at)
    await writeAdminFile(file, { ...administrator, ...PLACE })
    return administrator
  }
  return { store, file, start }
}

test('the file tells all that a client needs, to its owner alone, and a second start the same', async (t) => {
  const { file, start } = await aFirstRun(t)
  const first = await start(1)
  const told = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>
  assert.deepEqual({ ...told }, { ...first, ...PLACE })
  for (const name of ['tenantId', 'clientId', 'subscriptionId']) assert.match(told[name]!, GUID)
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.deepEqual(await start(2), first)
})

test('the database has only a hash of the secret; a file that is gone or spoilt gets a new one', async (t) => {
  const { store, file, start } = await aFirstRun(t)
  const first = await start(1)
  const principal = await store.principals.bySignInName(first.clientId)
  assert.ok(!JSON.stringify(principal).includes(first.clientSecret))
  assert.ok(await isSecret(first.clientSecret, principal!.secretHash))
  for (const spoil of [
    () => rm(file),
    () => writeFile(file, '{"clientId":'),
    () => writeFile(file, JSON.stringify({ ...first, clientSecret: 'another' })),
    () => writeFile(file, JSON.stringify({ ...first, clientId: 'another' })),
  ]) {
    const before = (await store.principals.bySignInName(first.clientId))!.secretHash
    await spoil()
    const { clientSecret, ...rest } = await start(2)
    assert.deepEqual({ ...rest, clientSecret: first.clientSecret }, first)
    const { secretHash } = (await store.principals.bySignInName(first.clientId))!
    assert.notEqual(secretHash, before)
    assert.ok(await isSecret(clientSecret, secretHash))
  }
})

test('the administrator owns the subscription, may make others, drain the host, and read evidence', async (t) => {
  const { store, start } = await aFirstRun(t)
  const { subscriptionId, clientId, tenantId } = await start(1)
  const { id: objectId } = (await store.principals.bySignInName(clientId))!
  const authorizer = new StoredAuthorizer(store.resources, () => 1)
  const caller = { objectId, name: clientId, kind: 'service', tenantId } as const
  const vm = `/subscriptions/${subscriptionId}/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v`
  for (const [action, scope] of [
    ['Microsoft.Compute/virtualMachines/write', vm],
    ['Microsoft.Authorization/roleAssignments/write', vm],
    ['TrustedLaunch/evidence/read', vm],
    ['Microsoft.Resources/subscriptions/write', '/subscriptions/another'],
    ['TrustedLaunch/hosts/drain/action', '/'],
  ] as const)
    assert.equal(await authorizer.access(caller, action, scope), 'granted', action)
  assert.notEqual(objectId, clientId)
})

test('a disabled administrator stays disabled over a start', async (t) => {
  const { store, file, start } = await aFirstRun(t)
  const { clientId } = await start(1)
  const principal = (await store.principals.bySignInName(clientId))!
  await store.principals.put({ ...principal, disabled: true })
  await rm(file)
  await start(2)
  assert.equal((await store.principals.bySignInName(clientId))!.disabled, true)
})
