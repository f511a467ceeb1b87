import { NONCE_BYTES } from '@trusted-launch/channel'
import type { HashName } from '@trusted-launch/crypto'
import { type Expectation, QUOTED_PCRS } from './expectation.ts'
import { findingOf } from './finding-table.ts'
import type { Finding } from './result.ts'

/** PCRs above are the guest's to reset: a quote without them is weaker, not blind. */
const bootPcrs = 16

/** SHA-1 is broken: what it alone vouches for, somebody else may have written. */
const strong: readonly HashName[] = ['sha256', 'sha384', 'sha512']

/**
 * Whether what was asked can carry a verdict at all: a nonce of 32 bytes, every PCR that is always
 * asked for, and a bank that is not SHA-1. Without a PCR that a boot extends, its events would be
 * nobody's word.
 */
export function checkQuestion({ nonce, pcrs, banks }: Expectation): Finding[] {
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
  return [...findings, ...faultOfPcrs(pcrs), ...faultOfBanks(banks)]
}

function faultOfPcrs(pcrs: readonly number[]): Finding[] {
  const missing = QUOTED_PCRS.filter((pcr) => !pcrs.includes(pcr))
  const more = pcrs.length !== QUOTED_PCRS.length - missing.length
  if (missing.length === 0 && !more) return []
  return [
    findingOf({
      id: 'question.pcrs',
      summary: more
        ? 'Other PCRs were asked for than those that always are.'
        : `PCR ${missing.join(', ')} was not asked for.`,
      severity: more || missing.some((pcr) => pcr < bootPcrs) ? 'high' : 'low',
      expected: QUOTED_PCRS.join(','),
      actual: pcrs.join(','),
    }),
  ]
}

function faultOfBanks(banks: readonly HashName[]): Finding[] {
  const repeated = new Set(banks).size !== banks.length
  if (!repeated && banks.some((bank) => strong.includes(bank))) return []
  return [
    findingOf({
      id: 'question.banks',
      summary: repeated ? 'A bank was asked for twice.' : 'No bank but SHA-1 was asked for.',
      expected: strong.join(' or '),
      actual: banks.join(','),
    }),
  ]
}
