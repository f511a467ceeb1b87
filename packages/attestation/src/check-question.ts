import { NONCE_BYTES } from '@trusted-launch/channel'
import { type Expectation, QUOTED_PCRS } from './expectation.ts'
import { findingOf } from './finding-table.ts'
import type { Finding } from './result.ts'

/** PCRs above are the guest's to reset: a quote without them is weaker, not blind. */
const bootPcrs = 16

/**
 * Whether what was asked can carry a verdict at all: a nonce of 32 bytes, and every PCR that is
 * always asked for. Without one that a boot extends, its events would be nobody's word.
 */
export function checkQuestion({ nonce, pcrs }: Expectation): Finding[] {
  const findings: Finding[] = []
  if (nonce.length !== NONCE_BYTES)
    findings.push(
      findingOf({
        id: 'question.nonce',
        summary: 'The nonce is not as long as one must be.',
        expected: `${NONCE_BYTES} bytes`,
        actual: `${nonce.length} bytes`,
      }),
    )
  const missing = QUOTED_PCRS.filter((pcr) => !pcrs.includes(pcr))
  if (missing.length > 0)
    findings.push(
      findingOf({
        id: 'question.pcrs',
        summary: `PCR ${missing.join(', ')} was not asked for.`,
        severity: missing.some((pcr) => pcr < bootPcrs) ? 'high' : 'low',
        expected: QUOTED_PCRS.join(','),
        actual: pcrs.join(','),
      }),
    )
  return findings
}
