import { createHash } from 'node:crypto'
import { nameOf, parseResourceId } from '@trusted-launch/api'
import type { Context } from '@trusted-launch/template'
import { groupId, requireGroup, requireSubscription } from '../groups.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import type { DeploymentRecord } from './record.ts'

/** The newest that is known; any well-formed one is taken. */
export const API_VERSION = '2026-04-01'

/** What a template is told of where it is deployed. @throws {ArmError} the place is not there. */
export async function contextOf(
  tables: Pick<Tables, 'resources'>,
  record: DeploymentRecord,
  types: readonly string[],
): Promise<Context> {
  const { subscriptionId, resourceGroup } = parseResourceId(record.id)!
  const subscription = await requireSubscription(tables as Tables, subscriptionId!)
  const group =
    resourceGroup === null
      ? null
      : await requireGroup(tables as Tables, subscriptionId!, resourceGroup)
  const location = group?.location ?? subscription.location
  return {
    subscriptionId: subscriptionId!,
    resourceGroup: group === null ? null : group.name,
    told: {
      resourceGroup: group === null ? null : groupTold(group),
      subscription: subscriptionTold(subscription, record),
      tenant: { tenantId: record.caller.tenantId },
      environment: environmentTold(record),
      deployment: {
        ...deploymentTold(record),
        // Of a resource group's the group says where.
        ...(group === null && { location: location ?? 'local' }),
      },
    },
    provider: (namespace, type) => providerTold(types, namespace, type, location ?? 'local'),
    now: record.at,
    seed: record.seed,
  }
}

function groupTold({ name, subscriptionId, location, tags }: Resource): JsonObject {
  const type = 'Microsoft.Resources/resourceGroups'
  const properties = { provisioningState: 'Succeeded' }
  return { id: groupId(subscriptionId, name), name, type, location, tags, properties }
}

function subscriptionTold({ name, state }: Resource, { caller }: DeploymentRecord): JsonObject {
  const displayName = String(state.displayName ?? 'trusted-launch')
  const { tenantId } = caller
  return { id: `/subscriptions/${name}`, subscriptionId: name, tenantId, displayName }
}

function environmentTold({ base, caller }: DeploymentRecord): JsonObject {
  const authentication = {
    ...{ loginEndpoint: `${base}/`, audiences: [`${base}/`], tenant: caller.tenantId },
    identityProvider: 'AAD',
  }
  return { name: 'trusted-launch', resourceManager: `${base}/`, authentication, suffixes: {} }
}

function deploymentTold({ id, mode, template, parameters }: DeploymentRecord): JsonObject {
  const { contentVersion } = template
  return {
    ...{ id, name: nameOf(parseResourceId(id)!), type: 'Microsoft.Resources/deployments' },
    properties: {
      ...{ mode, provisioningState: 'Accepted', templateHash: templateHashOf(template) },
      // Names alone: values may be secret.
      parameters: Object.fromEntries(Object.keys(parameters).map((name) => [name, {}])),
      template: { contentVersion: contentVersion ?? null },
    },
  }
}

/** Tells two templates apart; another number than Azure's. */
export function templateHashOf(template: JsonObject): string {
  const digest = createHash('sha256').update(JSON.stringify(template)).digest()
  return digest.readBigUInt64BE().toString()
}

function providerTold(
  types: readonly string[],
  namespace: string,
  type: string | null,
  location: string,
): JsonObject | null {
  const of = types
    .map((one) => one.split('/'))
    .filter(([first]) => first!.toLowerCase() === namespace.toLowerCase())
    .map(([, ...rest]): JsonObject & { resourceType: string } => ({
      resourceType: rest.join('/'),
      locations: [location],
      apiVersions: [API_VERSION],
    }))
  if (of.length === 0) return null
  if (type === null) return { namespace, resourceTypes: of }
  return of.find(({ resourceType }) => resourceType.toLowerCase() === type.toLowerCase()) ?? null
}
