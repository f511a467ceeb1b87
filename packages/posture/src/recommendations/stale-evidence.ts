import type { MachineFacts } from '../machine.ts'
import { withoutAttestation } from '../reasons.ts'
import { ANY_SYSTEM, ofBoots, type RecommendationKind } from '../recommendation-kind.ts'
import { HEALTHY, notApplicable, type Status, unhealthy } from '../status.ts'

/** That what is known of a running VM is not old. */
export const staleEvidence: RecommendationKind = {
  title: 'Evidence of running virtual machines should be recent',
  severity: 'medium',
  about: ofBoots(ANY_SYSTEM),
  description: 'A verdict says what a VM was when it answered. The older it is, the less it says.',
  condition:
    'A running VM that has the extension never answered, or not for longer than its plan allows.',
  remediation: [
    'See that the guest’s agent runs and answers; then attest it anew.',
    'A longer interval, if that is meant, is the monitoring plan’s.',
  ],
  assess: (facts, now) => withoutAttestation(facts) ?? statusOf(facts, now),
  fix: () => ({ kind: 'attest' }),
}

function statusOf(facts: MachineFacts, now: number): Status {
  const { isRunning, answered, staleAfterMs, setup } = facts
  if (!setup.hasExtension)
    return notApplicable('no-extension', 'It has no guest attestation extension.')
  if (!isRunning) return notApplicable('not-running', 'It does not run.')
  if (answered === null) return unhealthy('never-answered', 'It never gave evidence.')
  if (now - answered <= staleAfterMs) return HEALTHY
  const minutes = Math.floor((now - answered) / 60_000)
  return unhealthy('stale', `Its last evidence is ${minutes} minutes old.`)
}
