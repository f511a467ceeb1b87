import {
  addScores,
  NO_SCORE,
  type RecommendationId,
  type Score,
  scoresByRecommendation,
} from '@trusted-launch/posture'
import { everyOf } from './every-of.ts'
import { exemptionsOf } from './exemptions.ts'
import { ASSESSED, recommendedOf } from './recommended.ts'
import type { Resource, Tables } from './store.ts'

/** How much of what is recommended of a subscription's VMs and scale sets is followed, as of a time. */
export interface ScoresAt {
  /** Milliseconds since 1970. */
  readonly time: number
  readonly score: Score
  readonly byRecommendation: ReadonlyMap<RecommendationId, Score>
}

interface Made {
  readonly scores: Promise<ScoresAt>
  /** Until when it is told again; null: it is still being made. */
  until: number | null
}

/** What took long to find out is told again for so many times as long as that took. */
const AGAIN = 10

/**
 * The scores of subscriptions. All VMs and instances are looked at, one after the other, once for all who ask meanwhile; of a few VMs
 * anew each time, of ten thousand as of a minute or two ago.
 */
export class SecureScores {
  readonly #tables: Tables
  readonly #now: () => number
  readonly #made = new Map<string, Made>()

  constructor(tables: Tables, now: () => number) {
    this.#tables = tables
    this.#now = now
  }

  of(subscriptionId: string): Promise<ScoresAt> {
    const known = this.#made.get(subscriptionId)
    const now = this.#now()
    if (known !== undefined && (known.until === null || now < known.until)) return known.scores
    const made: Made = { scores: this.#make(subscriptionId, now), until: null }
    this.#made.set(subscriptionId, made)
    made.scores.then(
      () => {
        made.until = this.#now() + AGAIN * (this.#now() - now)
      },
      () => this.#made.delete(subscriptionId),
    )
    return made.scores
  }

  async #make(subscriptionId: string, time: number): Promise<ScoresAt> {
    const exemptions = await exemptionsOf(this.#tables, subscriptionId)
    const byRecommendation = new Map<RecommendationId, Score>()
    for await (const row of this.#assessedOf(subscriptionId)) {
      const found = await recommendedOf(this.#tables, row, exemptions, time)
      for (const [id, score] of scoresByRecommendation(found))
        byRecommendation.set(id, addScores(byRecommendation.get(id) ?? NO_SCORE, score))
    }
    const score = [...byRecommendation.values()].reduce(addScores, NO_SCORE)
    return { time, score, byRecommendation }
  }

  async *#assessedOf(subscriptionId: string): AsyncGenerator<Resource> {
    for (const type of ASSESSED) yield* everyOf(this.#tables, { type, subscriptionId })
  }
}
