import { createHash } from 'node:crypto'
import { ArmError, type Fault, nameOf, parseResourceId } from '@trusted-launch/api'
import type { Plan, PlannedResource } from '@trusted-launch/template'
import { everyOf } from '../every-of.ts'
import { removeWhole } from '../remove-whole.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import type { DeploymentRecord } from './record.ts'

export const DEPLOYMENT = 'Microsoft.Resources/deployments'
/** A part of a deployment, as Azure lists them. */
export const PART = 'Microsoft.Resources/deployments/operations'
/** Kinds of operations, by how many deployments a deployment lies in. */
export const DEPLOYMENTS = [0, 1, 2, 3, 4].map((level) => `deployment.level${level}`)
/** Of a group or subscription; the oldest that is over goes for a new one, as with Azure. */
export const KEPT_MAX = 800

export const isOver = ({ provisioningState }: Resource): boolean =>
  ['Succeeded', 'Failed', 'Canceled'].includes(provisioningState)

/** @throws {ArmError} `DeploymentActive` */
export function requireOver(existing: Resource | null): void {
  if (existing === null || isOver(existing)) return
  throw new ArmError({
    status: 409,
    code: 'DeploymentActive',
    message: `The deployment with resource id '${existing.id}' cannot be saved, because this would overwrite an existing deployment which is still active.`,
  })
}

/** What is known of a deployment before any of it is done. */
export function plannedState(plan: Plan, run: string, record: DeploymentRecord): JsonObject {
  return {
    ...{ run, correlationId: record.correlationId, startedAt: record.at },
    dependencies: plan.resources
      .filter(({ dependsOn }) => dependsOn.length > 0)
      .map((one) => ({
        ...target(one.id, one.type),
        dependsOn: one.dependsOn.map((id) => target(id, typeAt(plan, id))),
      })),
    providers: providersOf(plan.resources),
  }
}

function target(id: string, resourceType: string): JsonObject {
  const { types, names } = parseResourceId(id) ?? { types: [], names: [] }
  const resourceName = types.length === 0 ? nameOf(parseResourceId(id)!) : names.join('/')
  return { id, resourceType, resourceName }
}

const typeAt = ({ resources }: Plan, id: string) =>
  resources.find((one) => one.id === id)?.type ?? ''

function providersOf(resources: readonly PlannedResource[]): JsonObject[] {
  const types = new Set(resources.map(({ type }) => type))
  const byNamespace = Map.groupBy([...types], (type) => type.split('/')[0]!)
  return [...byNamespace].map(([namespace, of]) => ({
    namespace,
    resourceTypes: of.map((type) => ({ resourceType: type.slice(namespace.length + 1) })),
  }))
}

export type PartDeed = 'Create' | 'Delete'
export type PartState = 'Running' | 'Succeeded' | 'Failed' | 'Canceled'

/** What became of one resource of a deployment. */
export interface Part {
  readonly id: string
  readonly type: string
  readonly deed: PartDeed
  readonly state: PartState
  /** The operation it waits for. */
  readonly operationId: string | null
  /** HTTP's, of the last answer. */
  readonly status: number | null
  readonly fault: Fault | null
  readonly startedAt: number
  readonly endedAt: number | null
}

/** The same for the same part of the same run: who goes on with it finds what was done. */
export function partId(deployment: string, run: string, { id, deed }: Pick<Part, 'id' | 'deed'>) {
  const digest = createHash('sha256').update(`${run}/${deed}/${id.toLowerCase()}`).digest('hex')
  return `${deployment}/operations/${digest.slice(0, 16).toUpperCase()}`
}

export async function putPart(
  { resources }: Tables,
  deployment: Resource,
  run: string,
  part: Part,
  at: number,
): Promise<void> {
  const id = partId(deployment.id, run, part)
  const state = JSON.parse(JSON.stringify(part)) as JsonObject
  if ((await resources.get(id)) !== null) return void (await resources.update(id, { state }, at))
  const { subscriptionId, resourceGroup } = deployment
  await resources.insert(
    {
      ...{ id, type: PART, name: id.split('/').at(-1)!, subscriptionId, resourceGroup },
      ...{ parentId: deployment.id, location: null, tags: {}, envelope: {}, properties: {}, state },
      ...{ provisioningState: 'Succeeded', createdAt: at },
    },
    at,
  )
}

export const partOf = ({ state }: Resource): Part => state as unknown as Part

/** Room for a new one. @throws {ArmError} `DeploymentQuotaExceeded`: all that are kept are on their way. */
export async function requireRoom(tables: Tables, id: string): Promise<void> {
  const { subscriptionId, resourceGroup } = parseResourceId(id)!
  const within = { type: DEPLOYMENT, subscriptionId: subscriptionId! }
  const query = resourceGroup === null ? within : { ...within, resourceGroup }
  if ((await tables.resources.count(query)) < KEPT_MAX) return
  let kept = 0
  let oldest: Resource | null = null
  for await (const one of everyOf(tables, query)) {
    // A subscription's are those of no group.
    if (resourceGroup === null && one.resourceGroup !== null) continue
    kept++
    if (isOver(one) && (oldest === null || one.changedAt < oldest.changedAt)) oldest = one
  }
  if (kept < KEPT_MAX) return
  if (oldest === null)
    throw new ArmError({
      status: 409,
      code: 'DeploymentQuotaExceeded',
      message: `There are ${KEPT_MAX} deployments on their way, as many as there may be.`,
    })
  await removeWhole(tables, oldest.id)
}
