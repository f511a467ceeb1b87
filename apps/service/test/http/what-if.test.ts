import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeReferenceValues, parseReferenceValues } from '@trusted-launch/attestation'
import { cleanBoot, referencesOf, variantOf } from '@trusted-launch/attestation/boot'
import { fromUtf8 } from '@trusted-launch/codec'
import { SECURITY_ADMIN } from '../../src/identity/role-definitions.ts'
import { aPrincipal } from '../a-principal.ts'
import { type Answer, aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { AttestingHost } from '../an-attesting-host.ts'

const windows = { claim: 'windows', equals: true, when: null, severity: 'high', message: 'No.' }
const policy = { version: 2, id: 'windows-only', rules: {}, claims: [windows] }
const extension = {
  location: 'local',
  properties: {
    publisher: 'Microsoft.Azure.Security.LinuxAttestation',
    ...{ type: 'GuestAttestation', typeHandlerVersion: '1.0' },
  },
}

const ask = (service: TestService, scope: string, properties: object) =>
  service.ask('POST', `${scope}/providers/TrustedLaunch/whatIf`, { properties })

/** What came of it. */
async function triedAt(service: TestService, scope: string, properties: object): Promise<any> {
  return resultOf(service, await ask(service, scope, properties))
}

async function resultOf(service: TestService, answer: Answer): Promise<any> {
  assert.equal(answer.status, 202, JSON.stringify(answer.body))
  const end = await service.over(answer)
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const url = new URL(String(answer.headers.location))
  return (await service.ask('GET', url.pathname + url.search)).body
}

async function vms(service: TestService, ...names: string[]): Promise<string[]> {
  const ids = []
  for (const name of names) {
    const { id } = await aVm(service, name)
    await service.over(await service.ask('PUT', `${id}/extensions/GuestAttestation`, extension))
    ids.push(id)
  }
  return ids
}

test('another policy tells of all VMs of a scope which it would refuse, by which finding, and changes nothing', async (t) => {
  const service = await aService(t, new AttestingHost())
  const ids = await vms(service, 'a', 'b')
  const bare = await aVm(service, 'c', {
    securityProfile: {
      securityType: 'TrustedLaunch',
      uefiSettings: { secureBootEnabled: true, vTpmEnabled: false },
    },
  })
  for (const scope of [service.subscription, service.group('rg')]) {
    const { value, ...counts } = await triedAt(service, scope, { policy })
    const expected = {
      judged: 2,
      changed: 2,
      worse: 2,
      better: 0,
      withoutEvidence: 1,
      notJudged: 0,
    }
    assert.deepEqual(counts, { scope, ...expected })
    assert.deepEqual(
      value.map(({ vm }: any) => vm),
      ids,
    )
    assert.deepEqual(value[0].tier, { before: 'affirming', after: 'contraindicated' })
    const [finding] = value[0].found
    assert.deepEqual(
      [finding.id, finding.severity, finding.actual],
      ['policy.requirement', 'high', undefined],
    )
    const [alert] = value[0].consequences.after
    assert.deepEqual([alert.type, alert.response], ['VM_GuestAttestationFailure', 'tell'])
  }
  assert.equal((await triedAt(service, bare.id, { policy })).withoutEvidence, 1)
  const alerts = `${service.subscription}/providers/Microsoft.Security/alerts`
  assert.deepEqual((await service.ask('GET', alerts)).body.value, [])
  const evidence = await service.ask('GET', `${ids[0]}/providers/TrustedLaunch/evidence`)
  assert.equal(evidence.body.latest.tier, 'affirming')
})

test('a plan is tried at its scope, with the policy that it names', async (t) => {
  const service = await aService(t, new AttestingHost())
  const [id] = await vms(service, 'a')
  const path = `${service.subscription}/providers/TrustedLaunch/policies/windows-only`
  const failures = { VM_GuestAttestationFailure: { severity: 'high', response: 'stop' } }
  const plan = { version: 1, name: 'strict', policy: 'windows-only', failures }
  const early = await ask(service, service.group('rg'), { plan })
  assert.deepEqual([early.status, early.body.error.target], [400, 'properties.plan.policy'])
  const withIts = await triedAt(service, service.group('rg'), { plan, policy })
  await service.ask('PUT', path, { properties: { document: policy } })
  const { value } = await triedAt(service, service.group('rg'), { plan })
  assert.deepEqual(withIts.value, value)
  assert.equal(value[0].vm, id)
  const [alert] = value[0].consequences.after
  assert.deepEqual([alert.severity, alert.response], ['high', 'stop'])
  const near = `${id}/providers/TrustedLaunch/monitoringPlans/default`
  const own = { version: 1, name: 'own', policy: 'trusted-launch' }
  await service.ask('PUT', near, { properties: { document: own } })
  const over = await triedAt(service, service.group('rg'), { plan })
  assert.deepEqual([over.judged, over.changed], [1, 0], 'a nearer plan says otherwise')
})

test('other reference values tell which VMs would differ from them', async (t) => {
  const service = await aService(t, new AttestingHost())
  const [id] = await vms(service, 'a')
  const { kernel } = variantOf(cleanBoot())
  const others = referencesOf(cleanBoot(), { kernel: { ...kernel, modules: null } })
  const bytes = encodeReferenceValues(others)
  assert.ok(parseReferenceValues(bytes))
  const references = JSON.parse(fromUtf8(bytes))
  const { value, worse } = await triedAt(service, id!, { references })
  assert.equal(worse, 1)
  assert.ok(value[0].found.length > 0)
})

test('a plan that retires reference values tells whose last boot is refused then', async (t) => {
  let aheadMs = 0
  const host = new AttestingHost()
  const service = await aService(t, host, { now: () => Date.now() + aheadMs })
  const [id] = await vms(service, 'a')
  const attested = async () => {
    aheadMs += 15_000
    const asked = await service.ask('POST', `${id}/providers/TrustedLaunch/evidence/attest`)
    return (await service.over(asked)).properties.output.tier
  }
  host.vm.resetCount++
  host.vm.bootsWithSmallerDisk(2048n)
  assert.equal(await attested(), 'contraindicated')
  const [drift] = (await service.ask('GET', `${id}/providers/TrustedLaunch/drift`)).body.value
  await service.over(await service.ask('POST', `${drift.id}/approve`, { reason: 'meant' }))
  assert.equal(await attested(), 'affirming')
  host.vm.resetCount++
  host.vm.bootsAsRecorded()
  assert.equal(await attested(), 'affirming')
  const plan = { version: 1, name: 'retire', references: { retireAfterBoots: 1 } }
  const told = await triedAt(service, id!, { plan })
  assert.deepEqual([told.changed, told.worse], [1, 1])
  const at = `${id}/providers/TrustedLaunch/monitoringPlans/default`
  assert.equal((await service.ask('PUT', at, { properties: { document: plan } })).status, 201)
  assert.equal(await attested(), told.value[0].tier.after)
  const back = { version: 1, name: 'keep', references: {} }
  assert.equal((await triedAt(service, id!, { plan: back })).worse, 0)
})

test('what is malformed is refused with its path; where there is nothing, nothing is tried', async (t) => {
  const service = await aService(t, new AttestingHost())
  const [id] = await vms(service, 'a')
  for (const [wrong, target] of [
    [{}, undefined],
    [{ policies: {} }, 'properties.policies'],
    [{ policy: { ...policy, version: 1 } }, 'properties.policy.version'],
    [{ plan: { version: 1, name: 'x', intervalSeconds: 1 } }, 'properties.plan.intervalSeconds'],
    [{ references: {} }, 'properties.references'],
  ] as const) {
    const { status, body } = await ask(service, id!, wrong)
    assert.deepEqual([status, body.error.target], [400, target], JSON.stringify(body))
  }
  assert.equal((await ask(service, service.group('none'), { policy })).status, 404)
})

test('what came of it is told to who asked, and to nobody else', async (t) => {
  const service = await aService(t, new AttestingHost())
  await vms(service, 'a')
  const asked = await ask(service, service.subscription, { policy })
  const end = await service.over(asked)
  assert.equal(end.properties, undefined)
  const other = await aPrincipal(service, SECURITY_ADMIN.name, service.subscription)
  const url = new URL(String(asked.headers.location))
  assert.equal((await other.ask('GET', url.pathname + url.search)).status, 409)
  const by = `${service.subscription}/providers/TrustedLaunch/whatIf`
  assert.equal((await other.ask('POST', by, { properties: { policy } })).status, 202)
})
