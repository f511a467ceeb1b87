import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  encodeReferenceValues,
  type ReferenceEvent,
  type ReferenceValues,
} from '@trusted-launch/attestation'
import type { HostFacts } from '../../src/domain/host/evidence.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { AttestingHost } from '../an-attesting-host.ts'

const IMAGE_PCR = 4
/** The boot manager's call and its separator come first. */
const SHIM = 2

/** A host whose VMs boot one shim, and are to boot an older one while `isOlder`. */
class UpdatedHost extends AttestingHost {
  isOlder = false

  override async facts(): Promise<HostFacts> {
    const facts = await super.facts()
    const older = { digests: { sha256: '07'.repeat(32) } }
    const references = withShim(this.vm.input.references!, this.isOlder ? older : {})
    return { ...facts, references: encodeReferenceValues(references) }
  }
}

/** The reference values with the first image told as shim's, and something of it otherwise. */
function withShim(
  { version, variants: [variant] }: ReferenceValues,
  change: Partial<ReferenceEvent>,
): ReferenceValues {
  const { events, values } = variant!.pcrs[IMAGE_PCR]!
  const shim = { ...events![SHIM]!, component: 'shim', ...change }
  const isOther = change.digests !== undefined
  const pcr = {
    events: events!.with(SHIM, shim),
    values: isOther ? { ...values, sha256: '08'.repeat(32) } : values,
  }
  return { version, variants: [{ ...variant!, pcrs: { ...variant!.pcrs, [IMAGE_PCR]: pcr } }] }
}

async function attested(service: TestService, vm: string): Promise<string> {
  const asked = await service.ask('POST', `${vm}/providers/TrustedLaunch/evidence/attest`)
  return (await service.over(asked)).properties.output.tier
}

async function driftOf(service: TestService, vm: string): Promise<any> {
  const { body } = await service.ask('GET', `${vm}/providers/TrustedLaunch/drift`)
  return body.value[0].properties
}

test('another shim that was verified, and that a pristine image has, waits for a person unless a plan takes signed images', async (t) => {
  const host = new UpdatedHost()
  const service = await aService(t, host)
  const { id } = await aVm(service)
  assert.equal(await attested(service, id), 'affirming')
  host.isOlder = true
  assert.equal(await attested(service, id), 'contraindicated')
  const waiting = await driftOf(service, id)
  assert.equal(waiting.status, 'Pending')
  const [difference] = waiting.differences
  assert.match(difference.signer, /Microsoft/)
  assert.match(difference.known, /^shim of small \d{4}\.\d\d\.\d\d$/)
  const document = { version: 1, name: 'signed', references: { approve: 'signed-images' } }
  const path = `${service.subscription}/providers/TrustedLaunch/monitoringPlans/default`
  assert.equal((await service.ask('PUT', path, { properties: { document } })).status, 201)
  assert.equal(await attested(service, id), 'affirming')
  const { status, decision } = await driftOf(service, id)
  assert.deepEqual([status, decision.by], ['Approved', 'monitoring plan signed'])
  assert.match(decision.reason, /^Signed, and no older than what is approved: shim of small /)
})
