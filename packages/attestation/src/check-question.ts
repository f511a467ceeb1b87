import { NONCE_BYTES } from '@trusted-launch/channel'
import { type HashName, sameSecret } from '@trusted-launch/crypto'
import { type Expectation, QUOTED_PCRS } from './expectation.ts'
import { findingOf } from './finding-table.ts'
import type { Profile } from './profile.ts'
import type { Finding } from './result.ts'
import { boundNonce, faultOfBinding } from './token/binding.ts'

/** Without these a boot's events would be nobody's word. Of our own VMs everything a boot extends is asked for. */
const neededPcrs: Readonly<Record<Profile, number>> = { strict: 16, 'pc-client': 8 }

/** 128 bits. */
const givenNonceBytes = 16

/** SHA-1 is broken: what it alone vouches for, somebody else may have written. */
const strong: readonly HashName[] = ['sha256', 'sha384', 'sha512']

/**
 * Whether what was asked can carry a verdict at all: a nonce of 32 bytes, every PCR that is always
 * asked for (of an imported log at least the firmware's), and a bank that is not SHA-1. PCR 23 is the
 * guest's to reset: nothing is said by it, so that it was not asked for is told and weighs nothing.
 */
export function checkQuestion(expectation: Expectation): Finding[] {
  const { nonce, pcrs, banks, profile, givenKey } = expectation
  return [
    ...(givenKey === undefined ? faultOfNonce(nonce) : faultOfGivenNonce(nonce)),
    // check 45
    ...faultOfQuestionBinding(expectation),
    ...faultOfPcrs(pcrs, profile),
    ...faultOfBanks(banks, profile),
  ]
}

function faultOfNonce(nonce: Uint8Array): Finding[] {
  // check 7
  if (nonce.length !== NONCE_BYTES)
    return [
      findingOf({
        id: 'question.nonce',
        summary: 'The nonce is not as long as one must be.',
        expected: `${NONCE_BYTES} bytes`,
        actual: `${nonce.length} bytes`,
      }),
    ]
  return []
}

/** A token says that its key and nonce were quoted: so they must be what the nonce was made of. */
function faultOfQuestionBinding({ binding, nonce }: Expectation): Finding[] {
  if (binding === undefined) return []
  const fault = faultOfBinding(binding)
  if (fault === null && sameSecret(boundNonce(binding), nonce)) return []
  const summary =
    fault === null
      ? 'The nonce is not the one that covers the key and the nonce of the relying party.'
      : `What the nonce was to cover cannot be covered: ${fault}.`
  return [findingOf({ id: 'question.binding', summary })]
}

/** Whoever asked with tools of his own chose its length; shorter ones are found by trying. */
function faultOfGivenNonce(nonce: Uint8Array): Finding[] {
  // check 7
  if (nonce.length < givenNonceBytes)
    return [
      findingOf({
        id: 'question.nonce',
        summary: 'The nonce is so short that an old quote may answer it.',
        severity: nonce.length === 0 ? 'high' : 'medium',
        expected: `at least ${givenNonceBytes} bytes`,
        actual: `${nonce.length} bytes`,
      }),
    ]
  return []
}

function faultOfPcrs(pcrs: readonly number[], profile: Profile): Finding[] {
  const isUsual =
    pcrs.length === QUOTED_PCRS.length && pcrs.every((pcr, i) => pcr === QUOTED_PCRS[i])
  if (isUsual) return []
  const missing = QUOTED_PCRS.filter((pcr) => !pcrs.includes(pcr))
  const needed = QUOTED_PCRS.filter((pcr) => profile === 'strict' || pcr < neededPcrs[profile])
  const more = pcrs.length !== QUOTED_PCRS.length - missing.length && profile === 'strict'
  const blind = missing.filter((pcr) => pcr < neededPcrs[profile])
  // check 8
  if (more || blind.length > 0 || (missing.length > 0 && profile === 'strict'))
    return [
      findingOf({
        id: 'question.pcrs',
        summary: more
          ? 'Other PCRs were asked for than those that always are.'
          : `PCR ${(blind.length > 0 ? blind : missing).join(', ')} was not asked for.`,
        severity: more || blind.length > 0 ? 'high' : 'info',
        expected: needed.join(','),
        actual: pcrs.join(','),
      }),
    ]
  return []
}

function faultOfBanks(banks: readonly HashName[], profile: Profile): Finding[] {
  const repeated = new Set(banks).size !== banks.length
  const isStrong = banks.some((bank) => strong.includes(bank))
  // That an imported log has SHA-1 alone its own check tells.
  const isTold = banks.length > 0 && profile !== 'strict'
  // check 8
  if (repeated || !(isStrong || isTold))
    return [
      findingOf({
        id: 'question.banks',
        summary: repeated ? 'A bank was asked for twice.' : 'No bank but SHA-1 was asked for.',
        expected: strong.join(' or '),
        actual: banks.join(','),
      }),
    ]
  return []
}
