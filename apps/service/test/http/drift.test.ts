import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseReferenceValues, verifyRecord } from '@trusted-launch/attestation'
import { toUtf8 } from '@trusted-launch/codec'
import {
  ATTESTATION_CONTRIBUTOR,
  ATTESTATION_READER,
  OWNER,
  READER,
  SECURITY_ADMIN,
} from '../../src/identity/role-definitions.ts'
import { DriftedHost } from '../a-drifted-host.ts'
import { aPrincipal } from '../a-principal.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'

const extension = {
  location: 'local',
  properties: {
    publisher: 'Microsoft.Azure.Security.LinuxAttestation',
    ...{ type: 'GuestAttestation', typeHandlerVersion: '1.0' },
  },
}
const integrityKey = 'b7604066-ed76-45f9-a5c1-c97e4812dc55'
const approvalKey = 'reference-values-approval'

async function attested(service: TestService, vm: string): Promise<string> {
  const asked = await service.ask('POST', `${vm}/providers/TrustedLaunch/evidence/attest`)
  const { properties } = await service.over(asked)
  return properties.output.tier
}

/** A VM that booted as it was to and then with another kernel, watched by the extension. */
async function aDriftedVm(service: TestService, host: DriftedHost, name = 'web'): Promise<string> {
  host.isDrifted = false
  const { id, end } = await aVm(service, name)
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  await service.over(await service.ask('PUT', `${id}/extensions/GuestAttestation`, extension))
  host.isDrifted = true
  assert.equal(await attested(service, id), 'contraindicated')
  return id
}

const driftsOf = async (service: TestService, vm: string): Promise<any[]> =>
  (await service.ask('GET', `${vm}/providers/TrustedLaunch/drift`)).body.value

async function alertsOf(service: TestService): Promise<any[]> {
  const path = `${service.subscription}/providers/Microsoft.Security/alerts`
  return (await service.ask('GET', path)).body.value
}

async function integrityOf(service: TestService, vm: string): Promise<string> {
  const path = `${vm}/providers/Microsoft.Security/assessments/${integrityKey}`
  return (await service.ask('GET', path)).body.properties.status.code
}

async function isWaiting(service: TestService, vm: string): Promise<boolean> {
  const path = `${vm}/providers/Microsoft.Security/assessments`
  const { body } = await service.ask('GET', path)
  const { status } = body.value.find(
    ({ properties }: any) => properties.additionalData.recommendation === approvalKey,
  ).properties
  return status.code === 'Unhealthy'
}

async function approve(service: TestService, drift: any, body: object = {}) {
  const asked = await service.ask('POST', `${drift.id}/approve`, { reason: 'an update', ...body })
  return asked.status === 202 ? service.over(asked) : asked
}

/** Until the VM was asked anew, which an approval begins by itself. */
async function idle(service: TestService): Promise<void> {
  for (;;) {
    const path = `${service.subscription}/providers/TrustedLaunch/operations?unfinished=true`
    const { body } = await service.ask('GET', path)
    if (body.value.length === 0) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('another kernel is drift with what was and what is, and waits; seen again, it is the same', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const vm = await aDriftedVm(service, host)
  const [drift, ...more] = await driftsOf(service, vm)
  assert.deepEqual(more, [])
  const { status, isPresent, isFirstBoot, count, differences, decision } = drift.properties
  assert.deepEqual([status, isPresent, isFirstBoot, count], ['Pending', true, false, 1])
  assert.equal(decision, null)
  const [change, ...others] = differences
  assert.deepEqual(others, [])
  assert.deepEqual([change.component, change.pcr, change.change], ['kernel', 9, 'changed'])
  assert.equal(change.before, '07'.repeat(32))
  assert.match(change.after, /^[0-9a-f]{64}$/)
  assert.equal(await isWaiting(service, vm), true)
  await attested(service, vm)
  const again = await driftsOf(service, vm)
  assert.deepEqual(
    again.map(({ id, properties }) => [id, properties.count]),
    [[drift.id, 2]],
  )
  assert.equal((await service.ask('GET', drift.properties.evidence)).status, 200)
})

test('an approval makes the boot good, resolves its alert by who approved it, and leaves the VM healthy', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const vm = await aDriftedVm(service, host)
  assert.equal(await integrityOf(service, vm), 'Unhealthy')
  const [drift] = await driftsOf(service, vm)
  const { status, properties } = await approve(service, drift)
  assert.deepEqual([status, properties.output], ['Succeeded', { vms: 1, alertsResolved: 1 }])
  await idle(service)
  assert.equal(await integrityOf(service, vm), 'Healthy')
  assert.equal(await isWaiting(service, vm), false)
  const [alert] = await alertsOf(service)
  assert.equal(alert.properties.status, 'Resolved')
  assert.match(
    alert.properties.extendedProperties.changeReason,
    /^What differed was approved by request [0-9a-f-]{36}\.$/,
  )
  const [approved] = await driftsOf(service, vm)
  const { decision } = approved.properties
  assert.equal(approved.properties.status, 'Approved')
  assert.deepEqual([decision.reason, typeof decision.by], ['an update', 'string'])
  host.isDrifted = false
  assert.equal(await attested(service, vm), 'affirming', 'the kernel before, as the host foretells')
})

test('what was approved is reference values beside those foretold, in each verdict’s record, and can be taken back', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const vm = await aDriftedVm(service, host)
  const [drift] = await driftsOf(service, vm)
  await approve(service, drift)
  await idle(service)
  const path = `${vm}/providers/TrustedLaunch/referenceValues`
  const { body } = await service.ask('GET', path)
  const [kept, foretold] = [...body.value].sort((a: any) => (a.name === 'foretold' ? 1 : -1))
  assert.deepEqual([foretold.properties.origin, foretold.properties.version], ['foretold', 2])
  const { origin, variant, supersedes, goodBoots, isRetired } = kept.properties
  assert.deepEqual([origin, supersedes, goodBoots, isRetired], ['person', 'small', 1, false])
  assert.match(variant, /^small, kernel of \d{4}-/)
  const file = await service.ask('GET', `${kept.id}?format=file`)
  const values = parseReferenceValues(toUtf8(JSON.stringify(file.body)))
  assert.equal((values.variants[0]!.approval as any).why, 'an update')
  const record = await service.ask('GET', `${vm}/providers/TrustedLaunch/evidence?format=record`)
  const names = record.body.record.references.variants.map(({ name }: any) => name)
  assert.deepEqual(names.sort(), ['small', variant])
  assert.equal((await service.ask('DELETE', kept.id)).status, 200)
  assert.equal(await attested(service, vm), 'contraindicated')
  const [again] = await driftsOf(service, vm)
  assert.equal(again.properties.status, 'Pending', 'it waits anew')
  assert.equal((await service.ask('DELETE', kept.id)).status, 204)
})

test('a rejected drift stays so, and its VM unhealthy', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const vm = await aDriftedVm(service, host)
  const [drift] = await driftsOf(service, vm)
  const { status, body } = await service.ask('POST', `${drift.id}/reject`, { reason: 'not ours' })
  assert.deepEqual([status, body.properties.status], [200, 'Rejected'])
  assert.equal(await attested(service, vm), 'contraindicated')
  const [again] = await driftsOf(service, vm)
  assert.equal(again.properties.status, 'Rejected')
  assert.equal(again.properties.decision.reason, 'not ours')
  assert.equal(await isWaiting(service, vm), false, 'nothing waits for anybody')
  assert.equal(await integrityOf(service, vm), 'Unhealthy')
})

test('an approval for the image holds for its other VMs: their drift is approved, and their alerts resolved', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const vms = []
  for (const name of ['web', 'db']) vms.push(await aDriftedVm(service, host, name))
  const [drift] = await driftsOf(service, vms[0]!)
  const { properties } = await approve(service, drift, { scope: 'image' })
  assert.deepEqual(properties.output, { vms: 2, alertsResolved: 2 })
  for (const vm of vms)
    assert.equal((await driftsOf(service, vm))[0].properties.status, 'Approved', vm)
  const alerts = (await alertsOf(service)).map(({ properties }) => properties)
  const drifted = alerts.filter(({ extendedProperties }) => extendedProperties.cause === 'drift')
  assert.deepEqual(
    drifted.map(({ status }) => status),
    ['Resolved', 'Resolved'],
  )
  const { body } = await service.ask(
    'GET',
    `${service.subscription}/providers/TrustedLaunch/referenceValues`,
  )
  assert.match(
    body.value.map(({ properties: { image } }: any) => image).join(),
    /^small@[0-9.]+$/,
    'its version',
  )
})

test('what a first boot shows that was not foretold is trusted only by name', async (t) => {
  for (const isForetold of [true, false]) {
    const host = new DriftedHost()
    Object.assign(host, { isForetold, isDrifted: isForetold })
    const service = await aService(t, host)
    const { id: vm } = await aVm(service)
    const [drift] = await driftsOf(service, vm)
    assert.equal(drift.properties.isFirstBoot, true)
    const refused = await approve(service, drift)
    assert.equal(refused.status, 409)
    assert.match(refused.body.error.message, /never booted as it was foretold/)
    assert.notEqual(await attested(service, vm), 'affirming')
    assert.equal((await approve(service, drift, { trustOnFirstUse: true })).status, 'Succeeded')
    await idle(service)
    assert.equal(await attested(service, vm), 'affirming', `foretold: ${isForetold}`)
  }
})

test('a monitoring plan can name trust on first use, and lets what is superseded retire', async (t) => {
  const host = new DriftedHost()
  host.isDrifted = true
  const service = await aService(t, host)
  const { id: vm } = await aVm(service)
  const references = { trustOnFirstUse: true, retireAfterBoots: 1 }
  const plan = { properties: { document: { version: 1, name: 'plan', references } } }
  const put = await service.ask(
    'PUT',
    `${service.subscription}/providers/TrustedLaunch/monitoringPlans/default`,
    plan,
  )
  assert.ok(put.status < 300, JSON.stringify(put.body))
  const [drift] = await driftsOf(service, vm)
  assert.equal((await approve(service, drift)).status, 'Succeeded')
  await idle(service)
  const { body } = await service.ask('GET', `${vm}/providers/TrustedLaunch/referenceValues`)
  const retired = Object.fromEntries(
    body.value.map(({ properties }: any) => [properties.origin, properties.isRetired]),
  )
  assert.deepEqual(retired, { foretold: true, person: false })
  assert.equal(await attested(service, vm), 'affirming')
})

test('who may read evidence reads drift, and who answers for what boots decides', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const vm = await aDriftedVm(service, host)
  const [drift] = await driftsOf(service, vm)
  const asked = async (role: typeof OWNER, method: string, path: string, body?: object) => {
    const { ask } = await aPrincipal(service, role.name, vm)
    return (await ask(method, path, body)).status
  }
  const reason = { reason: 'not ours' }
  for (const role of [OWNER, READER]) assert.equal(await asked(role, 'GET', drift.id), 403)
  assert.equal(await asked(ATTESTATION_READER, 'GET', drift.id), 200)
  assert.equal(await asked(ATTESTATION_READER, 'POST', `${drift.id}/reject`, reason), 403)
  for (const role of [SECURITY_ADMIN, ATTESTATION_CONTRIBUTOR])
    assert.equal(await asked(role, 'POST', `${drift.id}/reject`, reason), 200)
  const wider = { ...reason, scope: 'subscription' }
  assert.equal(await asked(SECURITY_ADMIN, 'POST', `${drift.id}/approve`, wider), 403)
})

test('an approval without a reason, for a scope that there is not, or with what nobody knows is refused', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const vm = await aDriftedVm(service, host)
  const [drift] = await driftsOf(service, vm)
  for (const body of [
    { reason: '' },
    { reason: 7 },
    { reason: 'x'.repeat(1001) },
    { scope: 'set' },
    { scope: 'galaxy' },
    { trustOnFirstUse: 'yes' },
    { more: 1 },
  ])
    assert.equal((await approve(service, drift, body)).status, 400, JSON.stringify(body))
  const none = `${vm}/providers/TrustedLaunch/drift/none`
  assert.equal((await service.ask('POST', `${none}/approve`, { reason: 'x' })).status, 404)
  assert.equal((await driftsOf(service, vm))[0].properties.status, 'Pending')
})

test('what was found and approved of a VM goes with it: one of its name has nothing of it', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const vm = await aDriftedVm(service, host)
  const [drift] = await driftsOf(service, vm)
  await approve(service, drift)
  await idle(service)
  await service.over(await service.ask('DELETE', vm))
  host.isDrifted = true
  await aVm(service)
  const [anew] = await driftsOf(service, vm)
  assert.equal(anew.properties.isFirstBoot, true)
  assert.notEqual(anew.name, drift.name)
  const record = await service.ask('GET', `${vm}/providers/TrustedLaunch/evidence?format=record`)
  const verified = verifyRecord(toUtf8(JSON.stringify(record.body)), { key: null, anchors: [] })
  assert.ok('fault' in verified || verified.input.references!.variants.length === 1)
})

/** A host whose VMs' answers are held up while there is a gate. */
class SlowHost extends DriftedHost {
  gate: Promise<void> | null = null
  isAsked = false

  override async collectEvidence(...of: Parameters<DriftedHost['collectEvidence']>) {
    const evidence = await super.collectEvidence(...of)
    this.isAsked = true
    await this.gate
    return evidence
  }
}

test('an approval holds for a verdict that was asked for before it', async (t) => {
  const host = new SlowHost()
  const service = await aService(t, host)
  const vm = await aDriftedVm(service, host)
  const [drift] = await driftsOf(service, vm)
  const { promise, resolve: open } = Promise.withResolvers<void>()
  Object.assign(host, { gate: promise, isAsked: false })
  const [machine] = await host.machines()
  host.tell(machine!, 'reset')
  host.tell(machine!, 'agent')
  while (!host.isAsked) await new Promise((resolve) => setTimeout(resolve, 20))
  await approve(service, drift)
  open()
  await idle(service)
  const { body } = await service.ask('GET', `${vm}/providers/TrustedLaunch/evidence`)
  const tiers = body.value.map(({ properties }: any) => properties.tier)
  assert.deepEqual(tiers, ['affirming', 'affirming', 'contraindicated', 'affirming', 'affirming'])
  assert.equal(await integrityOf(service, vm), 'Healthy')
  const alerts = await alertsOf(service)
  assert.deepEqual(
    alerts.map(({ properties }: any) => properties.status),
    ['Resolved'],
  )
})
