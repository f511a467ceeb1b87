import { type BootChange, type Finding, moduleComponent } from '@trusted-launch/attestation'
import type { EffectivePlan } from '@trusted-launch/posture'
import { enqueueOwnOf } from '../own-operation.ts'
import { planOf } from '../plans.ts'
import type { Resource, Tables } from '../store.ts'
import { inputFor, stateOf } from '../vm/vm.ts'
import { announcedFor, announcementIn, covers } from './announced.ts'
import { type ApprovalScope, approveDrift, type Decided, hasRoom } from './approve.ts'
import { bootsOf } from './boots.ts'
import { driftIn, driftNamed, noteDrift, showDrift } from './drift.ts'
import { isGrownDisk } from './grown-disk.ts'
import { isDrift } from './is-drift.ts'
import { referenceIn, referencesFor } from './kept.ts'
import { knownImagesOf, platformImageOf } from './known-images.ts'
import { areSignedImages, compareVersions, isNotOlder } from './signed-images.ts'
import { usedFor } from './used.ts'

interface Seen {
  readonly attestation: string
  readonly time: number
  /** When the VM was asked. */
  readonly asked: number
  /** The appraisal record of what shows the change. */
  readonly record: Uint8Array
}

/**
 * Approves what a boot measured otherwise where it was said before that it may be: by an announcement of exactly that, by
 * the rule of grown disks, or by a monitoring plan. Never of a VM that did not boot as foretold yet, and never what a person rejected.
 * Where it showed before, and of other VMs, what follows an approval follows: alerts are resolved by who announced it.
 * Part of a transaction. @returns whether it is approved now.
 */
async function decideChange(
  tables: Tables,
  vm: Resource,
  change: BootChange,
  seen: Seen,
  { references }: Pick<EffectivePlan, 'references'>,
): Promise<boolean> {
  if ((await bootsOf(tables.values, stateOf(vm).vmId)).affirmedAt === null) return false
  const before = await driftNamed(tables, vm, change)
  if (before !== null && driftIn(before).status === 'rejected') return false
  const found =
    (await announced(tables, vm, change, seen)) ??
    (await byGrowth(tables, vm, change, seen)) ??
    (references.value.approve === 'signed-images'
      ? await bySignature(tables, vm, change, seen, String(references.from))
      : null)
  if (found === null || !(await hasRoom(tables, found.scope.id))) return false
  const { time, asked } = seen
  // The verdict that is made now will not show it.
  const attestation = before === null ? seen.attestation : driftIn(before).attestation
  await noteDrift(tables, vm, change, { attestation, time, asked, isFirstBoot: false })
  const row = await driftNamed(tables, vm, change)
  const shown = await showDrift(tables, row!, change, time)
  const { scope, decided } = found
  const approved = { ...(await approveDrift(tables, shown, scope, decided)), location: vm.location }
  if (before === null && scope.vmId !== null) return true
  const deed = { kind: 'drift.approved', action: 'approve/action', caller: decided.by, host: null }
  await enqueueOwnOf(tables, approved, { ...deed, input: inputFor(vm) }, time)
  return true
}

/**
 * What a verdict is to be made with again, since what the boot measured otherwise is approved by an announcement or a
 * plan. Null: it stays as it is. Part of a transaction.
 */
export async function referencesAfter(
  tables: Tables,
  vm: Resource,
  { change, record }: { readonly change: BootChange | null; readonly record: Uint8Array },
  at: Omit<Seen, 'record'>,
  foretold: Uint8Array | null,
): Promise<readonly Uint8Array[] | null> {
  if (change === null) return null
  const plan = await planOf(tables, vm)
  if (!(await decideChange(tables, vm, change, { ...at, record }, plan))) return null
  return (await usedFor(tables, vm, foretold, plan.references.value, at.time)).files
}

interface Found {
  readonly scope: ApprovalScope
  readonly decided: Decided
}

async function announced(
  tables: Tables,
  vm: Resource,
  change: BootChange,
  { time }: Seen,
): Promise<Found | null> {
  for (const { row, digests } of await announcedFor(tables, vm, time)) {
    if (digests === null || !covers(digests, change)) continue
    const { by, reason, request, image, vmId } = announcementIn(row)
    const scope = { id: row.parentId!, image, vmId }
    const { modules } = digests
    return { scope, decided: { how: 'announcement', by, reason, request, time, modules } }
  }
  return null
}

async function byGrowth(
  tables: Tables,
  vm: Resource,
  change: BootChange,
  { attestation, time, record }: Seen,
): Promise<Found | null> {
  if (!(await isGrownDisk(tables, vm, change, record))) return null
  const reason = 'The partition table grew with the disk, and nothing else of it is otherwise.'
  const scope = { id: vm.id, image: null, vmId: stateOf(vm).vmId }
  const by = 'the service'
  return { scope, decided: { how: 'grown-disk', by, reason, request: attestation, time } }
}

async function bySignature(
  tables: Tables,
  vm: Resource,
  change: BootChange,
  { attestation, time }: Seen,
  plan: string,
): Promise<Found | null> {
  if (!areSignedImages(change)) return null
  const image = platformImageOf(vm)
  if (image === null) return null
  const known = await knownImagesOf(tables.values, change, image)
  const versions = (await referencesFor(tables, vm)).flatMap((row) => {
    const { imageVersion, imageName = image } = referenceIn(row)
    return imageVersion === null || imageName !== image ? [] : [imageVersion]
  })
  const { imageVersion: own } = stateOf(vm)
  const all = [...versions, ...(own === undefined ? [] : [own])]
  const [newest = null] = all.sort((a, b) => compareVersions(b, a))
  if (!isNotOlder(change, known, newest)) return null
  const names = change.differences.flatMap(({ after }) => {
    const one = known.get(after ?? '')
    return one === undefined ? [] : [`${one.component} of ${one.image} ${one.version}`]
  })
  const reason = `Signed, and no older than what is approved: ${[...new Set(names)].join(', ')}.`
  const { vmId } = stateOf(vm)
  const by = `monitoring plan ${plan}`
  const decided = { how: 'plan', by, reason, request: attestation, time } as const
  return { scope: { id: vm.id, image: null, vmId }, decided }
}

/**
 * The alerts (`TYPE/CAUSE`) that are not raised of a verdict which is nothing but drift of a VM for which an update was
 * announced without its digests: that of the drift, and of modules that are new with it, wait until the announcement
 * ends. The verdict is what it is, and whatever else it shows is told.
 */
export async function awaitedAlerts(
  tables: Tables,
  vm: Resource,
  { change, findings }: { change: BootChange | null; findings: readonly Finding[] },
  now: number,
): Promise<ReadonlySet<string>> {
  if (change === null) return NONE
  const grave = findings.filter(({ severity }) => severity === 'medium' || severity === 'high')
  if (!grave.every(isDrift)) return NONE
  const all = await announcedFor(tables, vm, now)
  if (!all.some(({ row }) => !announcementIn(row).hasDigests)) return NONE
  const modules = new Set(change.modules.map(moduleComponent))
  const isNew = ({ id, component }: Finding) => id !== 'module.untrusted' || modules.has(component)
  const named = [...modules, ...(findings.every(isNew) ? ['more'] : [])]
  return new Set([
    'VM_GuestAttestationFailure/drift',
    ...named.map((cause) => `VM_UntrustedKernelModule/${cause}`),
  ])
}

const NONE: ReadonlySet<string> = new Set()
