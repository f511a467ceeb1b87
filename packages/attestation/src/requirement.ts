import { MalformedError } from '@trusted-launch/codec'
import type { Json } from './canonical-json.ts'
import { CLAIM_FORMS, CLAIM_NAMES, type ClaimForm } from './claim-names.ts'
import type { Claims } from './claims.ts'
import { findingOf } from './finding-table.ts'
import {
  array,
  integer,
  nameOf,
  nullable,
  object,
  oneOf,
  type Shape,
  string,
} from './json-shape.ts'
import { printable } from './printable.ts'
import type { Finding, Severity } from './result.ts'

/** What a claim can be compared with. */
export type Scalar = string | number | boolean | null

/** Exactly one of these is set. */
export interface Comparison {
  readonly claim: string
  /** The one value it must have. Null: the log is whole and does not say. */
  readonly equals?: Scalar
  /** Or one of these. */
  readonly oneOf?: readonly Scalar[]
  /** Or, of a number, at least this. */
  readonly minimum?: number
}

/** What a verified claim must be. A claim that is not verified is never read: then it is not met. */
export interface Requirement extends Comparison {
  /** Asked unless this is verified not to be met: what is not known excuses nothing. Null: always. */
  readonly when: Comparison | null
  readonly severity: Severity
  /** What to tell when it is not met, a sentence. */
  readonly message: string
}

const textMax = 4096
const scalar: Shape<Scalar> = (value) => {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number') return whole(value)
  return string({ max: textMax })(value)
}
const whole = integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const claimName = nameOf('claim', CLAIM_NAMES)

/** Each way to compare, and the form of what it compares with. */
const ways = {
  equals: scalar,
  oneOf: ((value) => {
    const given = array(scalar, { max: 64 })(value)
    if (given.length === 0) throw new MalformedError('', 0, 'none, so nothing could meet it')
    return given
  }) as Shape<readonly Scalar[]>,
  minimum: whole,
} as const

const wayOf = (given: object) =>
  (Object.keys(ways) as (keyof typeof ways)[]).filter((way) => Object.hasOwn(given, way))

const takes: Readonly<Record<ClaimForm, (value: Scalar) => boolean>> = {
  flag: (value) => typeof value === 'boolean',
  // what JSON cannot hold exactly is told in decimal text
  number: (value) => typeof value === 'number' || /^\d+$/.test(String(value)),
  text: (value) => typeof value === 'string',
  details: () => false,
}

const formWords: Readonly<Record<ClaimForm, string>> = {
  flag: 'true, false or null',
  number: 'a number or null',
  text: 'text or null',
  details: 'a list or an object, of which only null can be asked',
}

/** What the claim can never be is a slip of the pen: a condition on it would silently ask for nothing. */
function mustBePossible(comparison: Comparison, way: keyof typeof ways): void {
  const form = CLAIM_FORMS[comparison.claim]!
  const { equals = null, oneOf: some = [equals], minimum } = comparison
  const isPossible =
    minimum === undefined
      ? some.every((one) => one === null || takes[form](one))
      : form === 'number'
  if (isPossible) return
  throw new MalformedError(way, 0, `${comparison.claim} is ${formWords[form]}`)
}

/** One way to compare and no other name beside these. */
function compared<T>(more: Record<string, Shape<unknown>>): Shape<T> {
  return (value) => {
    const given = typeof value === 'object' && value !== null ? wayOf(value) : []
    if (given.length !== 1)
      throw new MalformedError('', 0, 'not one of equals, oneOf and minimum, and no other')
    const [way] = given
    const read = object({ claim: claimName, [way!]: ways[way!], ...more })(value)
    mustBePossible(read as unknown as Comparison, way!)
    return read as T
  }
}

const comparisonShape = compared<Comparison>({})

/** The form of `Requirement`. */
export const requirementShape: Shape<Requirement> = compared<Requirement>({
  when: nullable(comparisonShape),
  severity: oneOf('info', 'low', 'medium', 'high'),
  message: string({ max: 512, pattern: /\S/ }),
})

/** A claim's value where it is verified; undefined: policy does not get to see it. */
export function verifiedValue(claims: Claims, name: string): Json | undefined {
  const claim = Object.hasOwn(claims, name) ? claims[name] : undefined
  return claim?.verified === true ? claim.value : undefined
}

function isMet(comparison: Comparison, claims: Claims): boolean {
  const value = verifiedValue(claims, comparison.claim)
  return value !== undefined && fits(comparison, value)
}

/** Whether a verified claim says that it is not so. One that is not verified does not. */
function isRuledOut(comparison: Comparison, claims: Claims): boolean {
  const value = verifiedValue(claims, comparison.claim)
  return value !== undefined && !fits(comparison, value)
}

function fits({ equals, oneOf: some, minimum }: Comparison, value: Json): boolean {
  if (minimum !== undefined) return typeof value === 'number' && value >= minimum
  if (some !== undefined) return some.some((one) => one === value)
  return value === equals
}

/** The finding that says it is not met; none when it is, or is verifiably not asked. */
export function faultOfRequirement(requirement: Requirement, claims: Claims): Finding[] {
  const { claim, when, severity, message } = requirement
  if (when !== null && isRuledOut(when, claims)) return []
  if (isMet(requirement, claims)) return []
  const value = verifiedValue(claims, claim)
  return [
    findingOf({
      id: 'policy.requirement',
      component: `claim ${claim}`,
      summary: message,
      severity,
      events: claims[claim]?.events ?? [],
      expected: wantedText(requirement),
      actual: value === undefined ? 'not verified' : printable(JSON.stringify(value)).slice(0, 512),
    }),
  ]
}

function wantedText(comparison: Comparison): string {
  const { equals, oneOf: some, minimum } = comparison
  if (minimum !== undefined) return `at least ${minimum}`
  if (some !== undefined) return some.map((one) => wordOf(one)).join(' or ')
  return wordOf(equals ?? null)
}

const wordOf = (value: Scalar) => (value === null ? 'not reported' : JSON.stringify(value))

/** A requirement in words: `windows-test-signing must be false or not reported, where windows is true`. */
export function describeRequirement({ when, severity, ...what }: Requirement): string {
  const where = when === null ? '' : `, where ${when.claim} is ${wantedText(when)}`
  return `${what.claim} must be ${wantedText(what)}${where}; else ${severity}: ${what.message}`
}
