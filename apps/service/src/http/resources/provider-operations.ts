import { ArmError, isDataAction } from '@trusted-launch/api'
import type { Route } from '../route.ts'

const ACTION = 'Microsoft.Resources/providers/read'

/** What a role's actions can name in a provider: the rights of the endpoints that there are, and nothing else. */
export function providerOperationRoutes(routes: readonly Route[]): Route[] {
  return [
    {
      method: 'GET',
      path: '/providers/:namespace/operations',
      action: ACTION,
      handle: async ({ params }) => {
        const value = operationsOf(routes, params.namespace!)
        if (value.length > 0) return { status: 200, body: { value } }
        throw new ArmError({
          status: 404,
          code: 'InvalidResourceNamespace',
          message: `The resource namespace '${params.namespace}' is invalid.`,
        })
      },
    },
  ]
}

function operationsOf(routes: readonly Route[], namespace: string): object[] {
  const within = `${namespace.toLowerCase()}/`
  const all = new Set([ACTION, ...routes.map(({ action }) => action)])
  return [...all]
    .filter((action) => action.toLowerCase().startsWith(within))
    .sort()
    .map(view)
}

/** `Microsoft.Compute/virtualMachines/start/action`: what is done, and to what. */
function view(action: string): object {
  const [provider, ...steps] = action.split('/')
  const last = steps.pop()!
  const operation = last === 'action' ? steps.pop()! : last
  const resource = steps.join('/')
  return {
    name: action,
    isDataAction: isDataAction(action),
    display: { provider, resource, operation, description: `${operation} of ${resource}` },
  }
}
