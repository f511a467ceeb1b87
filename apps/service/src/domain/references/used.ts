import { createHash } from 'node:crypto'
import type { ReferencePlan } from '@trusted-launch/posture'
import type { Resource, Tables } from '../store.ts'
import { stateOf } from '../vm/vm.ts'
import { type Boots, bootsOf, foretoldNow } from './boots.ts'
import { referenceIn, referencesFor, valueOfReference } from './kept.ts'
import { rememberImages } from './known-images.ts'
import { isRetired } from './retired.ts'

/** What a VM is held against now. */
export interface Used {
  readonly files: readonly Uint8Array[]
  readonly boots: Boots
}

/** Everything that counts for a VM: what its host foretells, and what was approved; but for what is retired. */
export async function usedFor(
  tables: Tables,
  vm: Resource,
  foretold: Uint8Array | null,
  plan: ReferencePlan,
  now: number,
): Promise<Used> {
  const sha256 = foretold === null ? null : createHash('sha256').update(foretold).digest('hex')
  const before = await bootsOf(tables.values, stateOf(vm).vmId)
  const boots = foretoldNow(before, sha256, now)
  if (foretold !== null && boots.foretold !== before.foretold)
    await rememberImages(tables.values, vm, foretold)
  const { foretoldCounts, approved } = await countedFor(tables, vm, boots, plan, now)
  return { files: foretold !== null && foretoldCounts ? [foretold, ...approved] : approved, boots }
}

/** What counts under a plan. */
export interface Counted {
  /** Whether what the host foretells does. */
  readonly foretoldCounts: boolean
  /** The files of what was approved and does. */
  readonly approved: readonly Uint8Array[]
}

/** What counts for a VM under a plan, with the boots that there were. */
export async function countedFor(
  tables: Tables,
  vm: Resource,
  boots: Boots,
  plan: ReferencePlan,
  now: number,
): Promise<Counted> {
  const rows = await referencesFor(tables, vm)
  const { foretoldCounts, counting } = countingOf(rows, boots, plan, now)
  const files = await Promise.all(
    counting.map(({ name }) => tables.values.get(valueOfReference(name))),
  )
  return { foretoldCounts, approved: files.filter((file) => file !== null) }
}

/** Which of a VM's reference values count, and whether what is foretold does. */
export function countingOf(
  rows: readonly Resource[],
  boots: Boots,
  plan: ReferencePlan,
  now: number,
): { readonly foretoldCounts: boolean; readonly counting: readonly Resource[] } {
  const all = rows.map(referenceIn)
  const retirement = { boots: plan.retireAfterBoots ?? null, days: plan.retireAfterDays ?? null }
  const gone = (variant: string, at: number) =>
    isRetired({ variant, at }, all, boots, retirement, now)
  const names = new Set(all.map(({ variant }) => variant))
  // What nobody approved and something supersedes is what the host foretold.
  const roots = all.flatMap(({ supersedes }) =>
    supersedes === null || names.has(supersedes) ? [] : [supersedes],
  )
  const since = boots.foretold?.since ?? now
  return {
    foretoldCounts: !roots.some((variant) => gone(variant, since)),
    counting: rows.filter((row) => {
      const { variant, at } = referenceIn(row)
      return !gone(variant, at)
    }),
  }
}
