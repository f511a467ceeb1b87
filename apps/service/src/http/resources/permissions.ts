import type { Ground } from '../ground.ts'
import type { Route } from '../route.ts'

const PERMISSIONS = 'Microsoft.Authorization/permissions'

/** What who asks may do at a scope, role by role: what a page shows as not to be done, before it is refused. */
export function permissionRoutes({ authorizer }: Ground): Route[] {
  return [
    {
      ...{ method: 'GET', path: `/:scope/providers/${PERMISSIONS}` },
      action: `${PERMISSIONS}/read`,
      handle: async ({ caller, params }) => ({
        status: 200,
        body: { value: await authorizer.permissionsAt(caller, params.scope!) },
      }),
    },
  ]
}
