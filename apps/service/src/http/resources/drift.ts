import { ArmError, DRIFT_REASON_MAX, faults } from '@trusted-launch/api'
import { GROUP } from '../../domain/groups.ts'
import { requireUnlocked } from '../../domain/locks.ts'
import { planOf } from '../../domain/plans.ts'
import { type ApprovalScope, approveDrift } from '../../domain/references/approve.ts'
import { DRIFT, driftIn, writeDrift } from '../../domain/references/drift.ts'
import { imageOf, scopesOf } from '../../domain/references/kept.ts'
import type { JsonObject, Resource, Tables } from '../../domain/store.ts'
import { inputFor, stateOf, VM } from '../../domain/vm/vm.ts'
import { begin } from '../begin.ts'
import { change } from '../change.ts'
import type { Ground } from '../ground.ts'
import { operationHeaders } from '../operation-view.ts'
import { pageOf } from '../page.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'
import { driftView } from './drift-view.ts'
import { requireVmAt } from './health.ts'
import { requireScopeOf } from './reference-values.ts'

const PATH = `/:scope/providers/${DRIFT}`

/** What a VM measured otherwise than it was to, and somebody's answer to it. */
export function driftRoutes(ground: Ground): Route[] {
  const route = routesOf(DRIFT)
  return [
    route('GET', PATH, 'read', (request) => list(ground, request)),
    route('GET', `${PATH}/:name`, 'read', (request) => get(ground, request)),
    route('POST', `${PATH}/:name/approve`, 'approve/action', (request) => approve(ground, request)),
    route('POST', `${PATH}/:name/reject`, 'reject/action', (request) => reject(ground, request)),
  ]
}

/** Of a VM, or of all in a group or subscription. */
async function list(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { resources } = ground.store
  const scope = await requireScopeOf(ground.store, request)
  const { id, type, subscriptionId, resourceGroup } = scope
  const within =
    type === VM
      ? { parentId: id }
      : { subscriptionId, ...(type === GROUP && { resourceGroup: resourceGroup! }) }
  return pageOf(
    request,
    (after, limit) =>
      resources.list({ type: DRIFT, ...within, limit, ...(after !== null && { after }) }),
    driftView,
    (row) => type !== VM || driftIn(row).vmId === stateOf(scope).vmId,
  )
}

async function get(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { row } = await requireDrift(ground, ground.store, request)
  return { status: 200, body: driftView(row) }
}

/** As a long action: alerts of it are resolved, and the VMs asked anew, once the reference values are there. */
async function approve(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { reason, scope, trustOnFirstUse } = approvalOf(request)
  const time = ground.now()
  const { operation, body } = await change(ground, request, async (tables) => {
    const { vm, row } = await requireDrift(ground, tables, request)
    const at = scopeFor(vm, scope)
    await requireRight(ground, request, at.id)
    await requireUnlocked(tables, at.id, 'write')
    await requireTrust(tables, vm, row, trustOnFirstUse)
    const { name: by } = request.caller
    const decided = { how: 'person', by, reason, request: request.correlationId, time } as const
    const approved = await approveDrift(tables, row, at, decided)
    const work = { kind: 'drift.approved', input: inputFor(vm), host: null }
    const operation = (await begin(ground, tables, request, row, work))!
    return { status: 202, operation, body: driftView(approved) }
  })
  ground.wake()
  const { base, apiVersion } = request
  return { status: 202, body, headers: operationHeaders(base, operation, apiVersion) }
}

async function reject(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { reason } = reasonOf(request)
  return change(ground, request, async (tables) => {
    const { vm, row } = await requireDrift(ground, tables, request)
    await requireUnlocked(tables, vm.id, 'write')
    const drift = driftIn(row)
    if (drift.status === 'approved')
      throw new ArmError(
        faults.operationNotAllowed(
          `It was approved. Delete the reference values ${drift.decision!.references} to take that back.`,
        ),
      )
    const { caller, correlationId } = request
    const at = ground.now()
    const decision = { by: caller.name, at, reason, request: correlationId, references: null }
    const rejected = { ...drift, status: 'rejected', decision } as const
    return { status: 200, body: driftView(await writeDrift(tables, row, rejected, at)) }
  })
}

/** @throws {ArmError} 400 */
function reasonOf({ body }: ArmRequest): { reason: string; rest: JsonObject } {
  const { reason, ...rest } = body ?? {}
  if (reason === undefined) throw new ArmError(faults.missingParameter('reason'))
  if (typeof reason !== 'string' || reason.trim() === '' || reason.length > DRIFT_REASON_MAX)
    throw new ArmError(faults.invalidParameter('reason'))
  return { reason, rest }
}

/** @throws {ArmError} 400 */
function approvalOf(request: ArmRequest) {
  const { reason, rest } = reasonOf(request)
  const { scope = 'vm', trustOnFirstUse = false, ...more } = rest
  const [unknown] = Object.keys(more)
  if (unknown !== undefined) throw new ArmError(faults.invalidParameter(unknown))
  if (typeof scope !== 'string') throw new ArmError(faults.invalidParameter('scope'))
  if (typeof trustOnFirstUse !== 'boolean')
    throw new ArmError(faults.invalidParameter('trustOnFirstUse'))
  return { reason, scope, trustOnFirstUse }
}

/** @throws {ArmError} 400: the VM has no such scope. */
function scopeFor(vm: Resource, scope: string): ApprovalScope {
  const scopes = scopesOf(vm)
  if (!Object.hasOwn(scopes, scope)) throw new ArmError(faults.invalidParameter('scope'))
  return {
    id: scopes[scope]!,
    image: scope === 'image' ? imageOf(vm) : null,
    vmId: scope === 'vm' ? stateOf(vm).vmId : null,
  }
}

/** What counts beyond the VM is approved by whoever may there. @throws {ArmError} 403 */
async function requireRight(
  { authorizer }: Ground,
  { caller }: ArmRequest,
  scope: string,
): Promise<void> {
  const action = `${DRIFT}/approve/action`
  if ((await authorizer.access(caller, action, scope)) === 'granted') return
  throw new ArmError(faults.authorizationFailed(caller.name, caller.objectId, action, scope))
}

/** A VM that never booted as it was to is trusted on first use by name only. @throws {ArmError} 409 */
async function requireTrust(
  tables: Tables,
  vm: Resource,
  row: Resource,
  isNamed: boolean,
): Promise<void> {
  if (!driftIn(row).isFirstBoot || isNamed) return
  if ((await planOf(tables, vm)).references.value.trustOnFirstUse === true) return
  throw new ArmError(
    faults.operationNotAllowed(
      `The virtual machine '${vm.name}' never booted as it was foretold: approving what its first boot showed is trust on first use. Ask for that by name ("trustOnFirstUse": true, or a monitoring plan), or make the VM anew from its image.`,
    ),
  )
}

/** @throws {ArmError} 404 */
async function requireDrift(
  ground: Ground,
  tables: Pick<Tables, 'resources'>,
  request: ArmRequest,
): Promise<{ vm: Resource; row: Resource }> {
  const vm = await requireVmAt({ ...ground, store: tables as Ground['store'] }, request)
  const id = `${vm.id}/providers/${DRIFT}/${request.params.name}`
  const row = await tables.resources.get(id)
  if (row === null || driftIn(row).vmId !== stateOf(vm).vmId)
    throw new ArmError(faults.resourceNotFound(request.id))
  return { vm, row }
}
