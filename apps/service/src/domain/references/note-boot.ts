import type { BootChange } from '@trusted-launch/attestation'
import type { Resource, Tables } from '../store.ts'
import { stateOf } from '../vm/vm.ts'
import { affirmed, type Boots, bootsOf, keepBoots } from './boots.ts'
import { noteDrift } from './drift.ts'

/** A verdict, as far as reference values go. */
export interface Booted {
  readonly attestation: string
  readonly time: number
  /** When the VM was asked. */
  readonly asked: number
  readonly tier: string
  /** The variant that it was held against. */
  readonly variant: string | null
  readonly change: BootChange | null
  /** Which boot it is of: the vTPM's resets; null: not shown. */
  readonly boot: number | null
  readonly revocationsMissing: number | null
}

/** Keeps what a verdict shows: a good boot, or drift. Part of the transaction that keeps the verdict. */
export async function noteBoot(
  tables: Tables,
  vm: Resource,
  known: Boots,
  { attestation, time, asked, tier, variant, change, boot, revocationsMissing }: Booted,
): Promise<void> {
  const { vmId } = stateOf(vm)
  const before = await bootsOf(tables.values, vmId)
  const now = { ...before, foretold: known.foretold, revocationsMissing }
  const isGood = tier === 'affirming'
  const after = isGood ? affirmed(now, variant, boot, time) : now
  await keepBoots(tables.values, vmId, before, after)
  const isFirstBoot = after.affirmedAt === null
  await noteDrift(tables, vm, change, { attestation, time, asked, isFirstBoot })
}
