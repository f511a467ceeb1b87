import type { FindingId } from '@trusted-launch/attestation'
import { noFix } from '../fix.ts'
import { ANY_SYSTEM, ofBoots, type RecommendationKind } from '../recommendation-kind.ts'
import { statusByFindings } from './by-findings.ts'

const weak: readonly FindingId[] = [
  'secure-boot.weak',
  'secure-boot.certificate',
  'secure-boot.authority.hash',
  'attestation-key.weak',
  'attestation-key.creation.sha1',
  'quote.sha1',
  'eventlog.bank.weak',
]

/** That nothing rests on a key or a hash that can be forged. */
export const weakKeys: RecommendationKind = {
  title: 'Boot and attestation should rest on strong keys only',
  severity: 'low',
  about: ofBoots(ANY_SYSTEM),
  description:
    'A certificate with a short key or an old hash, or an image that is allowed by its hash alone, is the weakest way through Secure Boot.',
  condition: 'The last evidence shows a weak key, certificate, hash or bank.',
  remediation: [
    'Replace the certificate in the template of the VM’s image, or take the entry out of db.',
    'Make the VM anew of it: variables of a VM that exists change by signed writes only.',
  ],
  assess: (facts) => statusByFindings(facts, 'weak-key', weak),
  fix: () => noFix('Whose certificate takes its place only its owner knows.'),
}
