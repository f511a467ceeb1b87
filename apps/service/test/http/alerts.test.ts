import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StartRefused } from '../../src/domain/host/machines.ts'
import { READER, SECURITY_READER } from '../../src/identity/role-definitions.ts'
import { FailingHost } from '../a-failing-host.ts'
import { aPrincipal } from '../a-principal.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

const provider = 'providers/Microsoft.Security'
const status = 'b7604066-ed76-45f9-a5c1-c97e4812dc55'
const extension = {
  location: 'local',
  properties: {
    publisher: 'Microsoft.Azure.Security.LinuxAttestation',
    type: 'GuestAttestation',
    typeHandlerVersion: '1.0',
  },
}

async function alertsOf(service: TestService, scope = service.subscription): Promise<any[]> {
  const { status: code, body } = await service.ask('GET', `${scope}/${provider}/alerts`)
  assert.equal(code, 200, JSON.stringify(body))
  return body.value
}

async function attest(service: TestService, vm: string): Promise<void> {
  const asked = await service.ask('POST', `${vm}/providers/TrustedLaunch/evidence/attest`)
  assert.equal((await service.over(asked)).status, 'Succeeded')
}

/** A VM with the extension, whose boot is not as approved. */
async function aFailedVm(service: TestService, name = 'web'): Promise<string> {
  const { id, end } = await aVm(service, name)
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  await service.over(await service.ask('PUT', `${id}/extensions/GuestAttestation`, extension))
  return id
}

async function integrityOf(service: TestService, vm: string) {
  const { body } = await service.ask('GET', `${vm}/${provider}/assessments/${status}`)
  const { code, cause } = body.properties.status
  return cause === undefined ? code : `${code} ${cause}`
}

test('a failed attestation is an alert that names the component, once, however often it is seen', async (t) => {
  const service = await aService(t, new FailingHost())
  const vm = await aFailedVm(service)
  const [alert, ...more] = await alertsOf(service)
  assert.deepEqual(more, [])
  const { alertType, severity, status: state, resourceIdentifiers, ...about } = alert.properties
  assert.deepEqual([alertType, severity, state], ['VM_GuestAttestationFailure', 'Medium', 'Active'])
  assert.deepEqual(resourceIdentifiers, [{ type: 'AzureResource', azureResourceId: vm }])
  assert.match(about.extendedProperties.components, /kernel/)
  assert.equal(about.extendedProperties.count, '1')
  assert.match(about.extendedProperties.evidenceSha256, /^[0-9a-f]{64}$/)
  await attest(service, vm)
  const [again, ...others] = await alertsOf(service, service.group('rg'))
  assert.deepEqual([again.id, others], [alert.id, []])
  assert.equal(again.properties.extendedProperties.count, '2')
  assert.deepEqual((await service.ask('GET', alert.id)).body, again)
  const [{ Href }] = again.properties.extendedLinks
  const shown = await service.ask('GET', Href.slice(service.service.endpoint.length))
  assert.equal(shown.status, 200)
  const { sha256 } = shown.body.properties.result.evidence
  assert.equal(sha256, again.properties.extendedProperties.evidenceSha256)
})

test('a good boot after a failure leaves the VM unhealthy, until somebody closes its alert', async (t) => {
  const host = new FailingHost()
  const service = await aService(t, host)
  const vm = await aFailedVm(service)
  assert.equal(await integrityOf(service, vm), 'Unhealthy drift')
  host.isDrifted = false
  await attest(service, vm)
  assert.equal(await integrityOf(service, vm), 'Unhealthy drift')
  const [alert] = await alertsOf(service)
  assert.equal(alert.properties.extendedProperties.isPresent, 'false')
  const asked = await service.ask('POST', `${alert.id}/resolve`, { reason: 'it was an update' })
  assert.equal(asked.status, 204)
  assert.equal(await integrityOf(service, vm), 'Healthy')
  const { properties } = (await service.ask('GET', alert.id)).body
  assert.equal(properties.status, 'Resolved')
  assert.match(
    properties.extendedProperties.changeReason,
    /^it was an update \(request [0-9a-f-]+\)$/,
  )
  host.isDrifted = true
  await attest(service, vm)
  assert.equal((await alertsOf(service))[0].properties.status, 'Active')
})

test('work on an alert begins, ends and begins anew; on a closed one it does not begin', async (t) => {
  const service = await aService(t, new FailingHost())
  await aFailedVm(service)
  const [{ id, name }] = await alertsOf(service)
  const at = `${service.subscription}/${provider}/locations/local/alerts/${name}`
  const states: [string, number, string][] = [
    ['inProgress', 204, 'InProgress'],
    ['dismiss', 204, 'Dismissed'],
    ['inProgress', 409, 'Dismissed'],
    ['activate', 204, 'Active'],
  ]
  for (const [action, code, state] of states) {
    assert.equal((await service.ask('POST', `${at}/${action}`)).status, code, action)
    assert.equal((await service.ask('GET', id)).body.properties.status, state, action)
  }
  const long = { reason: 'x'.repeat(201) }
  assert.equal((await service.ask('POST', `${id}/dismiss`, long)).status, 400)
  const missing = id.replace(name, '00000000-0000-0000-0000-000000000000')
  assert.equal((await service.ask('POST', `${missing}/dismiss`)).status, 404)
})

test('without the extension a failed attestation is none of Azure’s alerts, nor unhealthy', async (t) => {
  const service = await aService(t, new FailingHost())
  const { id } = await aVm(service)
  assert.deepEqual(await alertsOf(service), [])
  assert.equal(await integrityOf(service, id), 'NotApplicable no-extension')
})

test('what the guest showed of its inside is told to who may read its evidence, and nobody else', async (t) => {
  const service = await aService(t, new FailingHost())
  await aFailedVm(service)
  const at = `${service.group('rg')}/${provider}/alerts`
  const told = async (role: string) => {
    const who = await aPrincipal(service, role, service.group('rg'))
    const { body } = await who.ask('GET', at)
    return body.value[0].properties.supportingEvidence
  }
  const [finding] = (await told(SECURITY_READER.name)).findings
  assert.ok(finding.component !== undefined && finding.advice !== undefined)
  assert.deepEqual([finding.summary, finding.expected, finding.actual], Array(3).fill(undefined))
  assert.deepEqual((await told(READER.name)).fields, [])
  const [{ properties }] = await alertsOf(service)
  assert.match(JSON.stringify(properties.supportingEvidence), /"actual":"/)
})

test('a rule hides what fits and closes nothing, and tells that it does', async (t) => {
  const service = await aService(t, new FailingHost())
  const vm = await aFailedVm(service)
  const rule = `${service.subscription}/${provider}/alertsSuppressionRules/known`
  const properties = {
    alertType: 'VM_GuestAttestationFailure',
    state: 'Enabled',
    reason: 'Other',
    expirationDateUTC: new Date(Date.now() + 60_000).toISOString(),
    suppressionAlertsScope: { allOf: [{ field: 'entities.cause', in: ['drift'] }] },
  }
  const tried = await service.ask('POST', `${rule}/dryRun`, { properties })
  assert.deepEqual([tried.status, tried.body.count], [200, 1])
  assert.deepEqual([tried.body.value[0].cause, tried.body.value[0].vm], ['drift', vm])
  assert.equal((await alertsOf(service))[0].properties.status, 'Active')
  const put = await service.ask('PUT', rule, { properties })
  assert.equal(put.status, 200, JSON.stringify(put.body))
  assert.equal(put.body.properties.expirationDateUtc, properties.expirationDateUTC)
  const [hidden] = await alertsOf(service)
  assert.deepEqual(
    [hidden.properties.status, hidden.properties.extendedProperties.suppressedBy],
    ['Dismissed', 'known'],
  )
  assert.equal(await integrityOf(service, vm), 'Unhealthy drift')
  assert.equal((await service.ask('DELETE', rule)).status, 204)
  assert.equal((await service.ask('GET', rule)).status, 404)
  assert.equal((await alertsOf(service))[0].properties.status, 'Active')
})

test('what a rule kept from being told is listed by it, with when, after the rule is gone too', async (t) => {
  const service = await aService(t, new FailingHost())
  const rules = `${service.subscription}/${provider}/alertsSuppressionRules`
  const properties = { alertType: '*', state: 'Enabled', reason: 'Other' }
  assert.equal((await service.ask('PUT', `${rules}/known`, { properties })).status, 200)
  const vm = await aFailedVm(service)
  assert.equal((await service.ask('DELETE', `${rules}/known`)).status, 204)
  const told = async (path: string) => (await service.ask('GET', `${rules}/${path}`)).body.value
  const [one, ...more] = await told('KNOWN/hidden')
  assert.deepEqual([one.what, one.cause, one.vm, more], ['raised', 'drift', vm, []])
  assert.ok(Date.parse(one.time) <= Date.now())
  assert.deepEqual(await told(`known/hidden?after=${one.sequence}`), [])
  assert.deepEqual(await told('other/hidden'), [])
  assert.equal((await service.ask('GET', `${rules}/known/hidden?after=x`)).status, 400)
})

test('a rule reads strictly, and is listed by its type', async (t) => {
  const service = await aService(t)
  const rules = `${service.subscription}/${provider}/alertsSuppressionRules`
  const good = { alertType: '*', state: 'Enabled', reason: 'Other' }
  assert.equal((await service.ask('PUT', `${rules}/all`, { properties: good })).status, 200)
  const wrong = [
    { reason: undefined },
    { state: 'On' },
    { expirationDateUtc: 'tomorrow' },
    { suppressionAlertsScope: { allOf: [{ field: 'entities.cause', contains: '' }] } },
    { suppressionAlertsScope: { AllOf: [{ field: 'entities.cause', contains: 'drift' }] } },
    { suppressionAlertsScope: { anyOf: [], allOf: [] } },
    { suppressionAlertsScope: { allOf: null } },
    { suppressionAlertsScope: {} },
    { suppressionAlertsScope: 'all' },
  ]
  for (const one of wrong) {
    const answer = await service.ask('PUT', `${rules}/bad`, { properties: { ...good, ...one } })
    assert.equal(answer.status, 400, JSON.stringify(one))
  }
  const listed = async (query: string) =>
    (await service.ask('GET', `${rules}${query}`)).body.value.map(({ name }: any) => name)
  assert.deepEqual(await listed(''), ['all'])
  assert.deepEqual(await listed('?AlertType=IpAnomaly'), [])
})

test('what Secure Boot refused is an alert that names it', async (t) => {
  const boot = {
    kind: 'failed',
    code: 'secure-boot-violation',
    component: 'GRUB',
    message: 'it is not signed',
    confirmed: true,
    lastLine: '',
  } as const
  const service = await aService(t, new ScriptedHost({ boot: () => boot }))
  const { end } = await aVm(service)
  assert.equal(end.error.code, 'SecureBootViolation')
  const [alert] = await alertsOf(service)
  const { alertType, extendedProperties } = alert.properties
  assert.deepEqual([alertType, extendedProperties.cause], ['VM_SecureBootStoppedBoot', 'GRUB'])
})

for (const [code, component, type, cause] of [
  ['vtpm-rolled-back', 'vTPM', 'VM_VtpmIdentityChanged', 'rolled-back'],
  ['vtpm-foreign', 'vTPM', 'VM_VtpmIdentityChanged', 'identity'],
  ['variable-store-differs', 'variable store', 'VM_HostConfigurationDiffers', 'host'],
] as const)
  test(`a start that the host refuses for ${code} is an alert that is high, and without an extension`, async (t) => {
    const before = (deed: string) => {
      if (deed === 'start') throw new StartRefused(code, component, 'it is not the one on record')
    }
    const service = await aService(t, new ScriptedHost({ before }))
    const { end } = await aVm(service)
    assert.equal(end.status, 'Failed')
    const [{ properties }, ...more] = await alertsOf(service)
    assert.deepEqual(
      [properties.alertType, properties.severity, properties.extendedProperties.cause, more],
      [type, 'High', cause, []],
    )
  })

test('a VM of the same name inherits no alert, and its group takes them with it', async (t) => {
  const host = new FailingHost()
  const service = await aService(t, host)
  const first = await aFailedVm(service)
  await service.over(await service.ask('DELETE', first))
  host.isDrifted = false
  const second = await aFailedVm(service)
  assert.equal(second, first)
  assert.equal(await integrityOf(service, second), 'Healthy')
  assert.equal((await alertsOf(service)).length, 1)
  await service.over(await service.ask('DELETE', service.group('rg')))
  assert.deepEqual(await alertsOf(service), [])
})
