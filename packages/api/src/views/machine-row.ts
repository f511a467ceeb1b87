/**
 * How a VM stands with the verifier, in one word. `affirming`, `warning`, `contraindicated`, `none`: the tier of the
 * newest verdict. `drifting`: it measured something else than it was to, and nobody decided about it yet. `silent`: it
 * gives no evidence that is due. `unjudged`: it has a vTPM and no verdict yet. `unproven`: it has no vTPM.
 */
export type Integrity =
  | 'affirming'
  | 'warning'
  | 'contraindicated'
  | 'none'
  | 'drifting'
  | 'silent'
  | 'unjudged'
  | 'unproven'

/** A VM in a long list: what is filtered and sorted by, and no more. */
export interface MachineRow {
  readonly id: string
  readonly name: string
  readonly resourceGroup: string
  readonly size: string
  /** `Linux` or `Windows`. */
  readonly system: string
  /** `running`, `stopped`, `deallocated` … */
  readonly power: string
  readonly provisioningState: string
  readonly securityType: 'TrustedLaunch' | 'Standard'
  readonly secureBoot: boolean
  readonly vTpm: boolean
  readonly integrity: Integrity
  readonly tags: Readonly<Record<string, string>>
}
