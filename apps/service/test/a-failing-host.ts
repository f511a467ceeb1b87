import { encodeReferenceValues } from '@trusted-launch/attestation'
import { cleanBoot, referencesOf, variantOf } from '@trusted-launch/attestation/boot'
import type { HostFacts } from '../src/domain/host/evidence.ts'
import { AttestingHost } from './an-attesting-host.ts'

/** Of another boot; of its modules nothing is known. */
const { kernel } = variantOf(cleanBoot())
const others = referencesOf(cleanBoot(), { kernel: { ...kernel, modules: null } })

/** A host whose VMs answer as one that really booted, and, while `isDrifted`, are to have booted something else. */
export class FailingHost extends AttestingHost {
  isDrifted = true

  override async facts(): Promise<HostFacts> {
    const facts = await super.facts()
    if (!this.isDrifted) return facts
    return { ...facts, references: encodeReferenceValues(others) }
  }
}
