import { ArmError, faults, keyOf } from '@trusted-launch/api'
import { listIn } from '../../domain/links.ts'
import { requireUnlocked } from '../../domain/locks.ts'
import { type NetworkRules, planSecurityGroup } from '../../domain/security-groups.ts'
import type { Json, JsonObject, Resource, Tables } from '../../domain/store.ts'
import { textAt } from '../../domain/vm/vm.ts'
import { groupPath } from '../arm-type.ts'
import { begin } from '../begin.ts'
import { change } from '../change.ts'
import { entityTag, isKnown, type VersionOf } from '../conditions.ts'
import { type Ground, momentOf } from '../ground.ts'
import { merged } from '../merge.ts'
import { operationHeaders } from '../operation-view.ts'
import { requireResource } from '../required.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'
import { wantedOf } from '../wanted.ts'

const RULE = 'Microsoft.Network/networkSecurityGroups/securityRules'
const PATH = groupPath(RULE)
const COLLECTION = PATH.slice(0, PATH.lastIndexOf('/'))
const MODEL = 'SecurityRule'

/** The rules of a security group, each by itself: they are the group's, and have its version. */
export function securityRuleRoutes(rules: NetworkRules, ground: Ground): Route[] {
  const route = routesOf(RULE)
  const { store } = ground
  return [
    route('GET', COLLECTION, 'read', (request) => list(store, request), { answer: `[${MODEL}]` }),
    route('GET', PATH, 'read', (request) => get(store, request), { answer: MODEL }),
    route('PUT', PATH, 'write', (request) => put(rules, ground, request), {
      ...{ body: MODEL, answer: MODEL, versionOf },
    }),
    route('DELETE', PATH, 'delete', (request) => remove(rules, ground, request), { versionOf }),
  ]
}

/** A group with its rules as clients see them. */
export function securityGroupView(group: Resource): JsonObject {
  const securityRules = rulesOf(group).map((one) => ruleView(group, one))
  const { properties, provisioningState } = group
  return { ...properties, securityRules, provisioningState }
}

function ruleView(group: Resource, rule: Json): JsonObject {
  const { name = '', properties = {} } = rule as { name?: string; properties?: JsonObject }
  return {
    ...{ id: `${group.id}/securityRules/${name}`, name, type: RULE, etag: entityTag(group) },
    properties: { ...properties, provisioningState: group.provisioningState },
  }
}

function rulesOf({ properties }: Resource): readonly Json[] {
  return listIn(properties.securityRules)
}

const isCalled = (rule: Json, id: string) =>
  keyOf(textAt(rule, 'name') ?? '') === keyOf(id.slice(id.lastIndexOf('/') + 1))

const groupIdOf = (id: string) => id.replace(/\/securityRules(?:\/[^/]*)?$/i, '')

const versionOf: VersionOf = async ({ resources }, { id }) => {
  const group = await resources.get(groupIdOf(id))
  return group === null || !rulesOf(group).some((one) => isCalled(one, id)) ? null : group
}

async function list(store: Ground['store'], request: ArmRequest): Promise<ArmReply> {
  const group = await requireResource(store, request, groupIdOf(request.id))
  return { status: 200, body: { value: rulesOf(group).map((one) => ruleView(group, one)) } }
}

async function get(store: Ground['store'], request: ArmRequest): Promise<ArmReply> {
  const group = await requireResource(store, request, groupIdOf(request.id))
  const rule = rulesOf(group).find((one) => isCalled(one, request.id))
  if (rule === undefined) throw new ArmError(faults.resourceNotFound(request.id))
  const headers = { ETag: entityTag(group) }
  if (isKnown(request, group)) return { status: 304, headers }
  return { status: 200, body: ruleView(group, rule), headers }
}

async function put(rules: NetworkRules, ground: Ground, request: ArmRequest): Promise<ArmReply> {
  if (request.body === null) throw new ArmError(faults.invalidRequestContent('the body is missing'))
  const properties = merged({}, wantedOf(MODEL, request.body).properties)
  const rule = { name: request.id.slice(request.id.lastIndexOf('/') + 1), properties }
  const done = await change(ground, request, async (tables) => {
    const group = await requireResource(tables, request, groupIdOf(request.id))
    await requireUnlocked(tables, request.id, 'write')
    const others = rulesOf(group).filter((one) => !isCalled(one, request.id))
    const status = others.length === rulesOf(group).length ? 201 : 200
    return {
      status,
      ...(await withRules(rules, ground, tables, request, group, [...others, rule])),
    }
  })
  const headers = { ...followed(ground, request, done), ETag: entityTag(done.group) }
  return { status: done.status, body: ruleView(done.group, rule), headers }
}

async function remove(rules: NetworkRules, ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const done = await change(ground, request, async (tables) => {
    const group = await tables.resources.get(groupIdOf(request.id))
    const all = group === null ? [] : rulesOf(group)
    const others = all.filter((one) => !isCalled(one, request.id))
    if (group === null || others.length === all.length) return { status: 204, operation: null }
    await requireUnlocked(tables, request.id, 'delete')
    const made = await withRules(rules, ground, tables, request, group, others)
    return { status: made.operation === null ? 200 : 202, ...made }
  })
  return { status: done.status, headers: followed(ground, request, done) }
}

type Begun = Awaited<ReturnType<typeof begin>>

/** A group with other rules: what holds for a PUT of the group holds for it. */
async function withRules(
  rules: NetworkRules,
  ground: Ground,
  tables: Tables,
  request: ArmRequest,
  group: Resource,
  securityRules: Json[],
): Promise<{ readonly group: Resource; readonly operation: Begun }> {
  if (group.provisioningState === 'Deleting')
    throw new ArmError(faults.operationNotAllowed(`'${group.name}' is being deleted.`))
  const properties = { ...group.properties, securityRules }
  const wanted = { location: null, tags: null, envelope: group.envelope, properties }
  const moment = momentOf(ground, tables, request)
  const plan = await planSecurityGroup(rules)(group.id, wanted, group, moment)
  const provisioningState = plan.work === null ? group.provisioningState : 'Updating'
  const changed = { properties: plan.properties, provisioningState }
  const after = await tables.resources.update(group.id, changed, ground.now(), group.etag)
  return { group: after, operation: await begin(ground, tables, request, after, plan.work) }
}

function followed(
  ground: Ground,
  request: ArmRequest,
  { operation }: { readonly operation: Begun },
): Record<string, string> {
  if (operation === null) return {}
  ground.wake()
  return operationHeaders(request.base, operation, request.apiVersion)
}
