import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { aService } from '../a-service.ts'

test('a custom role that is not one is refused: nothing is kept that allows nothing, or more than it says', async (t) => {
  const service = await aService(t)
  const id = `${service.subscription}/providers/Microsoft.Authorization/roleDefinitions/${randomUUID()}`
  const good = {
    roleName: 'Starter',
    permissions: [{ actions: ['*/start/action'], notActions: ['*/delete'] }],
  }
  const bad: [object, string][] = [
    [{ ...good, roleName: undefined }, 'InvalidParameter'],
    [{ ...good, roleName: 'x'.repeat(129) }, 'InvalidParameter'],
    [{ ...good, roleName: 'owner' }, 'RoleDefinitionWithSameNameExists'],
    [{ ...good, description: 'x'.repeat(1025) }, 'InvalidParameter'],
    [{ ...good, permissions: undefined }, 'InvalidParameter'],
    [{ ...good, permissions: [] }, 'InvalidParameter'],
    [{ ...good, permissions: 'x' }, 'BadRequest'],
    [{ ...good, permissions: [null] }, 'BadRequest'],
    [{ ...good, permissions: [{ action: ['*'] }] }, 'BadRequest'],
    [{ ...good, permissions: [{ actions: '*' }] }, 'BadRequest'],
    [{ ...good, permissions: [{ actions: ['a b'] }] }, 'InvalidActionOrNotAction'],
    [{ ...good, permissions: [{ actions: ['*'], notActions: [''] }] }, 'InvalidActionOrNotAction'],
    [{ ...good, assignableScopes: [] }, 'InvalidAssignableScopes'],
    [{ ...good, assignableScopes: ['/'] }, 'InvalidAssignableScopes'],
    [{ ...good, unknown: 1 }, 'BadRequest'],
  ]
  for (const [properties, code] of bad) {
    const { status, body } = await service.ask('PUT', id, { properties })
    assert.ok([400, 409].includes(status), JSON.stringify(properties))
    assert.equal(body.error.code, code, JSON.stringify(properties))
    assert.equal((await service.ask('GET', id)).status, 404)
  }
  assert.equal((await service.ask('PUT', id, { properties: good })).status, 201)
})
