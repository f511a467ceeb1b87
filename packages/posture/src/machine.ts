import type { AttestationResult, Failure } from '@trusted-launch/attestation'
import type { Alert } from './alert.ts'

/** What was asked for of a VM's, or of a scale set's, security: as it is configured, whatever runs. */
export interface Setup {
  readonly securityType: 'Standard' | 'TrustedLaunch'
  readonly secureBootEnabled: boolean
  readonly vTpmEnabled: boolean
  /** Whether the guest attestation extension is there and was installed. */
  readonly hasExtension: boolean
}

/** Why a VM can't be Trusted Launch: a stable code, and a sentence that names size or image. */
export interface Unsupported {
  readonly cause: 'generation-1' | 'size' | 'image'
  readonly description: string
}

/** What is read of a result. */
export type Verdict = Pick<AttestationResult, 'tier' | 'findings' | 'claims' | 'evidence'>

/** A verdict and when it was made, milliseconds since 1970. */
export interface Judged {
  readonly result: Verdict
  readonly time: number
}

/** What is known of a machine that recommendations are about. Nothing here is believed of the guest but `last`, as far as it is verified. */
export interface MachineFacts {
  /** Azure's id of it. */
  readonly id: string
  /** Instances of a flexible scale set are VMs; a uniform one is judged as a whole. */
  readonly kind: 'vm' | 'scale-set'
  readonly os: 'Linux' | 'Windows'
  readonly setup: Setup
  /** Null: generation, size and image allow Trusted Launch. */
  readonly unsupported: Unsupported | null
  readonly isRunning: boolean
  /** The last verdict, also one without evidence; null: none yet. */
  readonly last: Judged | null
  /** When it last answered with evidence; null: never. */
  readonly answered: number | null
  /** The failure that nobody cleared, as the verifier remembers it. */
  readonly failure: Failure | null
  readonly alerts: readonly Alert[]
  /** Evidence of a running VM that is older than this is stale. */
  readonly staleAfterMs: number
  /** How many of the revocations that are current its dbx lacks; null: nobody compared them. */
  readonly revocationsMissing: number | null
  /** How many changes of its reference values wait for somebody to approve or reject them. */
  readonly pendingApprovals: number
}
