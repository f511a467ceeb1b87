import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { DriftedHost } from '../../a-drifted-host.ts'
import { aService } from '../../a-service.ts'
import { aVm } from '../../a-vm.ts'
import { AttestingHost } from '../../an-attesting-host.ts'
import { GUEST_ATTESTATION, STATUS } from '../monitored.ts'

/** A guest whose evidence ends the thread that appraises it. */
class HostileHost extends AttestingHost {
  isHostile = false
  asked = 0

  override async collectEvidence(...of: Parameters<AttestingHost['collectEvidence']>) {
    this.asked++
    const evidence = await super.collectEvidence(...of)
    return this.isHostile ? { ...evidence, imaLog: 5 as unknown as Uint8Array } : evidence
  }
}

test('evidence that ends whoever appraises it is refused, alerts, and is asked for no more often', async (t) => {
  const host = new HostileHost()
  const service = await aService(t, host)
  const { id } = await aVm(service)
  await service.over(
    await service.ask('PUT', `${id}/extensions/GuestAttestation`, GUEST_ATTESTATION),
  )
  host.isHostile = true
  const attested = await service.over(
    await service.ask('POST', `${id}/providers/TrustedLaunch/evidence/attest`),
  )
  assert.equal(attested.properties.output.tier, 'contraindicated', JSON.stringify(attested))
  const { asked } = host
  const list = await service.ask('GET', `${id}/providers/TrustedLaunch/evidence`)
  const [{ properties }] = list.body.value
  assert.deepEqual(properties.findings, ['evidence.not-appraisable'])
  const alerts = `${service.subscription}/providers/Microsoft.Security/alerts`
  const { value } = (await service.ask('GET', alerts)).body
  assert.deepEqual(
    value.map(({ properties: { alertType, status } }: any) => [alertType, status]),
    [['VM_GuestAttestationFailure', 'Active']],
  )
  const status = await service.ask(
    'GET',
    `${id}/providers/Microsoft.Security/assessments/${STATUS}`,
  )
  assert.equal(status.body.properties.status.code, 'Unhealthy')
  await sleep(3_000)
  assert.equal(host.asked, asked, 'it is asked again within its interval, and not before')
  const whole = await service.ask('GET', list.body.value[0].id)
  assert.equal(whole.body.properties.result.tier, 'contraindicated')

  host.isHostile = false
  const good = await service.over(
    await service.ask('POST', `${id}/providers/TrustedLaunch/evidence/attest`),
  )
  assert.equal(good.properties.output.tier, 'affirming')
  const [alert] = (await service.ask('GET', alerts)).body.value
  assert.equal(alert.properties.status, 'Active', 'until somebody closes it')
})

test('a guest that does not answer while its extension is put stays monitored, and its failure a failure', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const { id } = await aVm(service)
  const put = async () => {
    const asked = await service.ask('PUT', `${id}/extensions/GuestAttestation`, GUEST_ATTESTATION)
    return (await service.over(asked)).status
  }
  assert.equal(await put(), 'Succeeded')
  host.isDrifted = true
  await service.over(await service.ask('POST', `${id}/providers/TrustedLaunch/evidence/attest`))
  host.failure = new Error('it says nothing')
  assert.equal(await put(), 'Succeeded')
  const { body } = await service.ask('GET', `${id}/providers/TrustedLaunch/evidence`)
  assert.equal(body.monitoring.isMonitored, true)
  assert.equal(body.monitoring.unanswered, 1)
  const status = await service.ask(
    'GET',
    `${id}/providers/Microsoft.Security/assessments/${STATUS}`,
  )
  assert.equal(status.body.properties.status.code, 'Unhealthy')
})
