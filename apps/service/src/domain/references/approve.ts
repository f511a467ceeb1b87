import { createHash } from 'node:crypto'
import { ArmError, faults } from '@trusted-launch/api'
import { moduleComponent, type ReferenceModule } from '@trusted-launch/attestation'
import { alertOf, alertRowsOf } from '../alerts.ts'
import { guidOf } from '../guid-of.ts'
import type { Resource, Tables } from '../store.ts'
import { approvedFile } from './approved-file.ts'
import { driftIn, isOfOtherKernel, valueOfDrift, writeDrift } from './drift.ts'
import {
  insertReference,
  type KeptReference,
  REFERENCE_VALUES,
  REFERENCES_MAX,
  removeReference,
} from './kept.ts'
import { versionAfter } from './known-images.ts'

/** For which VMs an approval holds. */
export interface ApprovalScope {
  /** The id that it extends. */
  readonly id: string
  readonly image: string | null
  readonly vmId: string | null
}

/** Who decides about a drift, and why. */
export interface Decided {
  readonly how: KeptReference['how']
  readonly by: string
  readonly reason: string
  readonly request: string
  /** Milliseconds since 1970. */
  readonly time: number
  /** SHA-256 of modules that are the new kernel's own, besides those that it read. */
  readonly modules?: readonly string[]
}

/**
 * Makes reference values of a drift, beside those that there are. Part of a transaction.
 * @throws {ArmError} 409: too many at that scope; 404: its variant is gone.
 */
export async function approveDrift(
  tables: Tables,
  row: Resource,
  scope: ApprovalScope,
  { how, by, reason, request, time, modules = [] }: Decided,
): Promise<Resource> {
  const drift = driftIn(row)
  const file = await tables.values.get(valueOfDrift(row.name))
  if (file === null) throw new ArmError(faults.resourceNotFound(row.id))
  const approval = { by, at: new Date(time).toISOString(), why: reason }
  const name = guidOf(`${scope.id}/${scope.image}/${scope.vmId}/${drift.sha256}`)
  const variant = nameOf(drift.nearest, drift.differences, time)
  const isOtherKernel = isOfOtherKernel(drift)
  const suspects = isOtherKernel ? await suspectsBefore(tables, row, drift.firstSeen) : new Set()
  const isOwn = ({ path }: ReferenceModule) => !suspects.has(moduleComponent(path))
  const own = { announced: isOtherKernel ? modules : [], isOwn }
  const approved = approvedFile(file, variant, approval, own)
  const former = await tables.resources.get(`${scope.id}/providers/${REFERENCE_VALUES}/${name}`)
  if (former !== null) await removeReference(tables, former)
  if (!(await hasRoom(tables, scope.id))) throw new ArmError(full(scope.id))
  const reference = await insertReference(
    tables,
    scope.id,
    name,
    {
      ...{ how, variant, by, at: time, why: reason, request, drift: row.id },
      ...{ image: scope.image, vmId: scope.vmId, supersedes: drift.nearest },
      ...(await versionOf(tables, row)),
      sha256: createHash('sha256').update(approved).digest('hex'),
    },
    approved,
  )
  const decision = { by, at: time, reason, request, references: reference.id }
  return writeDrift(tables, row, { ...drift, status: 'approved', decision }, time)
}

/** Which version of its VM's image what is approved is of, whoever approves it. */
async function versionOf(tables: Tables, drift: Resource) {
  const vm = await tables.resources.get(drift.parentId!)
  const found = vm === null ? null : await versionAfter(tables.values, vm, driftIn(drift))
  return found ?? { imageVersion: null }
}

/** A module that was untrusted before the kernel became another one is not approved along with that. */
async function suspectsBefore(
  tables: Tables,
  drift: Resource,
  firstSeen: number,
): Promise<ReadonlySet<unknown>> {
  const vm = await tables.resources.get(drift.parentId!)
  const alerts = vm === null ? [] : (await alertRowsOf(tables, vm)).map(alertOf)
  const earlier = alerts.filter(
    (alert) => alert.type === 'VM_UntrustedKernelModule' && alert.firstSeen < firstSeen,
  )
  return new Set(earlier.map(({ cause }) => cause))
}

const COMPONENTS_MAX = 4

/** `small, kernel and initrd of 2026-11-28T06:00:00.000Z`: no two approvals have the same. */
function nameOf(
  nearest: string | null,
  differences: readonly { readonly component: string }[],
  time: number,
): string {
  const [first = 'first boot'] = (nearest ?? '').split(', ')
  const components = [...new Set(differences.map(({ component }) => component))]
  const told = components.slice(0, COMPONENTS_MAX).join(' and ')
  return `${(first || 'first boot').slice(0, 100)}, ${told} of ${new Date(time).toISOString()}`
}

/** Whether another one may stand at a scope. */
export async function hasRoom({ resources }: Tables, parentId: string): Promise<boolean> {
  return (await resources.count({ type: REFERENCE_VALUES, parentId })) < REFERENCES_MAX
}

const full = (scope: string) =>
  faults.operationNotAllowed(
    `There are ${REFERENCES_MAX} reference values at '${scope}', as many as there may be. Revoke those that no VM boots any more (tl reference-values list, revoke).`,
  )
