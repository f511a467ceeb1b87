import {
  integer,
  nameOf,
  nullable,
  object,
  oneOf,
  type Shape,
  string,
} from '@trusted-launch/attestation'
import { within } from '@trusted-launch/codec'
import { RECOMMENDATIONS, type RecommendationId } from './recommendations.ts'

/** That somebody answers for not following a recommendation: for all at and below a scope, and not for ever. */
export interface Exemption {
  readonly recommendation: RecommendationId
  /** Azure's id of a subscription, group, set or VM. */
  readonly scope: string
  /** `waived`: the risk is taken; `mitigated`: something else stands against it. */
  readonly category: 'waived' | 'mitigated'
  readonly reason: string
  readonly by: string
  /** Milliseconds since 1970; null: until it is taken back. */
  readonly expires: number | null
}

const said = string({ max: 256, pattern: /\S/ })
const shape: Shape<Exemption> = object({
  recommendation: nameOf('recommendation', Object.keys(RECOMMENDATIONS)) as Shape<RecommendationId>,
  scope: string({ max: 1024, pattern: /^\/[^/]+\/./ }),
  category: oneOf('waived', 'mitigated'),
  reason: said,
  by: said,
  expires: nullable(integer({ min: 0, max: 253_402_300_799_999 })),
})

/**
 * An exemption out of plain JSON.
 * @throws {MalformedError} an unknown recommendation, no reason or nobody, or a scope that is no id.
 */
export function checkExemption(value: unknown): Exemption {
  return within('Exemption', () => shape(value))
}

/** The exemption that counts for a machine now; null: none does. One that ran out counts for nothing. */
export function exemptionOf(
  exemptions: readonly Exemption[],
  recommendation: RecommendationId,
  id: string,
  now: number,
): Exemption | null {
  const fits = ({ recommendation: of, scope, expires }: Exemption) =>
    of === recommendation && isWithin(id, scope) && (expires === null || now < expires)
  return exemptions.find(fits) ?? null
}

/** Whether an id is this scope or below it; ids are compared in any case of letters. */
export function isWithin(id: string, scope: string): boolean {
  const [inner, outer] = [id, scope].map((one) => one.toLowerCase().replace(/\/+$/, ''))
  return inner === outer || inner!.startsWith(`${outer}/`)
}
