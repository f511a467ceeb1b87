import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authorizationTable } from '../../src/identity/authorization-table.ts'
import { isWithin, mayDo, type RoleAssignment } from '../../src/identity/may-do.ts'
import {
  ATTESTATION_CONTRIBUTOR,
  ATTESTATION_READER,
  BUILT_IN_ROLES,
  CONTRIBUTOR,
  OWNER,
  READER,
  type RoleDefinition,
  SECURITY_READER,
  VIRTUAL_MACHINE_CONTRIBUTOR,
} from '../../src/identity/role-definitions.ts'

const subscription = '/subscriptions/00000000-0000-0000-0000-000000000001'
const group = `${subscription}/resourceGroups/web`
const vm = `${group}/providers/Microsoft.Compute/virtualMachines/one`

function as(role: RoleDefinition, scope = subscription): RoleAssignment[] {
  return [{ principalId: 'p', role, scope }]
}

test('a scope holds what lies below it, and no neighbour whose name begins alike', () => {
  assert.ok(isWithin(vm, '/'))
  assert.ok(isWithin(vm.toUpperCase(), group))
  assert.ok(isWithin(group, group))
  assert.ok(!isWithin(`${group}2`, group))
  assert.ok(!isWithin(subscription, group))
})

test('a role holds at its scope and below, and nowhere else', () => {
  const read = 'Microsoft.Compute/virtualMachines/read'
  assert.ok(mayDo(as(READER, group), read, vm))
  assert.ok(!mayDo(as(READER, vm), read, group))
  assert.ok(!mayDo(as(READER, group), read, `${subscription}/resourceGroups/other`))
  assert.ok(!mayDo([], read, vm))
})

test('Owner grants, Contributor does not, Reader changes nothing', () => {
  const grant = 'Microsoft.Authorization/roleAssignments/write'
  assert.ok(mayDo(as(OWNER), grant, vm))
  assert.ok(!mayDo(as(CONTRIBUTOR), grant, vm))
  assert.ok(!mayDo(as(CONTRIBUTOR), 'Microsoft.Authorization/locks/delete', vm))
  assert.ok(mayDo(as(CONTRIBUTOR), 'Microsoft.Compute/virtualMachines/delete', vm))
  for (const action of ['write', 'delete', 'start/action'])
    assert.ok(!mayDo(as(READER), `Microsoft.Compute/virtualMachines/${action}`, vm))
})

test('what one role takes away another gives', () => {
  const write = 'Microsoft.Authorization/locks/write'
  const custom = permitting({ actions: ['Microsoft.Authorization/locks/*'] })
  assert.ok(mayDo([...as(CONTRIBUTOR), ...as(custom)], write, vm))
})

test('only the attestation roles read evidence', () => {
  const readers = BUILT_IN_ROLES.filter((role) =>
    mayDo(as(role), 'TrustedLaunch/evidence/read', vm),
  )
  assert.deepEqual(readers, [ATTESTATION_READER, ATTESTATION_CONTRIBUTOR])
  assert.ok(!mayDo(as(ATTESTATION_READER), 'TrustedLaunch/evidence/write', vm))
  assert.ok(!mayDo(as(ATTESTATION_CONTRIBUTOR), 'Microsoft.Compute/virtualMachines/write', vm))
})

test('notDataActions take data away', () => {
  const custom = permitting({
    dataActions: ['*'],
    notDataActions: ['TrustedLaunch/evidence/write'],
  })
  assert.ok(mayDo(as(custom), 'TrustedLaunch/evidence/read', vm))
  assert.ok(!mayDo(as(custom), 'TrustedLaunch/evidence/write', vm))
})

test('a custom role counts only where it may be assigned', () => {
  const role = { ...permitting({ actions: ['*'] }), assignableScopes: [group] }
  assert.ok(mayDo(as(role, group), 'a/read', vm))
  assert.ok(!mayDo(as(role, subscription), 'a/read', vm))
})

test('the table of endpoints and roles is made from the routes', (t) => {
  const table = authorizationTable([
    { method: 'GET', path: '/subscriptions', action: 'Microsoft.Resources/subscriptions/read' },
    { method: 'GET', path: '/metadata/endpoints', action: null },
    { method: 'PUT', path: '/v/:name', action: 'Microsoft.Compute/virtualMachines/write' },
    { method: 'GET', path: '/v/:name/evidence', action: 'TrustedLaunch/evidence/read' },
  ])
  t.assert.snapshot(table, { serializers: [(text: string) => `\n${text}`] })
})

test('a virtual machine contributor joins networks and makes none', () => {
  const may = (action: string) => mayDo(as(VIRTUAL_MACHINE_CONTRIBUTOR), action, vm)
  assert.ok(may('Microsoft.Network/virtualNetworks/subnets/join/action'))
  assert.ok(!may('Microsoft.Network/virtualNetworks/write'))
  assert.ok(!mayDo(as(SECURITY_READER), 'Microsoft.Compute/virtualMachines/read', vm))
})

function permitting(given: Partial<RoleDefinition['permissions'][0]>): RoleDefinition {
  const none = { actions: [], notActions: [], dataActions: [], notDataActions: [] }
  return { ...OWNER, name: 'custom', type: 'CustomRole', permissions: [{ ...none, ...given }] }
}
