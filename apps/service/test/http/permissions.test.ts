import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { type Permission, permits } from '@trusted-launch/api'
import { ATTESTATION_READER, READER } from '../../src/identity/role-definitions.ts'
import { aPrincipal, mayAlso } from '../a-principal.ts'
import { aService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'

const START = 'Microsoft.Compute/virtualMachines/start/action'
const at = (scope: string) => `${scope}/providers/Microsoft.Authorization/permissions`

test('who asks is told what they may do at a scope, by every role that holds there', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const reader = await aPrincipal(service, READER.name, service.subscription)
  const may = async (scope: string, action: string) => {
    const { status, body } = await reader.ask('GET', at(scope))
    assert.equal(status, 200, JSON.stringify(body))
    return body.value.some((one: Permission) => permits(one, action))
  }
  assert.ok(await may(id, 'Microsoft.Compute/virtualMachines/read'))
  assert.ok(!(await may(id, START)))
  await mayAlso(service, reader.name, [START], id)
  assert.ok(await may(id, START))
  assert.ok(!(await may(service.group('rg'), START)))
  assert.ok(await may('', 'Microsoft.Resources/providers/read'))
  const started = await reader.ask('POST', `${id}/start`)
  assert.ok(started.status < 300, JSON.stringify(started.body))
})

test('whoever sees a subscription may ask that, whatever their role, and nobody else learns that it is there', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const { ask } = await aPrincipal(service, ATTESTATION_READER.name, id)
  for (const scope of [id, service.group('rg'), service.subscription])
    assert.equal((await ask('GET', at(scope))).status, 200, scope)
  const elsewhere = await ask('GET', at(`/subscriptions/${randomUUID()}`))
  assert.equal(elsewhere.body.error.code, 'SubscriptionNotFound')
})
