import { encodeReferenceValues, type ReferenceValues } from '@trusted-launch/attestation'
import type { HostFacts } from '../src/domain/host/evidence.ts'
import { AttestingHost } from './an-attesting-host.ts'

/** A host whose VMs answer as one that really booted, and are to have another kernel while `isDrifted`. */
export class DriftedHost extends AttestingHost {
  isDrifted = false
  /** False: its image could not be foretold. */
  isForetold = true

  override async facts(): Promise<HostFacts> {
    const facts = await super.facts()
    if (!this.isForetold) return { ...facts, references: null }
    if (!this.isDrifted) return facts
    return { ...facts, references: encodeReferenceValues(older(this.vm.input.references!)) }
  }
}

/** What was foretold of the VM before its kernel, as GRUB reads it, became another. */
function older({ version, variants: [variant] }: ReferenceValues): ReferenceValues {
  const { events, values } = variant!.pcrs[9]!
  const kernel = { ...events![0]!, component: 'kernel', digests: { sha256: '07'.repeat(32) } }
  const pcr = { events: events!.with(0, kernel), values: { ...values, sha256: '08'.repeat(32) } }
  return { version, variants: [{ ...variant!, pcrs: { ...variant!.pcrs, 9: pcr } }] }
}
