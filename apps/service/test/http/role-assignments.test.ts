import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { CONTRIBUTOR, OWNER, READER } from '../../src/identity/role-definitions.ts'
import { aPrincipal } from '../a-principal.ts'
import { type Answer, aService, type TestService } from '../a-service.ts'

const ROLES = 'providers/Microsoft.Authorization/roleDefinitions'
const ASSIGNMENTS = 'providers/Microsoft.Authorization/roleAssignments'

const said = ({ status, body }: Answer) => [status, body?.error?.code]

/** Gives somebody a role at a scope, by a name of its own or this one. */
function given(service: TestService, scope: string, principalId: string, role: string) {
  return (name: string = randomUUID(), more: object = {}) =>
    service.ask('PUT', `${scope}/${ASSIGNMENTS}/${name}`, {
      properties: { principalId, roleDefinitionId: role, ...more },
    })
}

test('an assignment stays whose it is and of what, and there is one of a role, a principal and a scope', async (t) => {
  const service = await aService(t)
  const [who, other, name] = [randomUUID(), randomUUID(), randomUUID()]
  const of = (principal: string, { name }: { name: string }, scope = service.subscription) =>
    given(service, scope, principal, `/${ROLES}/${name}`)
  assert.deepEqual(said(await of(who, READER)(name)), [201, undefined])
  const again = await of(who.toUpperCase(), READER)(name, { description: 'for the audit' })
  assert.deepEqual([again.status, again.body.properties.description], [200, 'for the audit'])
  for (const changed of [of(other, READER), of(who, OWNER)])
    assert.deepEqual(said(await changed(name)), [400, 'RoleAssignmentUpdateNotPermitted'])
  const scoped = `${service.subscription}/${ROLES}/${READER.name}`
  for (const same of [of(who, READER), given(service, service.subscription, who, scoped)]) {
    const answer = await same()
    assert.deepEqual(said(answer), [409, 'RoleAssignmentExists'])
    assert.ok(answer.body.error.message.includes(name.replaceAll('-', '')))
  }
  for (const another of [of(who, CONTRIBUTOR), of(other, READER), of(who, READER, '')])
    assert.deepEqual(said(await another()), [201, undefined])
})

test('a custom role that somebody has is not deleted from under them', async (t) => {
  const service = await aService(t)
  const role = `${service.subscription}/${ROLES}/${randomUUID()}`
  const permissions = [{ actions: ['*/start/action'] }]
  await service.ask('PUT', role, { properties: { roleName: 'Starter', permissions } })
  const { body } = await given(service, service.subscription, randomUUID(), role.toUpperCase())()
  assert.deepEqual(said(await service.ask('DELETE', role)), [400, 'RoleDefinitionHasAssignments'])
  assert.equal((await service.ask('DELETE', body.id)).status, 200)
  assert.equal((await service.ask('DELETE', role)).status, 200)
})

test('the last who owns everything and may sign in stays so, whoever asks', async (t) => {
  const service = await aService(t)
  const { body } = await service.ask('GET', `/${ASSIGNMENTS}`)
  const [own] = body.value.filter((one: any) =>
    one.properties.roleDefinitionId.endsWith(OWNER.name),
  )
  const remove = async () => said(await service.ask('DELETE', own.id))
  const refused = [409, 'OperationNotAllowed']
  assert.deepEqual(await remove(), refused)
  const owner = `/${ROLES}/${OWNER.name}`
  await given(service, '', randomUUID(), owner)()
  assert.deepEqual(await remove(), refused, 'nobody by that id can sign in')
  await given(service, service.subscription, own.properties.principalId, owner)()
  assert.deepEqual(await remove(), refused, 'a subscription is not everything')
  const { ask, path, clientId } = await aPrincipal(service, OWNER.name, '/')
  const set = (disabled: boolean) =>
    service.ask('PUT', path, { properties: { kind: 'service', signInName: clientId, disabled } })
  await set(true)
  assert.deepEqual(await remove(), refused, 'who is disabled does not count')
  await set(false)
  assert.deepEqual(await remove(), [200, undefined])
  const { value } = (await ask('GET', `/${ASSIGNMENTS}`)).body
  const last = value.find(
    (one: any) =>
      one.id !== own.id &&
      one.properties.roleDefinitionId === owner &&
      path.endsWith(one.properties.principalId),
  )
  assert.deepEqual(said(await ask('DELETE', last.id)), refused)
})
