import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Evidence, EvidenceRequest } from '@trusted-launch/channel'
import { aService, type TestService } from '../a-service.ts'
import { AttestingHost } from '../an-attesting-host.ts'
import { anImage } from '../an-image.ts'
import { ScriptedHost } from '../scripted/host.ts'
import { aScaleSet, changed, instancesOf } from './a-scale-set.ts'

const assessments = 'providers/Microsoft.Security/assessments'
const status = 'b7604066-ed76-45f9-a5c1-c97e4812dc55'
const extension = 'a9a53f4f-26b6-3d68-33f3-2ec1f2452b5d'
const trustedLaunch = '7b1f4c52-0f57-4f6e-9a51-6a0d0c3f2e01'
const vmExtension = 'e94a7421-fc27-7a4d-e9ba-2ba01384cacd'
const withExtension = {
  extensionProfile: {
    extensions: [
      {
        name: 'GuestAttestation',
        properties: {
          publisher: 'Microsoft.Azure.Security.LinuxAttestation',
          ...{ type: 'GuestAttestation', typeHandlerVersion: '1.0' },
        },
      },
    ],
  },
}
const standard = { securityProfile: { securityType: 'Standard' } }

/** The second VM that is asked answers a question that nobody asked. */
class OneLiar extends AttestingHost {
  readonly #asked: string[] = []

  override async collectEvidence(id: string, request: EvidenceRequest): Promise<Evidence> {
    if (!this.#asked.includes(id)) this.#asked.push(id)
    const nonce = this.#asked.indexOf(id) === 1 ? new Uint8Array(32) : request.nonce
    return super.collectEvidence(id, { ...request, nonce })
  }
}

const assessmentOf = async (service: TestService, id: string, key: string) =>
  (await service.ask('GET', `${id}/${assessments}/${key}`)).body.properties
const fix = (service: TestService, id: string, key: string, body: object = {}) =>
  service.ask('POST', `${id}/${assessments}/${key}/fix`, body)

test('a Uniform set is assessed as one: which of its instances fail is named, and it counts once', async (t) => {
  const service = await aService(t, new OneLiar())
  const { id } = await aScaleSet(service, 3, {}, withExtension)
  const { status: found, additionalData, resourceDetails } = await assessmentOf(service, id, status)
  assert.deepEqual([found.code, resourceDetails.id], ['Unhealthy', id])
  const failing = additionalData.unhealthyInstances
  assert.match(failing, /^[012]$/)
  assert.ok(found.description.startsWith(`1 of 3 instances (${failing}): `), found.description)
  assert.equal((await assessmentOf(service, id, extension)).status.code, 'Healthy')
  for (const scope of [service.group('rg'), service.subscription]) {
    const { body } = await service.ask('GET', `${scope}/${assessments}`)
    const ids = new Set(body.value.map(({ properties }: any) => properties.resourceDetails.id))
    assert.deepEqual([...ids], [id])
  }
  const controls = `${service.subscription}/providers/Microsoft.Security/secureScoreControls`
  const { body } = await service.ask('GET', controls)
  const control = body.value.find(({ name }: any) => name === status).properties
  assert.deepEqual([control.healthyResourceCount, control.unhealthyResourceCount], [0, 1])
  const refused = await fix(service, id, status)
  assert.deepEqual([refused.status, refused.body.error.code], [409, 'FixNotPossible'])
  assert.match(refused.body.error.message, /each by itself/)
})

test('a recommendation to a set is exempted at the set, and the secure score leaves it out', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aScaleSet(service, 1)
  const scores = `${service.subscription}/providers/Microsoft.Security`
  const max = async () =>
    (await service.ask('GET', `${scores}/secureScores/ascScore`)).body.properties.score.max
  const before = await max()
  assert.equal((await assessmentOf(service, id, extension)).status.code, 'Unhealthy')
  const properties = { recommendation: extension, category: 'waived', reason: 'a lab' }
  const exemption = `${id}/providers/TrustedLaunch/exemptions/lab`
  const put = await service.ask('PUT', exemption, { properties })
  assert.equal(put.status, 201, JSON.stringify(put.body))
  const { status: found, additionalData } = await assessmentOf(service, id, extension)
  assert.deepEqual(
    [found.code, found.cause, found.description, additionalData.withoutExemption],
    ['NotApplicable', 'exempt', 'a lab', 'Unhealthy'],
  )
  const until = performance.now() + 10_000
  while ((await max()) !== before - 1 && performance.now() < until) await sleep(50)
  assert.equal(await max(), before - 1)
  const controls = (await service.ask('GET', `${scores}/secureScoreControls`)).body.value
  const control = controls.find(({ name }: any) => name === extension)
  assert.equal(control?.properties.unhealthyResourceCount ?? 0, 0)
})

test('the extension of a set is installed by a fix in its model, and instances are brought to that as its policy says', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aScaleSet(service, 2, { upgradePolicy: { mode: 'Automatic' } })
  assert.equal((await assessmentOf(service, id, extension)).status.code, 'Unhealthy')
  assert.equal((await assessmentOf(service, id, status)).status.cause, 'no-extension')
  const dry = await fix(service, id, extension, { dryRun: true })
  assert.deepEqual(
    [dry.body.possible, dry.body.effect, dry.body.needs],
    [true, 'instances', 'Microsoft.Compute/virtualMachineScaleSets/extensions/write'],
  )
  assert.equal((await service.over(await fix(service, id, extension))).status, 'Succeeded')
  assert.equal((await assessmentOf(service, id, extension)).status.code, 'Healthy')
  assert.equal((await assessmentOf(service, id, status)).status.code, 'Healthy')
  const model = (await service.ask('GET', id)).body.properties.virtualMachineProfile
  assert.equal(model.extensionProfile.extensions.length, 1)
})

test('a Standard set is recommended Trusted Launch, and the fix says that its tag must allow it', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aScaleSet(service, 1, {}, standard)
  assert.equal((await assessmentOf(service, id, trustedLaunch)).status.code, 'Unhealthy')
  const refused = await fix(service, id, trustedLaunch)
  assert.equal(refused.status, 409)
  assert.match(refused.body.error.message, /trusted-launch-upgrade/)
  await changed(service, 'PATCH', id, { tags: { 'trusted-launch-upgrade': 'allow' } })
  assert.equal((await service.over(await fix(service, id, trustedLaunch))).status, 'Succeeded')
  assert.equal((await assessmentOf(service, id, trustedLaunch)).status.code, 'Healthy')
  const [instance] = await instancesOf(service, id)
  assert.equal(instance.properties.latestModelApplied, false)
})

test('instances of a Flexible set are assessed as VMs, and the set itself is not', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aScaleSet(service, 2, {
    ...{ orchestrationMode: 'Flexible', upgradePolicy: undefined, platformFaultDomainCount: 1 },
  })
  assert.deepEqual((await service.ask('GET', `${id}/${assessments}`)).body.value, [])
  assert.equal((await service.ask('GET', `${id}/${assessments}/${extension}`)).status, 404)
  const { body } = await service.ask('GET', `${service.group('rg')}/${assessments}`)
  const named = body.value.filter(({ name }: any) => name === vmExtension)
  assert.equal(named.length, 2)
})

test('to a set whose image is of generation 1 Trusted Launch is not recommended, with the cause', async (t) => {
  const examination = { hyperVGeneration: 'V1', securityType: null } as const
  const service = await aService(t, new ScriptedHost({ examination }))
  const image = await anImage(service)
  const imageReference = { id: image.id }
  const storageProfile = { imageReference, osDisk: { createOption: 'FromImage' } }
  const { id, end } = await aScaleSet(service, 0, {}, { storageProfile })
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const { status: found } = await assessmentOf(service, id, trustedLaunch)
  assert.deepEqual([found.code, found.cause], ['NotApplicable', 'generation-1'])
  assert.equal((await assessmentOf(service, id, status)).status.cause, 'no-instances')
})
