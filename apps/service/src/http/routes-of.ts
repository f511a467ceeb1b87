import type { ArmRequest, Route } from './route.ts'

type Handle = Route['handle']
type RouteOf = (
  method: Route['method'],
  path: string,
  verb: string,
  handle: Handle,
  rest?: Partial<Route>,
) => Route

/**
 * How the endpoints of one kind are written: each with a right of that kind, `TYPE/VERB`.
 * @param guard what every one of them asks first; what it throws is the answer.
 */
export function routesOf(type: string, guard?: (request: ArmRequest) => void): RouteOf {
  const guarded = (handle: Handle): Handle =>
    guard === undefined
      ? handle
      : async (request) => {
          guard(request)
          return handle(request)
        }
  return (method, path, verb, handle, rest = {}) => ({
    ...{ method, path, action: `${type}/${verb}`, handle: guarded(handle) },
    ...rest,
  })
}
