import { ArmError, faults, nameOf, parseResourceId } from '@trusted-launch/api'
import type { Authorizer } from '../domain/caller.ts'
import { requireGroup } from '../domain/groups.ts'
import { type Link, requireLinkOfType } from '../domain/links.ts'
import { requireUnlocked } from '../domain/locks.ts'
import type { Plan, Wanted } from '../domain/resource-type.ts'
import type { Resource, Tables } from '../domain/store.ts'
import type { ArmType } from './arm-type.ts'
import { begin } from './begin.ts'
import { change } from './change.ts'
import { entityTag } from './conditions.ts'
import { type Ground, momentOf } from './ground.ts'
import { merged } from './merge.ts'
import { requireNewName } from './new-name.ts'
import { operationHeaders } from './operation-view.ts'
import { requireLocation, requireResource } from './required.ts'
import { viewOf } from './resource-view.ts'
import type { ArmReply, ArmRequest } from './route.ts'
import { wantedOf } from './wanted.ts'

/** PUT and PATCH: form, rights elsewhere, rules, then the write and what follows it in one transaction. */
export async function putResource(
  arm: ArmType,
  ground: Ground,
  request: ArmRequest,
  verb: 'PUT' | 'PATCH',
): Promise<ArmReply> {
  if (request.body === null) throw new ArmError(faults.invalidRequestContent('the body is missing'))
  const checked = withoutNulls(arm, wantedOf(arm.models[verb]!, request.body), verb)
  for (const link of (await arm.links?.(request.id, checked, ground.store)) ?? [])
    await requireLink(ground.authorizer, arm, request, link)
  const asked = (await arm.prepare?.(checked, request.id, ground.store)) ?? checked
  const done = await change(ground, request, async (tables) => {
    const existing = await place(arm, ground, tables, request, asked, verb)
    const wanted = existing === null ? asked : over(arm, existing, asked, verb)
    const plan = await arm.plan(request.id, wanted, existing, momentOf(ground, tables, request))
    const resource = await write(ground, tables, { arm, request, existing, wanted, plan })
    return {
      status: existing === null ? statusOfNew(arm, plan) : 200,
      resource,
      operation: await begin(ground, tables, request, resource, plan.work),
    }
  })
  if (done.operation !== null) ground.wake()
  const headers =
    done.operation === null
      ? {}
      : operationHeaders(request.base, done.operation, request.apiVersion)
  const body = await viewOf(arm, done.resource, request, ground.store)
  return {
    status: done.status,
    body,
    headers: { ...headers, ETag: entityTag(done.resource) },
  }
}

function statusOfNew({ isAccepted = false }: ArmType, { work }: Plan): number {
  if (!isAccepted) return 201
  return work === null ? 200 : 202
}

/** A member that is said to be null is not given; but a PATCH of most types takes it away. */
function withoutNulls({ keepsUnnamed }: ArmType, asked: Wanted, verb: 'PUT' | 'PATCH'): Wanted {
  if (verb === 'PATCH' && keepsUnnamed !== true) return asked
  return { ...asked, properties: merged({}, asked.properties) }
}

/** Naming a resource of another group needs a right there. @throws {ArmError} `LinkedAuthorizationFailed` */
export async function requireLink(
  authorizer: Authorizer,
  { type }: Pick<ArmType, 'type'>,
  { caller, id }: ArmRequest,
  link: Link,
): Promise<void> {
  requireLinkOfType(link)
  if ((await authorizer.access(caller, link.action, link.id)) === 'granted') return
  throw new ArmError({
    status: 403,
    code: 'LinkedAuthorizationFailed',
    message: `The client '${caller.name}' with object id '${caller.objectId}' has permission to perform action '${type}/write' on scope '${id}'; however, it does not have permission to perform action '${link.action}' on the linked scope(s) '${link.id}' or the linked scope(s) are invalid.`,
  })
}

/** What must hold around a resource before its own rules are asked. @returns the one that is there, or null. */
async function place(
  arm: ArmType,
  ground: Ground,
  tables: Tables,
  request: ArmRequest,
  asked: Wanted,
  verb: 'PUT' | 'PATCH',
): Promise<Resource | null> {
  const { id } = request
  const { subscriptionId, resourceGroup } = parseResourceId(id)!
  if (resourceGroup !== null) await requireGroup(tables, subscriptionId!, resourceGroup)
  if (arm.isChild === true) await requireResource(tables, request, parentOf(id))
  await requireUnlocked(tables, id, 'write')
  const existing = await tables.resources.get(id)
  if (verb === 'PATCH' && existing === null) throw new ArmError(faults.resourceNotFound(id))
  if (existing === null) requireNewName(arm.type, nameOf(parseResourceId(id)!))
  if (isPlaced(arm) && verb === 'PUT') requireLocation(arm.type, ground, asked.location, existing)
  if (existing?.provisioningState === 'Deleting')
    throw new ArmError(faults.operationNotAllowed(`'${existing.name}' is being deleted.`))
  return existing
}

function isPlaced(arm: ArmType): boolean {
  return arm.isPlaced === true || (arm.isChild !== true && arm.isHere !== true)
}

function over(arm: ArmType, existing: Resource, asked: Wanted, verb: 'PUT' | 'PATCH'): Wanted {
  const { location, tags, envelope, properties } = existing
  if (verb === 'PATCH')
    return {
      ...asked,
      location,
      tags: asked.tags ?? tags,
      envelope: { ...envelope, ...asked.envelope },
      properties: merged(properties, asked.properties),
    }
  if (arm.keepsUnnamed !== true) return asked
  return { ...asked, properties: merged(properties, asked.properties) }
}

interface Writing {
  readonly arm: ArmType
  readonly request: ArmRequest
  readonly existing: Resource | null
  readonly wanted: Wanted
  readonly plan: Plan
}

function write(
  ground: Ground,
  tables: Tables,
  { arm, request, existing, wanted, plan }: Writing,
): Promise<Resource> {
  const { id } = request
  const fields = {
    tags: plan.tags ?? wanted.tags ?? {},
    envelope: plan.envelope ?? wanted.envelope,
    properties: plan.properties,
    state: plan.state ?? existing?.state ?? {},
  }
  const at = ground.now()
  if (existing !== null) {
    const provisioningState = plan.work === null ? existing.provisioningState : 'Updating'
    return tables.resources.update(id, { ...fields, provisioningState }, at, existing.etag)
  }
  const { subscriptionId, resourceGroup } = parseResourceId(id)!
  const identity = {
    id,
    type: arm.type,
    name: nameOf(parseResourceId(id)!),
    subscriptionId: subscriptionId!,
    resourceGroup,
  }
  const parentId = arm.isChild === true ? parentOf(id) : (plan.parentId ?? null)
  const location = arm.isChild === true && arm.isPlaced !== true ? wanted.location : ground.location
  const isDone = plan.work === null && plan.isUnfinished !== true
  const provisioningState = isDone ? 'Succeeded' : 'Creating'
  return tables.resources.insert(
    { ...identity, parentId, location, ...fields, provisioningState, createdAt: at },
    at,
  )
}

/** `…/virtualMachines/web` of `…/virtualMachines/web/extensions/x`. */
function parentOf(id: string): string {
  return id.split('/').slice(0, -2).join('/')
}
