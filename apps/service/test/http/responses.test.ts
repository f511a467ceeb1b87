import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { FailingHost } from '../a-failing-host.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'

const provider = 'providers/Microsoft.Security'
const failure = 'VM_GuestAttestationFailure'
const extension = {
  location: 'local',
  properties: {
    publisher: 'Microsoft.Azure.Security.LinuxAttestation',
    ...{ type: 'GuestAttestation', typeHandlerVersion: '1.0' },
  },
}

/** A VM whose boot is not as approved, under a plan that says what that means. */
async function aFailedVm(
  host: FailingHost,
  service: TestService,
  meaning: object,
  before: () => Promise<unknown> = async () => {},
) {
  const { id } = await aVm(service)
  const plan = { version: 1, name: 'strict', failures: { [failure]: meaning } }
  const path = `${service.group('rg')}/providers/TrustedLaunch/monitoringPlans/default`
  const put = await service.ask('PUT', path, { properties: { document: plan } })
  assert.equal(put.status, 201, JSON.stringify(put.body))
  await before()
  await service.over(await service.ask('PUT', `${id}/extensions/GuestAttestation`, extension))
  const [machine] = await host.machines()
  return { id, machine: machine! }
}

async function attest(service: TestService, vm: string): Promise<void> {
  const asked = await service.ask('POST', `${vm}/providers/TrustedLaunch/evidence/attest`)
  assert.equal((await service.over(asked)).status, 'Succeeded')
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1500 && !(await condition()); i++) await sleep(20)
  assert.ok(await condition())
}

/** Whose deeds the activity log has of a VM, by their last names. */
async function deedsOf(service: TestService, caller: RegExp): Promise<string[]> {
  const path = `${service.subscription}/providers/Microsoft.Insights/eventtypes/management/values`
  const { value } = (await service.ask('GET', path)).body
  return value
    .filter((one: any) => caller.test(one.caller))
    .map((one: any) => `${one.operationName.value.split('/').at(-2)} by ${one.caller}`)
}

async function alertOf(service: TestService) {
  const { value } = (await service.ask('GET', `${service.subscription}/${provider}/alerts`)).body
  return value.find(({ properties }: any) => properties.alertType === failure)
}

async function statusesOf(service: TestService, vm: string): Promise<string[]> {
  const { statuses } = (await service.ask('GET', `${vm}/instanceView`)).body
  return statuses.map(({ code }: any) => code)
}

test('a failure that a plan wants isolated takes the VM’s network away, once, and gives it back when its alert is closed', async (t) => {
  const host = new FailingHost()
  const service = await aService(t, host)
  const meaning = { severity: 'high', response: 'isolate' }
  const { id, machine } = await aFailedVm(host, service, meaning)
  await until(() => host.isolated.has(machine))
  const { properties } = await alertOf(service)
  const { response, responsePlan, responseOperation } = properties.extendedProperties
  assert.deepEqual([properties.severity, response, responsePlan], ['High', 'isolate', 'strict'])
  assert.match(responseOperation, /^[0-9a-f-]{36}$/)
  await until(async () => (await statusesOf(service, id)).includes('TrustedLaunch/Isolated'))
  await attest(service, id)
  const caller = /^monitoring plan/
  assert.deepEqual(await deedsOf(service, caller), ['isolate by monitoring plan strict'])
  const alert = await alertOf(service)
  assert.equal((await service.ask('POST', `${alert.id}/resolve`, { reason: 'seen' })).status, 204)
  await until(() => !host.isolated.has(machine))
  await until(async () => !(await statusesOf(service, id)).includes('TrustedLaunch/Isolated'))
  assert.deepEqual((await deedsOf(service, caller)).sort(), [
    'connect by monitoring plan strict',
    'isolate by monitoring plan strict',
  ])
  await attest(service, id)
  await until(() => host.isolated.has(machine))
})

test('a failure that a plan wants stopped stops the VM at once', async (t) => {
  const host = new FailingHost()
  const service = await aService(t, host)
  const { id, machine } = await aFailedVm(host, service, { severity: 'low', response: 'stop' })
  await until(async () => (await host.power(machine)) === 'stopped')
  assert.equal((await alertOf(service)).properties.severity, 'Low')
  await until(async () => (await statusesOf(service, id)).includes('PowerState/stopped'))
  assert.deepEqual(await deedsOf(service, /^monitoring plan/), [
    'powerOff by monitoring plan strict',
  ])
})

test('nothing is done about what is only to be told, nor about an alert that a rule hides', async (t) => {
  for (const [meaning, isHidden] of [
    [{ severity: 'medium', response: 'tell' }, false],
    [{ severity: 'high', response: 'isolate' }, true],
  ] as const) {
    const host = new FailingHost()
    const service = await aService(t, host)
    const rule = { alertType: '*', reason: 'Other', state: 'Enabled' }
    const path = `${service.subscription}/${provider}/alertsSuppressionRules/all`
    const hide = () => service.ask('PUT', path, { properties: rule })
    const { id } = await aFailedVm(host, service, meaning, isHidden ? hide : undefined)
    await attest(service, id)
    assert.equal((await alertOf(service)).properties.extendedProperties.response, undefined)
    assert.deepEqual(await deedsOf(service, /^monitoring plan/), [])
  }
})

test('who isolated a VM by hand gives it its network back by hand: closing an alert does not', async (t) => {
  const host = new FailingHost()
  const service = await aService(t, host)
  const meaning = { severity: 'high', response: 'isolate' }
  const { id, machine } = await aFailedVm(host, service, meaning)
  await until(() => host.isolated.has(machine))
  const network = `${id}/providers/TrustedLaunch/network`
  const act = async (deed: string) =>
    (await service.over(await service.ask('POST', `${network}/${deed}`))).status
  assert.equal(await act('isolate'), 'Succeeded')
  const alert = await alertOf(service)
  await service.ask('POST', `${alert.id}/resolve`, { reason: 'seen' })
  assert.ok(host.isolated.has(machine))
  assert.ok((await statusesOf(service, id)).includes('TrustedLaunch/Isolated'))
  assert.equal(await act('connect'), 'Succeeded')
  assert.ok(!host.isolated.has(machine))
  const none = `${service.group('rg')}/providers/TrustedLaunch/network/isolate`
  assert.equal((await service.ask('POST', none)).status, 404)
})

test('a VM that is silent is isolated where its plan wants that, and connected again when it answers', async (t) => {
  const host = new FailingHost()
  host.isDrifted = false
  let ahead = 0
  const service = await aService(t, host, { now: () => Date.now() + ahead })
  const { id } = await aVm(service)
  const [machine] = await host.machines()
  const failures = { VM_AttestationSilent: { severity: 'high', response: 'isolate' } }
  const document = { version: 1, name: 'near', intervalSeconds: 60, silenceSeconds: 60, failures }
  const path = `${id}/providers/TrustedLaunch/monitoringPlans/default`
  assert.equal((await service.ask('PUT', path, { properties: { document } })).status, 201)
  host.failure = new Error('no answer')
  ahead = 10 * 60_000
  await until(() => host.isolated.has(machine!))
  host.failure = null
  ahead += 10 * 60_000
  await until(() => !host.isolated.has(machine!))
})
