import { MalformedError, within } from '@trusted-launch/codec'
import strict from '../policies/trusted-launch.json' with { type: 'json' }
import { encodeCanonical, type Json } from './canonical-json.ts'
import type { Claims } from './claims.ts'
import { findingOf } from './finding-table.ts'
import { object, oneOf, parseJson, record, type Shape, string } from './json-shape.ts'
import type { Finding, Severity } from './result.ts'

const policyBytesMax = 64 * 1024
const rulesMax = 64

/** What a rule looks at. It cannot read a claim that is not verified. */
interface Facts {
  readonly claims: Claims
}

type Rule = (facts: Facts, severity: Severity) => readonly Finding[]

/** Every rule a policy may name. A rule more is a row more. */
const RULES: Readonly<Record<string, Rule>> = {
  'secure-boot-on': ({ claims }, severity) =>
    verified(claims, 'secure-boot') === true
      ? []
      : [
          findingOf({
            id: 'secure-boot.off',
            summary: 'Secure Boot is not shown to be on.',
            severity,
            pcr: 7,
            events: claims['secure-boot']?.events ?? [],
            expected: 'on',
            actual: verified(claims, 'secure-boot') === false ? 'off' : 'not shown',
          }),
        ],
  'os-present': ({ claims }, severity) =>
    verified(claims, 'os-present') === true
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
  'reference-values-present': () => [],
  'firmware-learnt': () => [],
}

/** Rules over claims, each with how bad it is when it is broken. */
export interface Policy {
  readonly version: 1
  readonly id: string
  readonly rules: Readonly<Record<string, Severity>>
}

const shape: Shape<Policy> = object({
  version: oneOf(1),
  id: string({ max: 128, pattern: /^[a-z0-9][a-z0-9.-]*$/ }),
  rules: record(
    new RegExp(`^(${Object.keys(RULES).join('|')})$`),
    oneOf('info', 'low', 'medium', 'high'),
    { max: rulesMax },
  ),
})

/**
 * Reads a policy out of JSON. An unknown rule, or none at all, is an error: never "accept".
 * @throws {MalformedError} another version, an unknown or missing name, no rule.
 */
export function parsePolicy(bytes: Uint8Array): Policy {
  return within('Policy', () => parseJson(bytes, notEmpty, { max: policyBytesMax }))
}

/** The same out of a value already parsed. @throws {MalformedError} */
export function checkPolicy(value: unknown): Policy {
  return within('Policy', () => notEmpty(value))
}

/** Canonical JSON in UTF-8: what its hash is over. */
export function encodePolicy(policy: Policy): Uint8Array {
  return encodeCanonical(policy as unknown as Json)
}

/** Runs the policy's rules. @throws {MalformedError} an unknown rule, or none. */
export function applyPolicy(policy: Policy, facts: Facts): Finding[] {
  return Object.entries(soundPolicy(policy).rules).flatMap(([name, severity]) =>
    RULES[name]!(facts, severity),
  )
}

/** Policies that were found sound: read-only, so they stay so. */
const sound = new WeakSet<Policy>()

function soundPolicy(policy: Policy): Policy {
  if (!sound.has(policy)) sound.add(checkPolicy(policy) && policy)
  return policy
}

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
  if (Object.keys(policy.rules).length === 0) throw new MalformedError('rules', 0, 'no rule')
  return policy
}

function verified(claims: Claims, name: string): Json {
  const claim = claims[name]
  return claim?.verified === true ? claim.value : null
}

/** Trusted Launch: Secure Boot on, a kernel running, everything as in the reference values. */
export const TRUSTED_LAUNCH_POLICY: Policy = checkPolicy(strict)
