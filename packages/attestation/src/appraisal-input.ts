import type { Evidence } from '@trusted-launch/channel'
import type { Expectation } from './expectation.ts'
import type { Policy } from './policy.ts'
import type { ReferenceValues } from './reference-values.ts'

/** Everything a verdict is a function of. */
export interface AppraisalInput {
  readonly evidence: Evidence
  readonly expectation: Expectation
  /** Null: nothing to compare with, so never affirming, whatever the policy. */
  readonly references: ReferenceValues | null
  readonly policy: Policy
  /** Milliseconds since 1970: when the evidence was taken. */
  readonly time: number
}
