import type { Severity } from '@trusted-launch/attestation'
import type { Fix } from './fix.ts'
import type { MachineFacts } from './machine.ts'
import type { Status } from './status.ts'

/** A recommendation as it is in general: its rule, its words and what mends it. */
export interface RecommendationKind {
  /** A sentence that is true when it is followed. */
  readonly title: string
  readonly severity: Exclude<Severity, 'info'>
  readonly about: {
    readonly kinds: readonly MachineFacts['kind'][]
    readonly systems: readonly MachineFacts['os'][]
    /** Of a scale set: what its instances' boots show, summed; else it is judged by its model. */
    readonly isSummed?: true
  }
  readonly description: string
  /** What a person does, in order. */
  readonly remediation: readonly string[]
  /** In words, what `assess` calls unhealthy. */
  readonly condition: string
  /** The rule: of a machine that it is about. `now`: milliseconds since 1970. */
  readonly assess: (facts: MachineFacts, now: number) => Status
  /** Of a machine that `assess` calls unhealthy. */
  readonly fix: (facts: MachineFacts) => Fix
}

export const VMS = ['vm'] as const
export const SETS = ['scale-set'] as const
export const ANY_SYSTEM = ['Linux', 'Windows'] as const
export const LINUX = ['Linux'] as const
export const WINDOWS = ['Windows'] as const

/** What boots show: of a VM its own, of a scale set those of its instances. */
export function ofBoots(systems: readonly MachineFacts['os'][]): RecommendationKind['about'] {
  return { kinds: ['vm', 'scale-set'], systems, isSummed: true }
}
