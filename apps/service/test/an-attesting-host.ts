import { encodeReferenceValues } from '@trusted-launch/attestation'
import { RecordedVm } from '@trusted-launch/attestation/recorded'
import type { Evidence, EvidenceRequest } from '@trusted-launch/channel'
import type { HostFacts } from '../src/domain/host/evidence.ts'
import { ScriptedHost } from './scripted/host.ts'

/** A host whose VMs answer as one that really booted, to the question that is asked; each has a vTPM of its own. */
export class AttestingHost extends ScriptedHost {
  /** The first one that is asked. */
  readonly vm = new RecordedVm()
  readonly #vms = new Map<string, RecordedVm>()
  /** What the host says of itself. */
  host: HostFacts['host'] = null
  /** What the host says of the vTPM's starts. */
  starts: HostFacts['starts'] = null
  /** In place of an answer. */
  failure: Error | null = null

  constructor(machines?: ConstructorParameters<typeof ScriptedHost>[1]) {
    super({ boot: () => ({ kind: 'agent', version: '1.0.0' }) }, machines)
  }

  override async facts(): Promise<HostFacts> {
    const { expectation, references } = this.vm.input
    const kept = encodeReferenceValues(references!)
    return { expectation, references: kept, host: this.host, starts: this.starts }
  }

  override async anchors(): Promise<readonly Uint8Array[]> {
    return this.vm.input.expectation.anchors.map(({ der }) => der)
  }

  override async collectEvidence(id: string, request: EvidenceRequest): Promise<Evidence> {
    if (this.failure !== null) throw this.failure
    if (!this.#vms.has(id)) this.#vms.set(id, this.#vms.size === 0 ? this.vm : new RecordedVm())
    return this.#vms.get(id)!.answer(request)
  }
}
