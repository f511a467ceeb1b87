import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { AttestingHost } from '../an-attesting-host.ts'

test('a VM with the variables of Debian’s package lacks the certificates of 2023 and the current revocations, and is warned of PCR 7', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aVm(service)
  const { body } = await service.ask('GET', `${id}/providers/Microsoft.Security/assessments`)
  const named = (name: string) =>
    body.value.find(({ properties }: any) => properties.additionalData.recommendation === name)
      .properties
  const rollover = named('certificate-rollover')
  assert.equal(rollover.status.code, 'Unhealthy')
  assert.match(rollover.status.description, /^Missing: .*2023/)
  const revocations = named('revocations')
  assert.deepEqual(
    [revocations.status.code, revocations.status.description],
    ['Unhealthy', 'dbx lacks 443 of the current revocations.'],
  )
  for (const { name } of body.value.filter(({ properties }: any) =>
    ['certificate-rollover', 'revocations'].includes(properties.additionalData.recommendation),
  )) {
    const path = `/providers/Microsoft.Security/assessmentMetadata/${name}`
    const metadata = await service.ask('GET', path)
    assert.match(metadata.body.properties.remediationDescription, /Disk encryption .*PCR 7/)
  }
})
