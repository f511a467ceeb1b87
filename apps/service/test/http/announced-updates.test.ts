import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { CONTRIBUTOR } from '../../src/identity/role-definitions.ts'
import { DriftedHost } from '../a-drifted-host.ts'
import { aPrincipal } from '../a-principal.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'

const HOUR_MS = 3_600_000
const extension = {
  location: 'local',
  properties: {
    publisher: 'Microsoft.Azure.Security.LinuxAttestation',
    ...{ type: 'GuestAttestation', typeHandlerVersion: '1.0' },
  },
}
const inAnHour = () => new Date(Date.now() + HOUR_MS).toISOString()

async function attested(service: TestService, vm: string): Promise<string> {
  const asked = await service.ask('POST', `${vm}/providers/TrustedLaunch/evidence/attest`)
  return (await service.over(asked)).properties.output.tier
}

async function aWatchedVm(service: TestService): Promise<string> {
  const { id, end } = await aVm(service)
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  await service.over(await service.ask('PUT', `${id}/extensions/GuestAttestation`, extension))
  return id
}

function announce(service: TestService, scope: string, properties: object, name = 'update') {
  const path = `${scope}/providers/TrustedLaunch/announcedUpdates/${name}`
  return service.ask('PUT', path, {
    properties: { reason: 'ticket 7', until: inAnHour(), ...properties },
  })
}

const driftsOf = async (service: TestService, vm: string): Promise<any[]> =>
  (await service.ask('GET', `${vm}/providers/TrustedLaunch/drift`)).body.value

async function openAlerts(service: TestService): Promise<number> {
  const path = `${service.subscription}/providers/Microsoft.Security/alerts`
  const { body } = await service.ask('GET', path)
  return body.value.filter(({ properties }: any) => properties.status === 'Active').length
}

/** What the VM will measure, as a pipeline knows it: here by having seen it on another one. */
async function digestsOf(service: TestService, host: DriftedHost): Promise<any> {
  const { id } = await aVm(service, 'canary')
  host.isDrifted = true
  await attested(service, id)
  const [drift] = await driftsOf(service, id)
  const measured = drift.properties.differences.map(({ component, after }: any) => ({
    ...{ component, value: after },
  }))
  await service.over(await service.ask('DELETE', id))
  host.isDrifted = false
  return { measured, modules: [] }
}

test('an update that was announced with its digests is affirmed when exactly those show, and no alert is raised', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const digests = await digestsOf(service, host)
  const fresh = new DriftedHost()
  Object.assign(host, { vm: fresh.vm })
  const vm = await aWatchedVm(service)
  const made = await announce(service, service.subscription, { digests })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  host.isDrifted = true
  assert.equal(await attested(service, vm), 'affirming')
  const [drift] = await driftsOf(service, vm)
  assert.equal(drift.properties.status, 'Approved')
  assert.equal(drift.properties.decision.reason, 'ticket 7')
  const { body } = await service.ask('GET', `${vm}/providers/TrustedLaunch/referenceValues`)
  assert.ok(body.value.some(({ properties }: any) => properties.origin === 'announcement'))
  assert.equal(await openAlerts(service), 0)
})

test('what was not announced to the letter, for another VM, or no longer, is drift as ever', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const vm = await aWatchedVm(service)
  const other = { measured: [{ component: 'kernel', value: '00'.repeat(32) }], modules: [] }
  await announce(service, vm, { digests: other })
  await announce(service, vm, { digests: { measured: [], modules: [] } }, 'nothing')
  await announce(service, service.subscription, { image: 'another', digests: null }, 'image')
  host.isDrifted = true
  assert.equal(await attested(service, vm), 'contraindicated')
  assert.equal((await driftsOf(service, vm))[0].properties.status, 'Pending')
  assert.equal(await openAlerts(service), 1)
})

test('an update that was announced without digests delays its alert until it ends, and never affirms', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const vm = await aWatchedVm(service)
  const made = await announce(service, vm, {})
  assert.equal(made.body.properties.hasDigests, false)
  host.isDrifted = true
  assert.equal(await attested(service, vm), 'contraindicated')
  assert.equal(await openAlerts(service), 0)
  assert.equal((await driftsOf(service, vm))[0].properties.status, 'Pending')
  assert.equal((await service.ask('DELETE', made.body.id)).status, 200)
  assert.equal(await attested(service, vm), 'contraindicated')
  assert.equal(await openAlerts(service), 1)
})

test('while an update is waited for only the alert of the drift waits: a silence ends, and what else is wrong is told', async (t) => {
  const host = new DriftedHost()
  let aheadMs = 0
  const service = await aService(t, host, { now: () => Date.now() + aheadMs })
  const plan = { version: 1, name: 'short', intervalSeconds: 600, silenceSeconds: 120 }
  const at = `${service.subscription}/providers/TrustedLaunch/monitoringPlans/default`
  await service.ask('PUT', at, { properties: { document: plan } })
  const vm = await aWatchedVm(service)
  await announce(service, vm, {})
  host.failure = new Error('nobody is there')
  aheadMs += 15 * 60_000
  await until(async () => (await openAlerts(service)) === 1)
  Object.assign(host, { failure: null, isDrifted: true })
  assert.equal(await attested(service, vm), 'contraindicated')
  assert.equal(await openAlerts(service), 0, 'it answered, and its drift is waited for')
  host.vm.putBack(1)
  await attested(service, vm)
  const path = `${service.subscription}/providers/Microsoft.Security/alerts`
  const types = (await service.ask('GET', path)).body.value.map(
    ({ properties }: any) => `${properties.alertType} ${properties.status}`,
  )
  assert.ok(types.includes('VM_VtpmIdentityChanged Active'), types.join())
})

async function until(what: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 30_000; !(await what()); await sleep(50))
    assert.ok(performance.now() < end, 'it did not happen')
}

test('a drift that is announced after it showed leaves no alert and no failure, resolved by who announced it', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const vm = await aWatchedVm(service)
  host.isDrifted = true
  assert.equal(await attested(service, vm), 'contraindicated')
  assert.equal(await openAlerts(service), 1)
  const [drift] = await driftsOf(service, vm)
  const measured = drift.properties.differences.map(({ component, digest }: any) => ({
    ...{ component, value: digest },
  }))
  const made = await announce(service, vm, { digests: { measured, modules: [] } })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  assert.equal(await attested(service, vm), 'affirming')
  await until(async () => (await openAlerts(service)) === 0)
  const path = `${service.subscription}/providers/Microsoft.Security/alerts`
  const [alert] = (await service.ask('GET', path)).body.value
  assert.equal(alert.properties.status, 'Resolved')
  assert.match(JSON.stringify(alert), new RegExp(made.body.properties.announcedBy))
  const asked = { audience: 'https://relying.example' }
  const token = await service.ask('POST', `${vm}/providers/TrustedLaunch/token`, asked)
  assert.equal(token.body.tier, 'affirming')
})

test('a drift whose alert waited is approved without leaving a failure behind', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const vm = await aWatchedVm(service)
  await announce(service, vm, {})
  host.isDrifted = true
  assert.equal(await attested(service, vm), 'contraindicated')
  const [drift] = await driftsOf(service, vm)
  const asked = await service.ask('POST', `${drift.id}/approve`, { reason: 'it came' })
  assert.equal((await service.over(asked)).status, 'Succeeded')
  assert.equal(await attested(service, vm), 'affirming')
  assert.equal(await openAlerts(service), 0)
  const key = 'b7604066-ed76-45f9-a5c1-c97e4812dc55'
  const path = `${vm}/providers/Microsoft.Security/assessments/${key}`
  const { body } = await service.ask('GET', path)
  assert.equal(body.properties.status.code, 'Healthy')
})

test('a first boot is not affirmed by an announcement', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const digests = await digestsOf(service, host)
  await announce(service, service.subscription, { digests })
  Object.assign(host, { vm: new DriftedHost().vm, isDrifted: true })
  const vm = await aWatchedVm(service)
  assert.equal(await attested(service, vm), 'contraindicated')
  assert.equal((await driftsOf(service, vm))[0].properties.isFirstBoot, true)
})

test('what a person rejected is not approved by an announcement after it', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const vm = await aWatchedVm(service)
  host.isDrifted = true
  await attested(service, vm)
  const [drift] = await driftsOf(service, vm)
  await service.ask('POST', `${drift.id}/reject`, { reason: 'not ours' })
  const measured = drift.properties.differences.map(({ component, after }: any) => ({
    ...{ component, value: after },
  }))
  await announce(service, vm, { digests: { measured, modules: [] } })
  assert.equal(await attested(service, vm), 'contraindicated')
})

test('an announcement is read strictly, ends within 30 days, and wants a right of its own', async (t) => {
  const service = await aService(t, new DriftedHost())
  const vm = await aWatchedVm(service)
  const late = new Date(Date.now() + 31 * 24 * HOUR_MS).toISOString()
  for (const wrong of [
    { reason: '' },
    { until: 'soon' },
    { until: late },
    { until: new Date(Date.now() - HOUR_MS).toISOString() },
    { image: 7 },
    { more: 1 },
    { digests: {} },
    { digests: { measured: [{ component: 'kernels', value: 'x' }], modules: [] } },
    { digests: { measured: [], modules: ['0'] } },
  ])
    assert.equal((await announce(service, vm, wrong)).status, 400, JSON.stringify(wrong))
  const { ask } = await aPrincipal(service, CONTRIBUTOR.name, service.subscription)
  const path = `${vm}/providers/TrustedLaunch/announcedUpdates/update`
  const properties = { reason: 'x', until: inAnHour() }
  assert.equal((await ask('PUT', path, { properties })).status, 403)
  assert.equal((await announce(service, vm, {})).status, 201)
  assert.equal((await announce(service, vm, { reason: 'again' })).status, 200)
  const { body } = await service.ask('GET', path)
  assert.equal(body.properties.reason, 'again')
  assert.equal((await service.ask('DELETE', path)).status, 200)
  assert.equal((await service.ask('GET', path)).status, 404)
})
