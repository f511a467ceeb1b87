import type { EvidenceDriver } from '../../src/domain/host/evidence.ts'
import type { Deeds } from './state.ts'

/** VMs that prove nothing: `AttestingHost` has others. */
export const evidence: Deeds<EvidenceDriver> = {
  async facts() {
    return null
  },

  async anchors() {
    return []
  },

  async collectEvidence() {
    throw new Error('a scripted host has no evidence')
  },
}
