import type { Severity } from '@trusted-launch/attestation'
import { type Exemption, exemptionOf } from './exemption.ts'
import type { Fix } from './fix.ts'
import type { MachineFacts } from './machine.ts'
import type { RecommendationKind } from './recommendation-kind.ts'
import { RECOMMENDATIONS, type RecommendationId } from './recommendations.ts'
import type { Status } from './status.ts'

/** What is recommended of one machine: a rule's answer, followed or not. */
export interface Recommendation {
  readonly id: RecommendationId
  readonly machine: string
  readonly severity: Exclude<Severity, 'info'>
  readonly status: Status
  /** Of a scale set: the ids of the instances that it is unhealthy for; of its model, and of a VM: none. */
  readonly instances: readonly string[]
  /** Null unless it is unhealthy. */
  readonly fix: Fix | null
  /** Whoever answers for it that it is not followed. The status stays what it is: an exemption makes nothing healthy. */
  readonly exemption: Exemption | null
}

/**
 * Every recommendation that is about machines of this kind and system, in the table's order; of a scale set those of its
 * model alone (`assessSet` has the others). It reads no clock: the same facts give the same answers.
 * @param now milliseconds since 1970: for evidence that grows old and exemptions that run out.
 */
export function assess(
  facts: MachineFacts,
  exemptions: readonly Exemption[],
  now: number,
): Recommendation[] {
  return kindsAbout(facts)
    .filter(([, { about }]) => facts.kind === 'vm' || about.isSummed !== true)
    .map(([id, kind]) => {
      const status = kind.assess(facts, now)
      return {
        ...{ id, machine: facts.id, severity: kind.severity, status, instances: [] },
        fix: status.code === 'Unhealthy' ? kind.fix(facts) : null,
        exemption: exemptionOf(exemptions, id, facts.id, now),
      }
    })
}

/** The table's rows that are about machines of this kind and system. */
export function kindsAbout({
  kind,
  os,
}: Pick<MachineFacts, 'kind' | 'os'>): [RecommendationId, RecommendationKind][] {
  const rows = Object.entries(RECOMMENDATIONS) as [RecommendationId, RecommendationKind][]
  return rows.filter(([, { about }]) => about.kinds.includes(kind) && about.systems.includes(os))
}
