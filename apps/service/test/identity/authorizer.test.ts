import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Caller } from '../../src/domain/caller.ts'
import type { JsonObject, Resource, Resources } from '../../src/domain/store.ts'
import { StoredAuthorizer } from '../../src/identity/authorizer.ts'
import { OWNER, READER } from '../../src/identity/role-definitions.ts'

const mine = '/subscriptions/00000000-0000-0000-0000-000000000001'
const other = '/subscriptions/00000000-0000-0000-0000-000000000002'
const group = `${mine}/resourceGroups/web`
const read = 'Microsoft.Compute/virtualMachines/read'

const caller = (objectId: string): Caller => ({
  ...{ objectId, name: objectId, kind: 'service', tenantId: 't' },
})

function resource(id: string, type: string, properties: JsonObject = {}): Resource {
  return { id, type, name: id.split('/').at(-1)!, properties } as Resource
}

let count = 0
function assigned(principalId: string, role: string, scope: string, more: JsonObject = {}) {
  const id = `${scope === '/' ? '' : scope}/providers/Microsoft.Authorization/roleAssignments/${++count}`
  const roleDefinitionId = `${mine}/providers/Microsoft.Authorization/roleDefinitions/${role}`
  return resource(id, 'Microsoft.Authorization/roleAssignments', {
    ...{ principalId, roleDefinitionId, ...more },
  })
}

/** An authorizer over a list of resources that a test adds to. */
function over(...more: Resource[]) {
  const type = 'Microsoft.Resources/subscriptions'
  const resources = [resource(mine, type), resource(other, type), ...more]
  let now = 1_000
  const list: Resources['list'] = async (query) =>
    resources.filter((each) => each.type === query.type)
  const authorizer = new StoredAuthorizer({ list } as Resources, () => now)
  const pass = (ms: number) => {
    now += ms
  }
  return { authorizer, resources, pass }
}

test('a role is granted there and below, denied elsewhere in the subscription, and hides all others', async () => {
  const { authorizer } = over(assigned('ann', READER.name, group))
  const ann = caller('ANN')
  assert.equal(await authorizer.access(ann, read, `${group}/providers/a/b/c`), 'granted')
  assert.equal(await authorizer.access(ann, read, `${mine}/resourceGroups/x`), 'denied')
  assert.equal(await authorizer.access(ann, read, other), 'invisible')
  assert.equal(await authorizer.access(caller('bob'), read, mine), 'invisible')
  assert.deepEqual(await authorizer.subscriptionsOf(ann), [mine])
})

test('a subscription that is not there looks as one that is not seen, also to an owner of everything', async () => {
  const { authorizer } = over(assigned('root', OWNER.name, '/'))
  const root = caller('root')
  const none = '/subscriptions/00000000-0000-0000-0000-00000000000f'
  assert.equal(await authorizer.access(root, read, none), 'invisible')
  assert.equal(await authorizer.access(root, read, other), 'granted')
})

test('whoever signed in may ask at the root what there is, and nothing else', async () => {
  const { authorizer } = over()
  const bob = caller('bob')
  const subscriptions = 'Microsoft.Resources/subscriptions/read'
  assert.equal(await authorizer.access(bob, subscriptions, '/'), 'granted')
  assert.equal(await authorizer.access(bob, subscriptions, mine), 'invisible')
  assert.equal(await authorizer.access(bob, 'TrustedLaunch/hosts/drain/action', '/'), 'denied')
})

test('who has a role in one group asks how far an action is, and what the subscription offers, and lists none of it', async () => {
  const { authorizer } = over(assigned('ann', READER.name, group))
  const poll = 'Microsoft.Compute/locations/operations/read'
  const operation = `${mine}/providers/Microsoft.Compute/locations/local/operations/1`
  assert.equal(await authorizer.access(caller('ann'), poll, operation), 'granted')
  assert.equal(await authorizer.access(caller('bob'), poll, operation), 'invisible')
  assert.equal(await authorizer.access(caller('ann'), read, mine), 'denied')
  const beside = `${mine}/resourceGroups/x/providers/Microsoft.Compute/locations/operations/1`
  assert.equal(await authorizer.access(caller('ann'), poll, beside), 'denied')
})

test('an assignment with a condition, or of a role that is gone, counts for nothing', async () => {
  const { authorizer } = over(
    assigned('ann', READER.name, mine, { condition: '@Resource[a] == 1' }),
    assigned('bob', 'gone', mine),
  )
  assert.equal(await authorizer.access(caller('ann'), read, mine), 'invisible')
  assert.equal(await authorizer.access(caller('bob'), read, mine), 'invisible')
})

test('a custom role allows what it names; one whose lists are not whole allows nothing', async () => {
  const custom = (name: string, notActions: JsonObject[string]) =>
    resource(
      `${mine}/providers/Microsoft.Authorization/roleDefinitions/${name}`,
      'Microsoft.Authorization/roleDefinitions',
      { permissions: [{ actions: ['*/read'], notActions }], assignableScopes: [mine] },
    )
  const { authorizer } = over(
    ...[custom('good', []), custom('bad', [1]), custom('odd', 'a/read')],
    ...['good', 'bad', 'odd'].map((name) => assigned(name, name, mine)),
  )
  assert.equal(await authorizer.access(caller('good'), read, mine), 'granted')
  assert.equal(await authorizer.access(caller('bad'), read, mine), 'invisible')
  assert.equal(await authorizer.access(caller('odd'), read, mine), 'invisible')
})

test('no custom role stands for a built-in one, for another of its name, or beyond where it lies', async () => {
  const custom = (scope: string, name: string, assignableScopes: string[]) =>
    resource(
      `${scope}/providers/Microsoft.Authorization/roleDefinitions/${name}`,
      'Microsoft.Authorization/roleDefinitions',
      { permissions: [{ actions: ['*'] }], assignableScopes },
    )
  const write = 'Microsoft.Compute/virtualMachines/write'
  const { authorizer } = over(
    custom(group, READER.name, ['/']),
    assigned('ann', READER.name, mine),
    custom(group, 'mine', ['/']),
    assigned('bob', 'mine', mine),
    custom(mine, 'wide', ['/', other]),
    assigned('cat', 'wide', other),
  )
  assert.equal(await authorizer.access(caller('ann'), write, mine), 'denied')
  assert.equal(await authorizer.access(caller('bob'), write, mine), 'invisible')
  assert.equal(await authorizer.access(caller('cat'), write, other), 'denied')
})

test('what is granted here counts at once, and elsewhere after two seconds', async () => {
  const { authorizer, resources, pass } = over()
  const ann = caller('ann')
  assert.equal(await authorizer.access(ann, read, mine), 'invisible')
  resources.push(assigned('ann', READER.name, mine))
  authorizer.changed()
  assert.equal(await authorizer.access(ann, read, mine), 'granted')
  resources.pop()
  pass(1_999)
  assert.equal(await authorizer.access(ann, read, mine), 'granted')
  pass(2)
  assert.equal(await authorizer.access(ann, read, mine), 'invisible')
})

test('a database that does not answer grants nothing, and is asked again', async () => {
  let fails = true
  const list: Resources['list'] = async () => {
    if (fails) throw new Error('gone')
    return []
  }
  const authorizer = new StoredAuthorizer({ list } as unknown as Resources, () => 0)
  await assert.rejects(authorizer.access(caller('ann'), read, mine), /gone/)
  fails = false
  assert.equal(await authorizer.access(caller('ann'), read, mine), 'invisible')
})
