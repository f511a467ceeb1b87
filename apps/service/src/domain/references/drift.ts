import type { BootChange } from '@trusted-launch/attestation'
import { encodeReferenceValues } from '@trusted-launch/attestation'
import { everyOf } from '../every-of.ts'
import { guidOf } from '../guid-of.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { at, stateOf } from '../vm/vm.ts'
import { knownImagesOf } from './known-images.ts'

/** What a VM measured otherwise than it was to, until somebody approves or rejects it: it extends the VM. */
export const DRIFT = 'TrustedLaunch/drift'

export interface Drift {
  readonly vmId: string
  readonly status: 'pending' | 'approved' | 'rejected'
  /** Whether the last verdict shows it. */
  readonly isPresent: boolean
  readonly firstSeen: number
  readonly lastSeen: number
  /** How many verdicts showed it. */
  readonly count: number
  /** The last attestation that shows it. */
  readonly attestation: string
  /** The VM never booted as it was to: this is what its first boot showed. */
  readonly isFirstBoot: boolean
  /** Of its registers: another VM that measured the same has the same. */
  readonly sha256: string
  readonly nearest: string | null
  /** So many of each, at most, and how many of both are left out. */
  readonly differences: readonly KnownDifference[]
  readonly modules: readonly string[]
  readonly leftOut: number
  /** Its modules are another kernel's, whatever is left out. Not there: of an older program, its differences say it. */
  readonly isOtherKernel?: boolean
  readonly decision: Decision | null
}

/** A difference, and which pristine image of this service has what is there now: `GRUB of small 2026.11.28`; null: none. */
export type KnownDifference = BootChange['differences'][number] & { readonly known: string | null }

/** Who approved or rejected it. */
export interface Decision {
  readonly by: string
  readonly at: number
  readonly reason: string
  readonly request: string
  /** The id of the reference values that an approval made; null: it was rejected. */
  readonly references: string | null
}

const TOLD_MAX = 100
/** The modules of another kernel have a row of their own. */
const IMA_PCR = 10
const areOfOtherKernel = (differences: BootChange['differences']) =>
  differences.some(({ pcr }) => pcr === IMA_PCR)

/** Of one VM: a guest that boots otherwise each time fills no disk. */
export const DRIFTS_MAX = 16

export function isOfOtherKernel({ isOtherKernel, differences }: Drift): boolean {
  return isOtherKernel ?? areOfOtherKernel(differences)
}

export function driftIn({ state }: Resource): Drift {
  return at(state, 'drift') as unknown as Drift
}

/** Where the variant of one is, by its name: a file of reference values that nobody approved. */
export function valueOfDrift(name: string): string {
  return `drift/${name}`
}

/** All of a VM; one of the same name that was before it has none. */
export async function driftsOf(tables: Tables, vm: Resource): Promise<Resource[]> {
  const { vmId } = stateOf(vm)
  const rows: Resource[] = []
  for await (const row of everyOf(tables, { type: DRIFT, parentId: vm.id }))
    if (driftIn(row).vmId === vmId) rows.push(row)
  return rows
}

/** The drift of a VM that a change is; null: it was not seen before. */
export async function driftNamed(
  { resources }: Tables,
  vm: Resource,
  change: BootChange,
): Promise<Resource | null> {
  return resources.get(`${vm.id}/providers/${DRIFT}/${nameOf(vm, change)}`)
}

const nameOf = (vm: Resource, { sha256 }: BootChange) => guidOf(`${stateOf(vm).vmId}/${sha256}`)

/** How many wait for somebody: those that went by themselves do not. */
export async function waitingOf(tables: Tables, vm: Resource): Promise<number> {
  const drifts = (await driftsOf(tables, vm)).map(driftIn)
  return drifts.filter(({ status, isPresent }) => status === 'pending' && isPresent).length
}

/** The verdict that shows it, and when its VM was asked: with what was approved until then. */
interface Shown {
  readonly attestation: string
  readonly time: number
  readonly asked: number
}

/** What a verdict shows of drift; part of the transaction that keeps it. */
export async function noteDrift(
  tables: Tables,
  vm: Resource,
  change: BootChange | null,
  seen: Shown & { readonly isFirstBoot: boolean },
): Promise<void> {
  const name = change === null ? null : nameOf(vm, change)
  const rows = await driftsOf(tables, vm)
  for (const row of rows) {
    const drift = driftIn(row)
    if (row.name === name) await writeDrift(tables, row, again(drift, seen), seen.time)
    else if (drift.isPresent)
      await writeDrift(tables, row, { ...drift, isPresent: false }, seen.time)
  }
  if (change === null || rows.some((row) => row.name === name)) return
  await makeRoom(tables, rows)
  await insert(tables, vm, name!, change, seen)
}

/**
 * The drift as this boot shows it: two boots with the same registers may have read other modules. Before it is approved
 * without a person, so that what is approved is what was looked at. Part of a transaction.
 */
export async function showDrift(
  tables: Tables,
  row: Resource,
  { variant, modules, differences }: BootChange,
  time: number,
): Promise<Resource> {
  const file = encodeReferenceValues({ version: 2, variants: [variant] })
  await tables.values.put(valueOfDrift(row.name), file)
  const isOtherKernel = areOfOtherKernel(differences)
  const shown = { ...driftIn(row), modules: modules.slice(0, TOLD_MAX), isOtherKernel }
  return writeDrift(tables, row, shown, time)
}

/**
 * One that was approved and shows again does so because its reference values are gone: it waits anew. Not where the VM
 * was asked before they were made: its next answer is held against them.
 */
function again(drift: Drift, { attestation, time, asked }: Shown): Drift {
  const isOpen = drift.status === 'approved' && asked > (drift.decision?.at ?? 0)
  const seen = { isPresent: true, lastSeen: time, count: drift.count + 1, attestation }
  return { ...drift, ...seen, ...(isOpen && { status: 'pending' as const, decision: null }) }
}

async function insert(
  { resources, values }: Tables,
  vm: Resource,
  name: string,
  change: BootChange,
  { attestation, time, isFirstBoot }: Parameters<typeof noteDrift>[3],
): Promise<void> {
  const { variant, sha256, nearest, differences, modules } = change
  const { id: parentId, subscriptionId, resourceGroup } = vm
  const images = await knownImagesOf(values, change, null)
  const knownAs = (digest: string | null) => {
    const one = images.get(digest ?? '')
    return one === undefined ? null : `${one.component} of ${one.image} ${one.version}`
  }
  const drift: Drift = {
    ...{ vmId: stateOf(vm).vmId, status: 'pending', isPresent: true },
    ...{ firstSeen: time, lastSeen: time, count: 1, attestation, isFirstBoot },
    ...{ sha256, nearest, decision: null, isOtherKernel: areOfOtherKernel(differences) },
    differences: differences
      .slice(0, TOLD_MAX)
      .map((one) => ({ ...one, known: knownAs(one.after) })),
    modules: modules.slice(0, TOLD_MAX),
    leftOut: Math.max(0, differences.length - TOLD_MAX) + Math.max(0, modules.length - TOLD_MAX),
  }
  await values.put(valueOfDrift(name), encodeReferenceValues({ version: 2, variants: [variant] }))
  await resources.insert(
    {
      ...{ id: `${parentId}/providers/${DRIFT}/${name}`, type: DRIFT, name, parentId },
      ...{ subscriptionId, resourceGroup, location: null, tags: {}, envelope: {}, properties: {} },
      ...{ state: { drift: drift as unknown as JsonObject }, createdAt: time },
      provisioningState: 'Succeeded',
    },
    time,
  )
}

/** Those that went by themselves and nobody decided go first, then the oldest. */
async function makeRoom(tables: Tables, rows: readonly Resource[]): Promise<void> {
  const weight = (row: Resource) => (driftIn(row).status === 'pending' ? 0 : 1)
  const order = [...rows].sort(
    (a, b) => weight(a) - weight(b) || driftIn(a).lastSeen - driftIn(b).lastSeen,
  )
  for (const row of order.slice(0, Math.max(0, rows.length - DRIFTS_MAX + 1)))
    await removeDrift(tables, row)
}

export async function writeDrift(
  { resources }: Tables,
  row: Resource,
  drift: Drift,
  time: number,
): Promise<Resource> {
  return resources.update(row.id, { state: { drift: drift as unknown as JsonObject } }, time)
}

export async function removeDrift({ resources, values }: Tables, row: Resource): Promise<void> {
  await values.delete(valueOfDrift(row.name))
  await resources.delete(row.id)
}
