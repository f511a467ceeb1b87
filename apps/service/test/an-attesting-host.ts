import { encodeReferenceValues } from '@trusted-launch/attestation'
import { RecordedVm } from '@trusted-launch/attestation/recorded'
import type { Evidence, EvidenceRequest } from '@trusted-launch/channel'
import type { HostFacts } from '../src/domain/host-driver.ts'
import { ScriptedHost } from '../src/driver/scripted-host.ts'

/** A host whose VMs answer as one that really booted, to the question that is asked. */
export class AttestingHost extends ScriptedHost {
  readonly vm = new RecordedVm()
  /** What the host says of itself. */
  host: HostFacts['host'] = null
  /** In place of an answer. */
  failure: Error | null = null

  constructor() {
    super({ boot: () => ({ kind: 'agent', version: '1.0.0' }) })
  }

  override async facts(): Promise<HostFacts> {
    const { expectation, references } = this.vm.input
    return { expectation, references: encodeReferenceValues(references!), host: this.host }
  }

  override async anchors(): Promise<readonly Uint8Array[]> {
    return this.vm.input.expectation.anchors.map(({ der }) => der)
  }

  override async collectEvidence(_: string, request: EvidenceRequest): Promise<Evidence> {
    if (this.failure !== null) throw this.failure
    return this.vm.answer(request)
  }
}
