import { ArmError, type Fault } from '@trusted-launch/api'
import type { Plan, PlannedResource } from '@trusted-launch/template'
import { everyBelow } from '../every-of.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import type { Asked, Inside } from './inside.ts'
import { foretoldIds, toldIds } from './nested.ts'
import type { DeploymentRecord } from './record.ts'

const DELETE_VERSION = '2026-04-01'

export const putOf = (
  { id, apiVersion }: Pick<PlannedResource, 'id' | 'apiVersion'>,
  body: JsonObject | null,
): Asked => ({ method: 'PUT', path: id, apiVersion, body })

export const deleteOf = (id: string): Asked => ({
  ...{ method: 'DELETE', path: id, apiVersion: DELETE_VERSION, body: null },
})

/**
 * Looks at every part before any of it is done: whether there is such a type, whether who deploys may make or
 * delete it, and, where all of it is known, its form. What its rules say is found out when it is done.
 * @throws {ArmError} `InvalidTemplateDeployment`, with a detail for each that is refused.
 */
export async function preflight(
  inside: Inside,
  plan: Plan,
  record: DeploymentRecord,
  deletes: readonly string[],
): Promise<void> {
  const asked = plan.resources.map((one) =>
    putOf(one, one.isKnown ? (one.shown as JsonObject) : null),
  )
  const faults: Fault[] = []
  for (const one of [...asked, ...deletes.map(deleteOf)]) {
    const fault = await refusalOf(() => inside.require(one, record))
    if (fault !== null) faults.push({ ...fault, target: one.path })
  }
  if (faults.length === 0) return
  const [{ status, message }] = faults as [Fault]
  throw new ArmError({
    status: faults.every((one) => one.status === 403) ? 403 : status === 404 ? 400 : status,
    code: 'InvalidTemplateDeployment',
    message: `The template deployment failed with ${faults.length === 1 ? 'error' : 'multiple errors'}: '${message}'`,
    details: faults,
  })
}

async function refusalOf(work: () => Promise<void>): Promise<Fault | null> {
  try {
    await work()
    return null
  } catch (error) {
    if (error instanceof ArmError) return error.fault
    throw error
  }
}

/**
 * What a complete deployment deletes: all that lies in the group and is neither in the template nor in one that it
 * deploys. What a resource of it made for itself, as a VM its disk, goes and stays with that one.
 *
 * @param isMade all of its parts are over: what the deployments in it made is known by what they tell.
 */
export async function deletesOf(
  tables: Pick<Tables, 'resources'>,
  plan: Plan,
  record: DeploymentRecord,
  types: readonly string[],
  isMade = false,
): Promise<readonly string[]> {
  const { id, mode } = record
  if (mode === 'Incremental') return []
  const kept = new Set([...plan.resources.map((one) => one.id), ...plan.existing].map(lower))
  for (const one of await foretoldIds(tables, plan, record, types)) kept.add(lower(one))
  for (const one of isMade ? await toldIds(tables, plan) : []) kept.add(lower(one))
  const group = id.slice(0, id.toLowerCase().indexOf('/providers/'))
  const own: string[] = []
  const owners = new Map<string, string>()
  for await (const one of everyBelow(tables, group)) {
    const owner = ownerOf(one)
    if (owner !== null) owners.set(lower(one.id), lower(owner))
    if (isOwn(one)) own.push(one.id)
  }
  return own.filter((one) => !isKept(lower(one), kept, owners))
}

const lower = (text: string) => text.toLowerCase()

/** Neither a part of another, nor what extends one, nor a deployment. */
function isOwn({ parentId, type }: Resource): boolean {
  return parentId === null && !type.startsWith('Microsoft.Resources/')
}

/** What has it or what it was made for: the VM of a disk, the instance of an interface, the scale set of an instance. */
function ownerOf({ parentId, state, envelope }: Resource): string | null {
  const owner = state.managedBy ?? envelope.managedBy ?? state.madeFor ?? parentId
  return typeof owner === 'string' ? owner : null
}

function isKept(
  id: string,
  kept: ReadonlySet<string>,
  owners: ReadonlyMap<string, string>,
): boolean {
  const seen = new Set<string>()
  for (let at: string | undefined = id; at !== undefined && !seen.has(at); at = owners.get(at)) {
    if (kept.has(at)) return true
    seen.add(at)
  }
  return false
}
