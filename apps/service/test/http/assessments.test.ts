import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RECOMMENDATIONS } from '@trusted-launch/posture'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { AttestingHost } from '../an-attesting-host.ts'
import { anImage } from '../an-image.ts'
import { ScriptedHost } from '../scripted/host.ts'

const assessments = 'providers/Microsoft.Security/assessments'
const secureBoot = '0396b18c-41aa-489c-affd-4ee5d1714a59'
const extension = 'e94a7421-fc27-7a4d-e9ba-2ba01384cacd'

async function listed(service: TestService, scope: string, query = '') {
  const { status, body } = await service.ask('GET', `${scope}/${assessments}${query}`)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}
const codeIn = (value: any[], name: string) =>
  value.find((one) => one.name === name).properties.status.code

test('a VM is assessed in all that is recommended of Linux VMs, under Azure’s names', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aVm(service)
  const { value } = await listed(service, id)
  assert.equal(codeIn(value, secureBoot), 'Healthy')
  assert.equal(codeIn(value, extension), 'Unhealthy')
  const [one] = value.filter(({ name }: any) => name === extension)
  assert.equal(one.id, `${id}/${assessments}/${extension}`)
  const { resourceDetails, additionalData } = one.properties
  assert.deepEqual(resourceDetails, { source: 'Azure', id })
  assert.deepEqual(JSON.parse(additionalData.fix), { kind: 'install-extension' })
  const single = await service.ask('GET', one.id.toUpperCase())
  assert.deepEqual(single.body.properties, one.properties)
  const windows = `${id}/${assessments}/69ad830b-d98c-b1cf-2158-9d69d38c7093`
  assert.equal((await service.ask('GET', windows)).status, 404)
})

test('what is asked for decides, at once: Secure Boot off is unhealthy though nothing was attested', async (t) => {
  const service = await aService(t)
  const uefiSettings = { secureBootEnabled: false, vTpmEnabled: true }
  const securityProfile = { securityType: 'TrustedLaunch', uefiSettings }
  const { id } = await aVm(service, 'web', { securityProfile })
  const { value } = await listed(service, id)
  assert.equal(codeIn(value, secureBoot), 'Unhealthy')
  assert.equal(codeIn(value, extension), 'NotApplicable')
})

test('a VM of an image that is not marked as supporting Trusted Launch is not told to enable it', async (t) => {
  for (const [securityType, code] of [
    [null, 'NotApplicable'],
    ['TrustedLaunchSupported', 'Unhealthy'],
  ] as const) {
    const service = await aService(t, new ScriptedHost({ examination: { securityType } }))
    const { id: image } = await anImage(service)
    const { id } = await aVm(service, 'web', {
      storageProfile: { imageReference: { id: image }, osDisk: { createOption: 'FromImage' } },
      securityProfile: { securityType: 'Standard' },
    })
    const { value } = await listed(service, id)
    const told = value.find(
      ({ properties }: any) => properties.additionalData.recommendation === 'trusted-launch',
    )
    assert.equal(told.properties.status.code, code, JSON.stringify(told.properties.status))
    if (code === 'NotApplicable') assert.equal(told.properties.status.cause, 'image')
  }
})

test('a subscription’s and a group’s are those of their VMs, page by page', async (t) => {
  const service = await aService(t)
  const ids = []
  for (const name of ['a', 'b', 'c']) ids.push((await aVm(service, name)).id)
  for (const scope of [service.subscription, service.group('rg')]) {
    const seen = new Set<string>()
    let page = await listed(service, scope, '?$top=2')
    for (;;) {
      for (const { properties } of page.value) seen.add(properties.resourceDetails.id)
      if (page.nextLink === undefined) break
      page = (await service.ask('GET', page.nextLink.slice(service.service.endpoint.length))).body
    }
    assert.deepEqual([...seen].sort(), ids)
  }
  const elsewhere = `${service.group('none')}/${assessments}`
  assert.equal((await service.ask('GET', elsewhere)).status, 404)
})

test('each assessment has its metadata: title, severity, what to do', async (t) => {
  const service = await aService(t)
  const metadata = 'providers/Microsoft.Security/assessmentMetadata'
  for (const scope of ['', service.subscription]) {
    const { body } = await service.ask('GET', `${scope}/${metadata}`)
    const titles = body.value.map(({ properties }: any) => properties.displayName)
    assert.deepEqual(
      titles.sort(),
      Object.values(RECOMMENDATIONS)
        .map(({ title }) => title)
        .sort(),
    )
    const one = await service.ask('GET', `${scope}/${metadata}/${secureBoot}`)
    const { severity, assessmentType, remediationDescription } = one.body.properties
    assert.deepEqual([severity, assessmentType], ['Low', 'BuiltIn'])
    assert.match(remediationDescription, /Enable Secure Boot/)
    const missing = `${scope}/${metadata}/00000000-0000-0000-0000-000000000000`
    assert.equal((await service.ask('GET', missing)).status, 404)
  }
  const { id } = await aVm(service)
  const { value } = await listed(service, id, '?$expand=metadata')
  assert.equal(value[0].properties.metadata.displayName, value[0].properties.displayName)
})

test('an exemption takes a recommendation off at its scope, by whom and until when, and makes nothing healthy', async (t) => {
  const service = await aService(t)
  const uefiSettings = { secureBootEnabled: false, vTpmEnabled: true }
  const securityProfile = { securityType: 'TrustedLaunch', uefiSettings }
  const { id } = await aVm(service, 'web', { securityProfile })
  const exemption = `${service.group('rg')}/providers/TrustedLaunch/exemptions/grid`
  const properties = {
    recommendation: secureBoot,
    category: 'waived',
    reason: 'GRID drivers are not signed.',
    expiresOn: new Date(Date.now() + 60_000).toISOString(),
  }
  const put = await service.ask('PUT', exemption, { properties })
  assert.equal(put.status, 201, JSON.stringify(put.body))
  assert.equal(put.body.properties.recommendation, 'secure-boot.linux')
  const statusOf = async () =>
    (await service.ask('GET', `${id}/${assessments}/${secureBoot}`)).body.properties
  const { status, additionalData } = await statusOf()
  assert.deepEqual(
    [status.code, status.cause, status.description, additionalData.withoutExemption],
    ['NotApplicable', 'exempt', properties.reason, 'Unhealthy'],
  )
  const over = { ...properties, expiresOn: new Date(Date.now() - 1000).toISOString() }
  assert.equal((await service.ask('PUT', exemption, { properties: over })).status, 200)
  assert.equal((await statusOf()).status.code, 'Unhealthy')
  for (const [scope, names] of [
    [service.subscription, ['grid']],
    [service.group('rg'), ['grid']],
    [id, []],
  ] as const) {
    const { body } = await service.ask('GET', `${scope}/providers/TrustedLaunch/exemptions`)
    assert.deepEqual(
      body.value.map(({ name }: any) => name),
      names,
    )
  }
  assert.equal((await service.ask('DELETE', exemption)).status, 200)
  assert.equal((await service.ask('GET', exemption)).status, 404)
  assert.equal((await service.ask('DELETE', exemption)).status, 204)
})

test('an exemption without a reason, of no recommendation, or that is none of a scope is refused', async (t) => {
  const service = await aService(t)
  const at = `${service.subscription}/providers/TrustedLaunch/exemptions/x`
  const good = { recommendation: 'vtpm', category: 'mitigated', reason: 'none needed' }
  for (const wrong of [
    { reason: '' },
    { recommendation: 'vtpn' },
    { category: 'ignored' },
    { expiresOn: 'tomorrow' },
    { by: 'somebody else' },
  ]) {
    const answer = await service.ask('PUT', at, { properties: { ...good, ...wrong } })
    assert.equal(answer.status, 400, JSON.stringify(wrong))
  }
  const nowhere = `${service.group('none')}/providers/TrustedLaunch/exemptions/x`
  assert.equal((await service.ask('PUT', nowhere, { properties: good })).status, 404)
  assert.equal((await service.ask('PUT', at, { properties: good })).status, 201)
})
