import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeReferenceValues, type ReferenceValues } from '@trusted-launch/attestation'
import type { HostFacts } from '../../src/domain/host/evidence.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { AttestingHost } from '../an-attesting-host.ts'

/** A host whose image has a smaller disk than the one that really booted. */
class GrowingHost extends AttestingHost {
  #references: ReferenceValues

  constructor(sectors: bigint) {
    super()
    this.#references = this.vm.bootsWithSmallerDisk(sectors)
  }

  override async facts(): Promise<HostFacts> {
    const facts = await super.facts()
    return { ...facts, references: encodeReferenceValues(this.#references) }
  }
}

async function attested(service: TestService, vm: string): Promise<string> {
  const asked = await service.ask('POST', `${vm}/providers/TrustedLaunch/evidence/attest`)
  return (await service.over(asked)).properties.output.tier
}

async function driftOf(service: TestService, vm: string): Promise<any> {
  const { body } = await service.ask('GET', `${vm}/providers/TrustedLaunch/drift`)
  return body.value[0]
}

test('a partition table that grew with its disk is affirmed, and no drift that waits for anybody', async (t) => {
  const host = new GrowingHost(2048n)
  const service = await aService(t, host)
  const { id } = await aVm(service)
  assert.equal(await attested(service, id), 'affirming')
  host.vm.bootsAsRecorded()
  host.vm.resetCount++
  assert.equal(await attested(service, id), 'affirming')
  const { status, decision } = (await driftOf(service, id)).properties
  assert.deepEqual([status, decision.by], ['Approved', 'the service'])
  assert.match(decision.reason, /The partition table grew/)
})

test('a partition table that became smaller is drift', async (t) => {
  const host = new GrowingHost(-2048n)
  const service = await aService(t, host)
  const { id } = await aVm(service)
  assert.equal(await attested(service, id), 'affirming')
  host.vm.bootsAsRecorded()
  host.vm.resetCount++
  assert.equal(await attested(service, id), 'contraindicated')
  assert.equal((await driftOf(service, id)).properties.status, 'Pending')
})

test('a partition table that grew before the first boot is trusted on first use, by name', async (t) => {
  const host = new GrowingHost(2048n)
  host.vm.bootsAsRecorded()
  const service = await aService(t, host)
  const { id } = await aVm(service)
  assert.equal(await attested(service, id), 'contraindicated')
  assert.equal((await driftOf(service, id)).properties.isFirstBoot, true)
})
