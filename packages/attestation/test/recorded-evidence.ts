import type { AppraisalInput } from '../src/appraisal-input.ts'
import { quotedOn } from './elliptic-attester.ts'
import { eventLog, evidenceOf, imaLog, quoted } from './recorded.ts'

/** What the small guest wrote down in one real boot, quoted by a key of this kind, and its reference values. */
export function recordedEvidence(kind: 'rsa' | 'ecc'): AppraisalInput {
  const input = evidenceOf(quoted, { eventLog, imaLog })
  return kind === 'rsa' ? input : quotedOn('P-256', undefined, input).input
}
