import { bootIntegrityOf } from '../boot-integrity.ts'
import { ANY_SYSTEM, ofBoots, type RecommendationKind } from '../recommendation-kind.ts'

/** That the last boot is proved, and no failure before it forgotten. */
export const guestAttestationStatus: RecommendationKind = {
  title: 'Virtual machines guest attestation status should be healthy',
  severity: 'medium',
  about: ofBoots(ANY_SYSTEM),
  description:
    'The vTPM signs what was measured of the boot, and the verifier compares it with what the image ought to boot. What differs may be a bootkit or a rootkit, or an update that nobody approved.',
  condition:
    'The last attestation did not affirm the boot, the VM is silent past its deadline, or a failure was never cleared.',
  remediation: [
    'Read the VM’s alerts: they name the component, what was expected and what was measured.',
    'A change that was meant: approve it, and it is compared with from then on. A setting: undo it. Anything else: isolate the VM and keep its evidence.',
    'Clear the failure with a reason, by its alert.',
  ],
  assess: bootIntegrityOf,
  fix: () => ({ kind: 'attest' }),
}
