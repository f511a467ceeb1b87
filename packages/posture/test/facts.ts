import {
  type AttestationResult,
  appraiseEvidence,
  type Claim,
  FINDINGS,
  type Finding,
  type FindingId,
  findingOf,
  tierOfFindings,
} from '@trusted-launch/attestation'
import { recordedEvidence } from '@trusted-launch/attestation/recorded'
import type { MachineFacts, Setup } from '../src/machine.ts'
import type { Observation } from '../src/observation.ts'

export const vm =
  '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/web'
export const start = Date.UTC(2026, 10, 24)
export const minute = 60_000
export const hour = 60 * minute

const [input] = recordedEvidence('rsa', 1)
/** The verdict on one real boot of the small guest: affirming. */
export const good = appraiseEvidence(input!).result

/** A finding's id, and what else of it a test says. */
export type Given = Pick<Finding, 'id'> & Partial<Finding>

/** A finding as the verifier tells it, with what a test says of it. */
export function finding(given: Given): Finding {
  const { id, ...more } = given
  const known = (Object.hasOwn(FINDINGS, id) ? id : 'kernel.changed') as FindingId
  const pcr = id === 'module.untrusted' ? 10 : null
  return { ...findingOf({ id: known, summary: `${id}.`, pcr }), ...more, id }
}

/** The good verdict with findings, and the tier that follows from them. */
export function verdict(...given: (Given | string)[]): AttestationResult {
  const findings = given.map((one) => finding(typeof one === 'string' ? { id: one } : one))
  return { ...good, findings, tier: tierOfFindings(findings) }
}

/** A verdict with these claims verified, in place of its own. */
export function claiming(
  result: AttestationResult,
  claims: Readonly<Record<string, Claim['value']>>,
): AttestationResult {
  const made = Object.entries(claims).map(([name, value]): [string, Claim] => [
    name,
    { value, verified: value !== null, events: [] },
  ])
  return { ...result, claims: { ...result.claims, ...Object.fromEntries(made) } }
}

export const trusted: Setup = {
  securityType: 'TrustedLaunch',
  secureBootEnabled: true,
  vTpmEnabled: true,
  hasExtension: true,
}
export const standard: Setup = {
  securityType: 'Standard',
  secureBootEnabled: false,
  vTpmEnabled: false,
  hasExtension: false,
}

/** A Linux VM with all on, that answered just now, with these changes. */
export function facts(changes: Partial<MachineFacts> = {}): MachineFacts {
  return {
    id: vm,
    kind: 'vm',
    os: 'Linux',
    setup: trusted,
    unsupported: null,
    isRunning: true,
    last: { result: good, time: start },
    answered: start,
    failure: null,
    alerts: [],
    staleAfterMs: 2 * hour,
    revocationsMissing: 0,
    pendingApprovals: 0,
    ...changes,
  }
}

/** That a verdict was made so long after the start. */
export function seen(
  result: AttestationResult,
  after = 0,
  setup: Setup = trusted,
): Observation & { kind: 'verdict' } {
  return { kind: 'verdict', vm, time: start + after, setup, result }
}
