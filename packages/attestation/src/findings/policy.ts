import { COMPONENT } from '../component.ts'
import { type FindingKind, row } from './kind.ts'

/** What a policy asks for besides. */
export const policyFindings = {
  'policy.requirement': row(
    42,
    COMPONENT.policy,
    'high',
    true,
    'Bring the VM to what the policy asks for, or ask for something else.',
  ),
} as const satisfies Record<string, FindingKind>
