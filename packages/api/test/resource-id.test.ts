import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faults, keyOf, nameOf, parseResourceId, typeOf } from '../src/index.ts'

const vm = '/subscriptions/S/resourceGroups/G/providers/Microsoft.Compute/virtualMachines/web'

test('an id of a VM is taken apart, and its names keep their case', () => {
  const id = parseResourceId(vm)!
  assert.deepEqual(
    [id.subscriptionId, id.resourceGroup, typeOf(id), nameOf(id)],
    ['S', 'G', 'Microsoft.Compute/virtualMachines', 'web'],
  )
})

test('a child has its parent as part of its names', () => {
  const id = parseResourceId(`${vm}/extensions/GuestAttestation`)!
  assert.equal(typeOf(id), 'Microsoft.Compute/virtualMachines/extensions')
  assert.deepEqual(id.names, ['web', 'GuestAttestation'])
})

test('what extends a resource has that resource as its scope', () => {
  const id = parseResourceId(`${vm}/providers/Microsoft.Security/assessments/a`)!
  assert.equal(id.scope, vm)
  assert.equal(id.subscriptionId, 'S')
  assert.equal(typeOf(id), 'Microsoft.Security/assessments')
})

test('subscriptions and resource groups are ids as well', () => {
  assert.equal(nameOf(parseResourceId('/subscriptions/S')!), 'S')
  assert.equal(nameOf(parseResourceId('/subscriptions/S/resourcegroups/G')!), 'G')
})

test('what is no id is none', () => {
  for (const text of [
    '',
    'web',
    '/',
    '/subscriptions',
    `${vm}/`,
    `${vm}/extensions`,
    `/${'a'.repeat(3000)}`,
  ])
    assert.equal(parseResourceId(text), null, text)
})

test('two spellings of one id share a key', () => {
  assert.equal(keyOf(vm), keyOf(vm.toUpperCase()))
})

test("a missing resource is told in Azure's words", () => {
  assert.match(
    faults.resourceNotFound(vm).message,
    /^The Resource 'Microsoft.Compute\/virtualMachines\/web' under resource group 'G' was not found\./,
  )
})

test('letters that are more in another case move nothing', () => {
  const id = parseResourceId(`/subscriptions/S/resourceGroups/İİİ/Providers/N/types/İ`)!
  assert.deepEqual([id.resourceGroup, id.namespace, id.names], ['İİİ', 'N', ['İ']])
  assert.equal(id.scope, '/subscriptions/S/resourceGroups/İİİ')
})
