import { decodeEvidence, encodeEvidence } from '@trusted-launch/channel'
import { digest } from '@trusted-launch/crypto'
import type { AppraisalInput } from '../src/appraisal-input.ts'
import { quoteOf } from './attester.ts'
import { quotedOn } from './elliptic-attester.ts'
import { eventLog, evidenceOf, imaLog, quoted } from './recorded.ts'

/**
 * What the small guest wrote down in one real boot, with its reference values, as a VM that is asked so often
 * gives it: each time over another nonce, in bytes of its own, signed by the same key of this kind.
 */
export function recordedEvidence(kind: 'rsa' | 'ecc', answers: number): AppraisalInput[] {
  const nonces = Array.from({ length: answers }, (_, i) => digest('sha256', Uint8Array.of(i)))
  const quotes = nonces.map((extraData) => quoteOf('sha256', quoted, { extraData }))
  const plain = evidenceOf(quoted, { eventLog, imaLog })
  const all = { ...plain, evidence: { ...plain.evidence, quotes } }
  const { evidence, expectation, ...more } =
    kind === 'rsa' ? all : quotedOn('P-256', undefined, all).input
  return nonces.map((nonce, i) => ({
    ...more,
    evidence: decodeEvidence(encodeEvidence({ ...evidence, quotes: [evidence.quotes[i]!] })),
    expectation: { ...expectation, nonce },
  }))
}
