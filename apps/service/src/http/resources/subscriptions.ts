import { API_VERSION } from '../../domain/deployment/context.ts'
import { requireSubscription } from '../../domain/groups.ts'
import type { JsonObject, Resource } from '../../domain/store.ts'
import type { Ground } from '../ground.ts'
import { contentsOf } from '../resource-list.ts'
import type { ArmRequest, Route } from '../route.ts'

/** What the installation is called. */
export interface Installation {
  readonly tenantId: string
  readonly locationDisplayName: string
  /** The subscriptions somebody sees. */
  readonly visible: (request: ArmRequest) => Promise<readonly Resource[]>
  /** Every type that is served: `Microsoft.Compute/virtualMachines`. */
  readonly types: readonly string[]
}

export function subscriptionRoutes(ground: Ground, installation: Installation): Route[] {
  const read = (path: string, action: string, handle: Route['handle']): Route => ({
    method: 'GET',
    path,
    action,
    handle,
  })
  const { tenantId } = installation
  return [
    read('/subscriptions', 'Microsoft.Resources/subscriptions/read', async (request) => {
      const visible = await installation.visible(request)
      const value = visible.map((one) => subscriptionView(one, tenantId))
      return { status: 200, body: { value, count: { type: 'Total', value: value.length } } }
    }),
    read(
      '/subscriptions/:subscriptionId',
      'Microsoft.Resources/subscriptions/read',
      async ({ params }) => ({
        status: 200,
        body: subscriptionView(
          await requireSubscription(ground.store, params.subscriptionId!),
          tenantId,
        ),
      }),
    ),
    read('/tenants', 'Microsoft.Resources/tenants/read', async () => ({
      status: 200,
      body: {
        value: [
          {
            id: `/tenants/${tenantId}`,
            tenantId,
            displayName: 'trusted-launch',
            tenantCategory: 'Home',
          },
        ],
      },
    })),
    read(
      '/subscriptions/:subscriptionId/locations',
      'Microsoft.Resources/subscriptions/locations/read',
      async (request) => {
        await requireSubscription(ground.store, request.params.subscriptionId!)
        return {
          status: 200,
          body: { value: [locationView(request, ground.location, installation)] },
        }
      },
    ),
    read(
      '/subscriptions/:subscriptionId/providers',
      'Microsoft.Resources/subscriptions/providers/read',
      async ({ params }) => {
        await requireSubscription(ground.store, params.subscriptionId!)
        return {
          status: 200,
          body: { value: providersOf(installation.types, params.subscriptionId!, ground.location) },
        }
      },
    ),
    read(
      '/subscriptions/:subscriptionId/providers/:namespace',
      'Microsoft.Resources/subscriptions/providers/read',
      async ({ params }) => {
        await requireSubscription(ground.store, params.subscriptionId!)
        const all = providersOf(installation.types, params.subscriptionId!, ground.location)
        const found = all.find(
          ({ namespace }) => String(namespace).toLowerCase() === params.namespace!.toLowerCase(),
        )
        if (found !== undefined) return { status: 200, body: found }
        return {
          status: 404,
          body: {
            error: {
              code: 'InvalidResourceNamespace',
              message: `The resource namespace '${params.namespace}' is invalid.`,
            },
          },
        }
      },
    ),
    read(
      '/subscriptions/:subscriptionId/resources',
      'Microsoft.Resources/subscriptions/resources/read',
      (request) => resources(ground, request),
    ),
  ]
}

function subscriptionView({ name, state }: Resource, tenantId: string): JsonObject {
  return {
    id: `/subscriptions/${name}`,
    subscriptionId: name,
    tenantId,
    displayName: String(state.displayName ?? 'trusted-launch'),
    state: 'Enabled',
    subscriptionPolicies: {
      locationPlacementId: 'Public_2014-09-01',
      quotaId: 'Internal_2014-09-01',
      spendingLimit: 'Off',
    },
    authorizationSource: 'RoleBased',
    managedByTenants: [],
  }
}

function locationView(
  { params }: ArmRequest,
  name: string,
  { locationDisplayName }: Installation,
): JsonObject {
  return {
    id: `/subscriptions/${params.subscriptionId}/locations/${name}`,
    name,
    type: 'Region',
    displayName: locationDisplayName,
    regionalDisplayName: locationDisplayName,
    metadata: { regionType: 'Physical', regionCategory: 'Recommended' },
  }
}

function providersOf(
  types: readonly string[],
  subscription: string,
  location: string,
): JsonObject[] {
  const byNamespace = Map.groupBy(types, (type) => type.split('/')[0]!)
  return [...byNamespace].map(([namespace, of]) => ({
    id: `/subscriptions/${subscription}/providers/${namespace}`,
    namespace,
    registrationState: 'Registered',
    registrationPolicy: 'RegistrationFree',
    resourceTypes: of.map((type) => ({
      resourceType: type.slice(namespace.length + 1),
      locations: [location],
      apiVersions: [API_VERSION],
    })),
  }))
}

async function resources({ store }: Ground, request: ArmRequest) {
  await requireSubscription(store, request.params.subscriptionId!)
  return contentsOf(store, `/subscriptions/${request.params.subscriptionId}`, request)
}
