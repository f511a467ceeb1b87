import { ArmError, faults } from '@trusted-launch/api'
import { GROUP, SUBSCRIPTION } from '../../domain/groups.ts'
import { requireUnlocked } from '../../domain/locks.ts'
import { isMachine } from '../../domain/machines.ts'
import { planOf } from '../../domain/plans.ts'
import { type Boots, bootsOf } from '../../domain/references/boots.ts'
import {
  REFERENCE_VALUES,
  referenceIn,
  referencesFor,
  removeReference,
  valueOfReference,
} from '../../domain/references/kept.ts'
import { countingOf } from '../../domain/references/used.ts'
import { SCALE_SET } from '../../domain/scale-set/scale-set.ts'
import type { JsonObject, Resource, Tables } from '../../domain/store.ts'
import { hastenBelow } from '../../domain/vm/hasten.ts'
import { stateOf } from '../../domain/vm/vm.ts'
import { change } from '../change.ts'
import type { Ground } from '../ground.ts'
import { listOfAll, pageOf } from '../page.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'
import { madeAt } from './extending.ts'

/** What VMs are held against: of a VM all that counts for it, with what its host foretells; above, what was approved there. */
export function referenceValuesRoutes(ground: Ground): Route[] {
  const route = routesOf(REFERENCE_VALUES)
  const path = `/:scope/providers/${REFERENCE_VALUES}`
  return [
    route('GET', path, 'read', (request) => list(ground, request)),
    route('GET', `${path}/:name`, 'read', (request) => get(ground, request)),
    route('DELETE', `${path}/:name`, 'delete', (request) => remove(ground, request)),
  ]
}

async function list(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { store } = ground
  const scope = await requireScopeOf(store, request)
  if (!isMachine(scope)) return pageOf(request, madeAt(ground, REFERENCE_VALUES, scope.id), view)
  return pageOf(request, listOfAll(await ofVm(ground, scope)), ({ body }) => body)
}

/** What is foretold of a VM has no row: it stands with its host. */
async function ofVm(
  { store, now }: Ground,
  vm: Resource,
): Promise<{ id: string; body: JsonObject }[]> {
  const rows = await referencesFor(store, vm)
  const boots = await bootsOf(store.values, stateOf(vm).vmId)
  const plan = (await planOf(store, vm)).references.value
  const { foretoldCounts, counting } = countingOf(rows, boots, plan, now())
  const told = rows.map((row) => ({
    id: row.id,
    body: viewFor(row, boots, counting.includes(row)),
  }))
  const { foretold } = boots
  if (foretold === null) return told
  const name = 'foretold'
  const id = `${vm.id}/providers/${REFERENCE_VALUES}/${name}`
  const { sha256, version, since } = foretold
  const properties = {
    ...{ origin: 'foretold', version, sha256, isRetired: !foretoldCounts },
    since: new Date(since).toISOString(),
  }
  return [{ id, body: { id, name, type: REFERENCE_VALUES, properties } }, ...told]
}

function viewFor(row: Resource, { good }: Boots, counts: boolean): JsonObject {
  const { properties, ...rest } = view(row)
  const goodBoots = good[referenceIn(row).variant]?.count ?? 0
  return { ...rest, properties: { ...(properties as JsonObject), goodBoots, isRetired: !counts } }
}

/** `?format=file` gives it as a file of reference values. */
async function get(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { store } = ground
  const scope = await requireScopeOf(store, request)
  const row = await store.resources.get(request.id)
  if (row === null) {
    const all = isMachine(scope) ? await ofVm(ground, scope) : []
    const found = all.find(({ id }) => id.toLowerCase() === request.id.toLowerCase())
    if (found === undefined) throw new ArmError(faults.resourceNotFound(request.id))
    return { status: 200, body: found.body }
  }
  if (request.query.format !== 'file') return { status: 200, body: view(row) }
  const file = await store.values.get(valueOfReference(row.name))
  if (file === null) throw new ArmError(faults.resourceNotFound(request.id))
  const headers = { 'content-type': 'application/json' }
  return { status: 200, body: Buffer.from(file), headers }
}

/** What was approved counts no more; boots of it are drift again, which those that it was for are asked for at once. */
async function remove(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  return change(ground, request, async (tables) => {
    const scope = await requireScopeOf(tables, request)
    await requireUnlocked(tables, scope.id, 'delete')
    const row = await tables.resources.get(request.id)
    const isGone = row !== null && (await removeReference(tables, row))
    if (isGone) await hastenBelow(tables, scope, ground.now())
    return { status: isGone ? 200 : 204 }
  })
}

const ABOVE: readonly string[] = [SCALE_SET, GROUP, SUBSCRIPTION]

/** A VM, scale set, group or subscription. @throws {ArmError} 404 */
export async function requireScopeOf(
  { resources }: Pick<Tables, 'resources'>,
  request: ArmRequest,
) {
  const found = await resources.get(request.params.scope!)
  const isScope = found !== null && (isMachine(found) || ABOVE.includes(found.type))
  if (!isScope) throw new ArmError(faults.resourceNotFound(request.id))
  return found
}

function view(row: Resource): JsonObject {
  const { how, variant, sha256, image, by, at, why, request, supersedes, drift } = referenceIn(row)
  return {
    ...{ id: row.id, name: row.name, type: REFERENCE_VALUES },
    properties: {
      ...{ origin: how, variant, sha256, image, approvedBy: by, reason: why, request },
      ...{ supersedes, drift, approvedOn: new Date(at).toISOString() },
    },
  }
}
