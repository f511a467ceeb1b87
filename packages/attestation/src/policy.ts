import { MalformedError, within } from '@trusted-launch/codec'
import strict from '../policies/trusted-launch.json' with { type: 'json' }
import { encodeCanonical, type Json } from './canonical-json.ts'
import type { Claims } from './claims.ts'
import { findingOf } from './finding-table.ts'
import { frozen, once } from './frozen.ts'
import { array, nameOf, object, oneOf, record, type Shape, string } from './json-shape.ts'
import {
  faultOfRequirement,
  type Requirement,
  requirementShape,
  verifiedValue,
} from './requirement.ts'
import type { Finding, Severity } from './result.ts'
import { parseWritten } from './written-json.ts'

const policyBytesMax = 64 * 1024
const rulesMax = 64
const requirementsMax = 256

/** What a rule looks at. It cannot read a claim that is not verified. */
interface Facts {
  readonly claims: Claims
}

type Rule = (facts: Facts, severity: Severity) => readonly Finding[]

/** Every rule a policy may name. A rule more is a row more. */
const RULES: Readonly<Record<string, Rule>> = {
  'secure-boot-on': ({ claims }, severity) =>
    verifiedValue(claims, 'secure-boot') === true
      ? []
      : [
          findingOf({
            id: 'secure-boot.off',
            summary: 'Secure Boot is not shown to be on.',
            severity,
            pcr: 7,
            events: claims['secure-boot']?.events ?? [],
            expected: 'on',
            actual: verifiedValue(claims, 'secure-boot') === false ? 'off' : 'not shown',
          }),
        ],
  'os-present': ({ claims }, severity) =>
    verifiedValue(claims, 'os-present') === true
      ? []
      : [
          findingOf({
            id: 'exit-boot-services.missing',
            summary: 'It is not shown that a kernel runs.',
            severity,
            pcr: 5,
          }),
        ],
  // A policy may make these worse, never harmless, and need not name them: see `severityOf`.
  'reference-values-present': asksNothing,
  'firmware-learnt': asksNothing,
}

/** A rule that is of what there is to compare with: of the machine it asks nothing. */
function asksNothing(): readonly Finding[] {
  return []
}

/** Rules and requirements of claims, each with how bad it is when it is broken. docs/policy.md */
export interface Policy {
  readonly version: 2
  readonly id: string
  readonly rules: Readonly<Record<string, Severity>>
  /** What verified claims must be, besides. */
  readonly claims: readonly Requirement[]
}

const shape: Shape<Policy> = object({
  version: oneOf(2),
  id: string({ max: 128, pattern: /^[a-z0-9][a-z0-9.-]*$/ }),
  rules: record(nameOf('rule', Object.keys(RULES)), oneOf('info', 'low', 'medium', 'high'), {
    max: rulesMax,
  }),
  claims: array(requirementShape, { max: requirementsMax }),
})

/**
 * Reads a policy out of JSON. An unknown rule or claim, or nothing asked for at all, is an error: never "accept".
 * @throws {MalformedError} another version, an unknown or missing name, no rule of the machine and no requirement.
 */
export function parsePolicy(bytes: Uint8Array): Policy {
  return frozen(within('Policy', () => parseWritten(bytes, notEmpty, { max: policyBytesMax })))
}

/** The same out of a value already parsed. @throws {MalformedError} */
export function checkPolicy(value: unknown): Policy {
  return frozen(within('Policy', () => notEmpty(value)))
}

/** Canonical JSON in UTF-8: what its hash is over. */
export function encodePolicy(policy: Policy): Uint8Array {
  return encodeCanonical(policy as unknown as Json)
}

/** Runs the policy's rules. @throws {MalformedError} an unknown rule, or none. */
export function applyPolicy(policy: Policy, facts: Facts): Finding[] {
  const { rules, claims } = checked(policy)
  const broken = Object.entries(rules).flatMap(([name, severity]) => RULES[name]!(facts, severity))
  return [...broken, ...claims.flatMap((one) => faultOfRequirement(one, facts.claims))]
}

const checked = once(checkPolicy)

/** How bad it is that there is nothing to compare with: never less than a warning, whatever the policy. */
export function severityOf(
  rule: 'firmware-learnt' | 'reference-values-present',
  { rules }: Policy,
): Severity {
  const severity = rules[rule] ?? 'low'
  return severity === 'info' ? 'low' : severity
}

function notEmpty(value: unknown): Policy {
  const policy = shape(value)
  const asked = Object.keys(policy.rules).filter((name) => RULES[name] !== asksNothing)
  // check 42
  if (asked.length + policy.claims.length === 0)
    throw new MalformedError('rules', 0, 'no rule of the machine, and nothing required')
  return policy
}

/**
 * Trusted Launch: Secure Boot on, a kernel running, everything as in the reference values; of Windows no
 * debugger and no test signing. That the AK is on record, given or certified is no rule: nothing is
 * appraised without.
 */
export const TRUSTED_LAUNCH_POLICY: Policy = checkPolicy(strict)
