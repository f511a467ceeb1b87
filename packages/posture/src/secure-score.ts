import type { Recommendation } from './assess.ts'
import type { RecommendationId } from './recommendations.ts'

/** How much one answer weighs. */
const weights = { low: 1, medium: 3, high: 10 } as const

/** How much of what is recommended is followed. */
export interface Score {
  readonly current: number
  readonly max: number
  /** From 0 to 1; null: nothing counts. */
  readonly part: number | null
  readonly healthy: number
  readonly unhealthy: number
  readonly notApplicable: number
  readonly exempt: number
}

/**
 * The score over what is known of a subscription's machines: each answer weighs 1, 3 or 10 by its severity, and
 * counts when it is healthy. What is not applicable, or exempt and unhealthy, counts for neither side: an exemption
 * never raises a score above what the rest gives.
 */
export function secureScoreOf(recommendations: readonly Recommendation[]): Score {
  const of = (fits: (one: Recommendation) => boolean) => recommendations.filter(fits)
  const healthy = of(({ status }) => status.code === 'Healthy')
  const failing = of(({ status }) => status.code === 'Unhealthy')
  const unhealthy = failing.filter(({ exemption }) => exemption === null)
  const current = weightOf(healthy)
  const max = current + weightOf(unhealthy)
  return {
    current,
    max,
    part: max === 0 ? null : current / max,
    healthy: healthy.length,
    unhealthy: unhealthy.length,
    notApplicable: of(({ status }) => status.code === 'NotApplicable').length,
    exempt: failing.length - unhealthy.length,
  }
}

/** The same by recommendation: what following it everywhere would bring. */
export function scoresByRecommendation(
  recommendations: readonly Recommendation[],
): ReadonlyMap<RecommendationId, Score> {
  const grouped = Map.groupBy(recommendations, ({ id }) => id)
  return new Map([...grouped].map(([id, all]) => [id, secureScoreOf(all)]))
}

function weightOf(recommendations: readonly Recommendation[]): number {
  return recommendations.reduce((sum, { severity }) => sum + weights[severity], 0)
}

/** No recommendation at all. */
export const NO_SCORE: Score = secureScoreOf([])

/** The score over the machines of both. */
export function addScores(one: Score, other: Score): Score {
  const sum = (name: Exclude<keyof Score, 'part'>) => one[name] + other[name]
  const [current, max] = [sum('current'), sum('max')]
  return {
    ...{ current, max, part: max === 0 ? null : current / max },
    ...{ healthy: sum('healthy'), unhealthy: sum('unhealthy') },
    ...{ notApplicable: sum('notApplicable'), exempt: sum('exempt') },
  }
}

/** How much following a recommendation of this severity weighs on one machine. */
export function weightOfSeverity(severity: Recommendation['severity']): number {
  return weights[severity]
}
