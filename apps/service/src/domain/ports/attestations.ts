import type { Json } from './json.ts'

/** One appraisal of one VM. */
export interface Attestation {
  /** A GUID. */
  readonly id: string
  /** A GUID. */
  readonly vmId: string
  readonly at: number
  /** `affirming`, `warning`, `contraindicated`, `none`: of all that was found. */
  readonly tier: string
  /** What the evidence shows, and what was found beside it. */
  readonly findings: readonly Json[]
  /** The appraisal record: everything that makes the verdict on the evidence again. Kept to the byte. */
  readonly record: Uint8Array
}

/** Without its record: what a list shows. */
export type AttestationSummary = Omit<Attestation, 'record'>

/** How long attestations are kept. Others go when they are too old or too many; a VM's newest never goes. */
export interface Retention {
  /** Those before this time go: of verdicts that affirm, and of all others. */
  readonly before: { readonly affirming: number; readonly others: number }
  /** More than so many of one VM go, the oldest first. */
  readonly keep: { readonly affirming: number; readonly others: number }
  /** More bytes of one VM than this go, the oldest first. What its records share with others' is not counted. */
  readonly bytes: number
  /** The ids of those that stay. */
  readonly except: readonly string[]
}

export interface Attestations {
  /**
   * @param shared a part of the record that other VMs' records have too, as reference values: kept once.
   * @returns how many bytes it takes by itself. @throws {StoreError} `store-exists`
   */
  insert(attestation: Attestation, shared?: Uint8Array): Promise<number>
  latest(vmId: string): Promise<Attestation | null>
  /** The newest first: those after one, by its id. */
  list(
    vmId: string,
    query: { after?: string; limit: number },
  ): Promise<readonly AttestationSummary[]>
  get(id: string): Promise<Attestation | null>
  /** What of a VM's is past its time, the newest first; at most 1,000. */
  expired(vmId: string, retention: Retention): Promise<readonly AttestationSummary[]>
  /** @returns how many there were. */
  delete(ids: readonly string[]): Promise<number>
  deleteOf(vmId: string): Promise<number>
}
