import { fromUtf8, toUtf8 } from '@trusted-launch/codec'
import type { Values } from '../store.ts'

/** What is remembered of how a VM booted, as far as its reference values are concerned. */
export interface Boots {
  /** What its host foretells now, and since when; null: nothing. */
  readonly foretold: Foretold | null
  /** When it first booted as it was to; null: it never did. */
  readonly affirmedAt: number | null
  /** Good boots by variant, each counted once. */
  readonly good: Readonly<Record<string, { readonly count: number; readonly last: number }>>
  /** How many of Microsoft's revocations its dbx lacked, as the last evidence shows; null or not there: not known. */
  readonly revocationsMissing?: number | null
}

export interface Foretold {
  readonly sha256: string
  /** 1, 2, 3 …: a change of shape or of Secure Boot makes a new one. */
  readonly version: number
  readonly since: number
}

const NONE: Boots = { foretold: null, affirmedAt: null, good: {} }
/** Variants that boots are counted of: those that were not booted for longest are forgotten. */
const COUNTED_MAX = 64

export function bootsName(vmId: string): string {
  return `boots/${vmId}`
}

export async function bootsOf(values: Values, vmId: string): Promise<Boots> {
  const kept = await values.get(bootsName(vmId))
  return kept === null ? NONE : (JSON.parse(fromUtf8(kept)) as Boots)
}

/** Written only where something changed. */
export async function keepBoots(
  values: Values,
  vmId: string,
  before: Boots,
  after: Boots,
): Promise<void> {
  const [old, now] = [before, after].map((one) => JSON.stringify(one))
  if (old !== now) await values.put(bootsName(vmId), toUtf8(now!))
}

/** What the host foretells now. */
export function foretoldNow(boots: Boots, sha256: string | null, time: number): Boots {
  if (sha256 === null) return boots.foretold === null ? boots : { ...boots, foretold: null }
  if (boots.foretold?.sha256 === sha256) return boots
  const version = (boots.foretold?.version ?? 0) + 1
  return { ...boots, foretold: { sha256, version, since: time } }
}

/** A boot that was affirmed; asked again within one boot it counts once. */
export function affirmed(
  boots: Boots,
  variant: string | null,
  boot: number | null,
  time: number,
): Boots {
  const affirmedAt = boots.affirmedAt ?? time
  if (variant === null || boot === null) return { ...boots, affirmedAt }
  const before = boots.good[variant]
  if (before?.last === boot) return { ...boots, affirmedAt }
  const { [variant]: _, ...others } = boots.good
  const kept = Object.entries(others).slice(-(COUNTED_MAX - 1))
  const counted = { count: (before?.count ?? 0) + 1, last: boot }
  return { ...boots, affirmedAt, good: { ...Object.fromEntries(kept), [variant]: counted } }
}
