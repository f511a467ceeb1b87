import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  type Administrator,
  firstRun,
  keepSecret,
  writeAdminFile,
} from '../../src/identity/administrator.ts'
import { StoredAuthorizer } from '../../src/identity/authorizer.ts'
import { SealedValues } from '../../src/identity/sealed-values.ts'
import { hashSecret, isSecret } from '../../src/identity/secret.ts'
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
  const sealed = await SealedValues.open(join(folder, 'seal.key'), store.values)
  const start = async (at: number): Promise<Administrator> => {
    const administrator = await firstRun(store, sealed, file, at)
    await writeAdminFile(file, { ...administrator, ...PLACE })
    return administrator
  }
  return { store, sealed, file, start }
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

test('the database has a hash of the secret, and itself only sealed; a file that is gone or spoilt gets it again', async (t) => {
  const { store, file, start } = await aFirstRun(t)
  const first = await start(1)
  const principal = await store.principals.bySignInName(first.clientId)
  assert.ok(!JSON.stringify(principal).includes(first.clientSecret))
  assert.ok(await isSecret(first.clientSecret, principal!.secretHash))
  const kept = await store.values.get('administrator/secret')
  assert.ok(!Buffer.from(kept!).toString('latin1').includes(first.clientSecret))
  for (const spoil of [
    () => rm(file),
    () => writeFile(file, '{"clientId":'),
    () => writeFile(file, JSON.stringify({ ...first, clientSecret: 'another' })),
    () => writeFile(file, JSON.stringify({ ...first, clientId: 'another' })),
  ]) {
    await spoil()
    assert.deepEqual(await start(2), first)
  }
})

test('a secret that was taken back stays so: a start makes a new one', async (t) => {
  const { store, start } = await aFirstRun(t)
  const first = await start(1)
  const principal = (await store.principals.bySignInName(first.clientId))!
  await store.principals.put({ ...principal, secretHash: await hashSecret('another') })
  const { clientSecret } = await start(2)
  assert.notEqual(clientSecret, first.clientSecret)
  const { secretHash } = (await store.principals.bySignInName(first.clientId))!
  assert.ok(await isSecret(clientSecret, secretHash))
  assert.equal((await start(3)).clientSecret, clientSecret)
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
    ['TrustedLaunch/hosts/drain/action', '/'],
  ] as const)
    assert.equal(await authorizer.access(caller, action, scope), 'granted', action)
  assert.notEqual(objectId, clientId)
})

test('an administrator that was deleted stays so over a start, and nobody has its secret', async (t) => {
  const { store, file, start } = await aFirstRun(t)
  const { clientId } = await start(1)
  await store.principals.delete((await store.principals.bySignInName(clientId))!.id)
  const { clientSecret, ...rest } = await start(2)
  assert.deepEqual([rest.clientId, clientSecret], [clientId, ''])
  assert.deepEqual(await store.principals.list({ limit: 1 }), [])
  assert.equal(JSON.parse(await readFile(file, 'utf8')).clientSecret, '')
})

test('a new secret of the administrator is in the file after the next start; another’s is not', async (t) => {
  const { store, sealed, start } = await aFirstRun(t)
  const first = await start(1)
  const principal = (await store.principals.bySignInName(first.clientId))!
  await keepSecret(store, sealed, 'another', 'not this one')
  assert.equal((await start(2)).clientSecret, first.clientSecret)
  await store.principals.put({ ...principal, secretHash: await hashSecret('rotated') })
  await keepSecret(store, sealed, principal.id, 'rotated')
  for (const at of [3, 4]) assert.equal((await start(at)).clientSecret, 'rotated')
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
