import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matches, type Permission, permits } from '../src/permissions.ts'

test('a star stands for any characters, in any case of letters', () => {
  for (const [pattern, action, expected] of [
    ['*', 'a/b/read', true],
    ['*/read', 'Microsoft.Compute/virtualMachines/Read', true],
    ['*/read', 'Microsoft.Compute/virtualMachines/write', false],
    ['microsoft.compute/*/read', 'Microsoft.Compute/virtualMachines/instanceView/read', true],
    ['Microsoft.Compute/*/read', 'Microsoft.Compute/read', false],
    ['Microsoft.Compute/virtualMachines', 'Microsoft.Compute/virtualMachines/read', false],
    ['a*b*a', 'aba', true],
    ['a*ba', 'aba', true],
    ['a*aba', 'aba', false],
    ['', 'a', false],
  ] as const)
    assert.equal(matches(pattern, action), expected, `${pattern} ${action}`)
})

test('a pattern made of stars takes no time that grows with their number', () => {
  const started = performance.now()
  assert.equal(matches(`${'*a'.repeat(2_000)}b`, 'a'.repeat(2_000)), false)
  assert.ok(performance.now() - started < 200)
})

test('what is taken is not given, and what a VM showed of its inside is given by data actions alone', () => {
  const given = (some: Partial<Permission>): Permission => ({
    ...{ actions: [], notActions: [], dataActions: [], notDataActions: [], ...some },
  })
  const contributor = given({ actions: ['*'], notActions: ['Microsoft.Authorization/*/write'] })
  assert.ok(permits(contributor, 'Microsoft.Compute/virtualMachines/start/action'))
  assert.ok(!permits(contributor, 'Microsoft.Authorization/roleAssignments/Write'))
  assert.ok(!permits(contributor, 'TrustedLaunch/evidence/read'))
  assert.ok(permits(given({ dataActions: ['*/read'] }), 'TrustedLaunch/evidence/read'))
})
