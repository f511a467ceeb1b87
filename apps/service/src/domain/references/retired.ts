import type { Boots } from './boots.ts'
import type { KeptReference } from './kept.ts'

/** When a variant that another one supersedes no longer counts. Null: never. */
export interface Retirement {
  /** After so many good boots of the newer one. */
  readonly boots: number | null
  /** So many days after the newer one was approved. */
  readonly days: number | null
}

const DAY_MS = 86_400_000

/**
 * Whether a variant of a VM is retired. Only a later one that was approved as a change of it retires it: so the
 * newest never is, and a VM without any stays without.
 */
export function isRetired(
  one: { readonly variant: string; readonly at: number },
  all: readonly KeptReference[],
  { good }: Boots,
  { boots, days }: Retirement,
  now: number,
): boolean {
  return all.some(({ supersedes, variant, at }) => {
    if (supersedes !== one.variant || at <= one.at) return false
    const isBooted = boots !== null && (good[variant]?.count ?? 0) >= boots
    return isBooted || (days !== null && now >= at + days * DAY_MS)
  })
}
