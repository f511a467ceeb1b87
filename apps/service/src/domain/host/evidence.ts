import type { Expectation, HostPart, HostStart } from '@trusted-launch/attestation'
import type { Evidence, EvidenceRequest } from '@trusted-launch/channel'

/** What a verdict on a VM needs from the host's own records; nothing of it from the guest. */
export interface HostFacts {
  readonly expectation: Pick<
    Expectation,
    'vm' | 'generation' | 'akName' | 'retiredAkNames' | 'machine' | 'anchors'
  >
  /** Reference values made before the first boot, as kept; null: its boot could not be foretold. */
  readonly references: Uint8Array | null
  /** What the host runs it with, and what it was asked to; null: nothing was asked that it could compare. */
  readonly host: { readonly actual: HostPart; readonly wanted: HostPart } | null
  /** What it did to the vTPM, and saw of it; null: it does not say. */
  readonly starts: HostStarts | null
}

/** The starts of a vTPM, as its host knows them. */
export interface HostStarts {
  /** What the extend-only index held at each of the last ones, oldest first. */
  readonly index: readonly HostStart[]
  /** Nonces (hexadecimal) that were sent since the last of them and not answered, oldest first. */
  readonly unanswered: readonly string[]
  /** How often it was started, counted from where only the host knows: to be compared while `run` is the same. */
  readonly resets: number
  /** Another one: the host did not see all that happened in between. */
  readonly run: string
}

/** What a verdict on a VM of a host is made of. */
export interface EvidenceDriver {
  facts(id: string): Promise<HostFacts | null>
  /** The authorities that certify its vTPMs' keys, in DER. */
  anchors(): Promise<readonly Uint8Array[]>
  collectEvidence(id: string, request: EvidenceRequest): Promise<Evidence>
}
