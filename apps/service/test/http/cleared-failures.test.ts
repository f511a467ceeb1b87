import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SECURITY_ADMIN } from '../../src/identity/role-definitions.ts'
import { DriftedHost } from '../a-drifted-host.ts'
import { aPrincipal } from '../a-principal.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { GUEST_ATTESTATION } from '../jobs/monitored.ts'

const evidence = (id: string) => `${id}/providers/TrustedLaunch/evidence`

async function tierOf(service: TestService, id: string): Promise<string> {
  const asked = await service.ask('POST', `${evidence(id)}/attest`)
  return (await service.over(asked)).properties.output.tier
}

/** A VM that failed, and is as expected again. */
async function aFailedVm(service: TestService, host: DriftedHost, name = 'web'): Promise<string> {
  host.isDrifted = false
  const { id } = await aVm(service, name)
  host.isDrifted = true
  assert.equal(await tierOf(service, id), 'contraindicated')
  host.isDrifted = false
  assert.equal(await tierOf(service, id), 'affirming')
  return id
}

const tokenTier = async (service: TestService, id: string) =>
  (await service.ask('POST', `${id}/providers/TrustedLaunch/token`, { audience: 'a' })).body.tier
const failureOf = async (service: TestService, id: string) =>
  (await service.ask('GET', evidence(id))).body.failure
const clear = (service: TestService, id: string, body?: unknown) =>
  service.ask('POST', `${evidence(id)}/clearFailure`, body)

test('a failure of a VM without the extension has no alert, and is cleared by somebody, for a reason', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const id = await aFailedVm(service, host)
  assert.equal(await tokenTier(service, id), 'contraindicated')
  const failure = await failureOf(service, id)
  assert.ok(Date.parse(failure.time) > 0 && failure.findings.length > 0, JSON.stringify(failure))
  for (const [body, code] of [
    [undefined, 'InvalidParameter'],
    [{ reason: ' ' }, 'InvalidParameter'],
    [{ reason: 7 }, 'InvalidParameter'],
    [{ reason: 'x'.repeat(201) }, 'InvalidParameter'],
  ] as const) {
    const refused = await clear(service, id, body)
    assert.deepEqual([refused.status, refused.body.error.code], [400, code])
  }
  const admin = await aPrincipal(service, SECURITY_ADMIN.name, service.subscription)
  const body = { reason: 'the kernel of a test' }
  const cleared = await admin.ask('POST', `${evidence(id)}/clearFailure`, body)
  assert.equal(cleared.status, 204, JSON.stringify(cleared.body))
  assert.equal(await failureOf(service, id), undefined)
  assert.equal(await tokenTier(service, id), 'affirming')
  assert.equal(await tierOf(service, id), 'affirming')
  const again = await clear(service, id, body)
  assert.deepEqual([again.status, again.body.error.code], [409, 'OperationNotAllowed'])
  assert.match(again.body.error.message, /no failure that waits to be cleared/)
})

test('a failure with an open alert is cleared by closing that, and by nothing beside it', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const { id } = await aVm(service)
  await service.over(await service.ask('PUT', `${id}/extensions/attest`, GUEST_ATTESTATION))
  host.isDrifted = true
  assert.equal(await tierOf(service, id), 'contraindicated')
  const refused = await clear(service, id, { reason: 'known' })
  assert.deepEqual([refused.status, refused.body.error.code], [409, 'OperationNotAllowed'])
  const { value } = (
    await service.ask('GET', `${service.subscription}/providers/Microsoft.Security/alerts`)
  ).body
  const [alert] = value
  assert.ok(refused.body.error.message.includes(alert.name), refused.body.error.message)
  host.isDrifted = false
  assert.equal(await tierOf(service, id), 'affirming')
  assert.notEqual(await failureOf(service, id), undefined)
  assert.equal((await service.ask('POST', `${alert.id}/resolve`, { reason: 'a test' })).status, 204)
  assert.equal(await failureOf(service, id), undefined)
})
