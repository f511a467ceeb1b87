import { type Alert, isOpen } from './alert.ts'
import { alertKindOf } from './alert-kinds.ts'
import type { MachineFacts } from './machine.ts'
import { withoutAttestation } from './reasons.ts'
import { HEALTHY, notApplicable, type Status, unhealthy } from './status.ts'

/**
 * The boot integrity state: healthy only if the last run affirmed the boot and no failure is uncleared. An alert that
 * is suppressed or exempted is none the less a failure.
 */
export function bootIntegrityOf(facts: MachineFacts): Status {
  const cannot = withoutAttestation(facts)
  if (cannot !== null) return cannot
  if (!facts.setup.hasExtension)
    return notApplicable('no-extension', 'It has no guest attestation extension.')
  const failed = facts.alerts.find(isUnhealthy)
  if (failed !== undefined) return unhealthy(failed.cause, failed.summary)
  if (facts.failure !== null) return unhealthy('earlier-failure', 'A failure was never cleared.')
  if (facts.last === null) return notApplicable('never-attested', 'It was not attested yet.')
  return ofVerdict(facts.last.result.tier, facts)
}

/** Of a VM that gives no evidence nobody knows that it is healthy, also not who dismissed the alert. */
function isUnhealthy(alert: Alert): boolean {
  const { type, isPresent } = alert
  if (type === 'VM_AttestationSilent') return isOpen(alert) || isPresent
  return isOpen(alert) && alertKindOf(type).isFailure
}

function ofVerdict(tier: string, { last, setup }: MachineFacts): Status {
  if (tier === 'affirming') return HEALTHY
  const [first] = last!.result.findings
  const why = first?.summary ?? 'The last attestation did not affirm the boot.'
  if (tier === 'none') return unhealthy('silent', why)
  if (!setup.secureBootEnabled)
    return unhealthy('secure-boot-off', `Secure Boot is off, so attestation fails. ${why}`)
  return unhealthy(tier, why)
}
