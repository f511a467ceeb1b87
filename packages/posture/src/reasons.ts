import type { MachineFacts, Verdict } from './machine.ts'
import { notApplicable, type Status } from './status.ts'

const NO_WINDOWS_AGENT = notApplicable(
  'no-windows-agent',
  'There is no guest agent for Windows: what such a VM boots is neither attested nor called healthy.',
)

/** Why Trusted Launch is nothing for this machine; null: it is, or it has it. */
export function withoutSupport({ setup, unsupported }: MachineFacts): Status | null {
  if (setup.securityType === 'TrustedLaunch' || unsupported === null) return null
  return notApplicable(unsupported.cause, unsupported.description)
}

/** Why no guest of this machine can attest; null: it can, and whether it has the extension is another question. */
export function withoutAttestation(facts: MachineFacts): Status | null {
  const { os, setup } = facts
  if (os === 'Windows') return NO_WINDOWS_AGENT
  const unsupported = withoutSupport(facts)
  if (unsupported !== null) return unsupported
  if (setup.securityType !== 'TrustedLaunch')
    return notApplicable('trusted-launch-off', 'Trusted Launch is not enabled.')
  return setup.vTpmEnabled ? null : notApplicable('vtpm-off', 'It has no vTPM to attest with.')
}

/**
 * The last verdict on evidence that says something that is verified, or why there is none: of a log that its own
 * checks refuse nothing is believed, so neither that something is missing in it.
 */
export function evidenceOf(facts: MachineFacts): Verdict | Status {
  const cannot = withoutAttestation(facts)
  if (cannot !== null) return cannot
  const result = facts.last?.result
  if (result === undefined || verified(result, 'secure-boot') === undefined)
    return notApplicable('no-evidence', 'There is no verified evidence to judge it by.')
  return result
}

/** Whether it is a status and no verdict. */
export function isStatus(one: Verdict | Status): one is Status {
  return 'code' in one
}

/** The value of a claim that is verified; undefined: nobody vouches for one. */
export function verified({ claims }: Verdict, name: string): unknown {
  const claim = Object.hasOwn(claims, name) ? claims[name] : undefined
  return claim?.verified === true ? claim.value : undefined
}
