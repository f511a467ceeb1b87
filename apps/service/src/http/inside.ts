import { ArmError, checkBody } from '@trusted-launch/api'
import type { Asked, Inside, OnBehalf, Told } from '../domain/deployment/inside.ts'
import type { AuditEvent, JsonObject } from '../domain/store.ts'
import { admit, apiVersionOf, requireNames } from './admission.ts'
import { type Answering, answered } from './answered.ts'
import { eventOf } from './auditing.ts'
import { faultOf } from './fault-of.ts'
import { noSuchType } from './not-here.ts'
import { type ArmRequest, idOf, type Route, scopeOf } from './route.ts'
import { scopedPath } from './scoped-path.ts'

type Found = { readonly route: Route; readonly params: Record<string, string> }

/** The endpoints, asked without HTTP: what they are asked for is let in, handled and audited by the same functions. */
export class InsideRoutes implements Inside {
  readonly types: readonly string[]
  readonly #answering: Answering
  readonly #byMethod: ReadonlyMap<string, readonly Route[]>

  constructor(routes: readonly Route[], answering: Answering) {
    this.#answering = answering
    const asked = routes.filter(({ isPiece }) => isPiece !== true)
    this.#byMethod = Map.groupBy(asked, ({ method }) => method)
    const puts = this.#byMethod.get('PUT') ?? []
    this.types = puts.flatMap(({ path }) => typeIn(path) ?? [])
  }

  async ask(asked: Asked, who: OnBehalf): Promise<Told> {
    const { route, request } = await this.#admitted(asked, who, (event) =>
      this.#answering.failures.enter(event),
    )
    const { status, body, headers } = await answered(this.#answering, route, request)
    const url = headers?.['Azure-AsyncOperation']
    const operationId = url === undefined ? null : new URL(url).pathname.split('/').at(-1)!
    return { status, body: (body ?? null) as JsonObject | null, operationId }
  }

  async require(asked: Asked, who: OnBehalf): Promise<void> {
    const { route } = await this.#admitted(asked, who, async () => {})
    if (route.body !== undefined && asked.body !== null) checkBody(route.body, asked.body)
  }

  /** @throws {ArmError} there is no such endpoint, or no right to it: that is told first. */
  async #admitted(
    { method, path, apiVersion, body }: Asked,
    who: OnBehalf,
    refused: (event: AuditEvent) => Promise<void>,
  ) {
    const found = this.#find(method, path)
    if (found === null) throw new ArmError(noSuchType(path))
    const { route, params } = found
    const query = { 'api-version': apiVersion }
    requireNames(params)
    const { authorizer, now } = this.#answering
    const { caller, correlationId, from } = who
    const id = scopeOf(route, params)
    try {
      await admit(authorizer, caller, route.action, id)
    } catch (error) {
      const { status, code: result } = faultOf(error, correlationId)
      const entry = { id, caller, action: route.action, correlationId, from }
      await refused(eventOf(entry, { status, result, operationId: null }, now()))
      throw error
    }
    const request: Omit<ArmRequest, 'audit'> = {
      ...{ method, params, query, apiVersion: apiVersionOf(query), body, ...who },
      ...{ id: idOf(route, params), bytes: null, ifMatch: null, ifNoneMatch: null },
    }
    return { route, request }
  }

  /** Of several that fit, the one whose words fit first. */
  #find(method: string, path: string): Found | null {
    const parts = scopedPath(path).split('/')
    let best: Found | null = null
    for (const route of this.#byMethod.get(method) ?? []) {
      const params = paramsOf(route.path.split('/'), parts)
      if (params !== null && (best === null || isCloser(route.path, best.route.path)))
        best = { route, params }
    }
    return best
  }
}

function paramsOf(
  pattern: readonly string[],
  parts: readonly string[],
): Record<string, string> | null {
  if (pattern.length !== parts.length) return null
  const params: Record<string, string> = {}
  for (const [i, one] of pattern.entries()) {
    const part = parts[i]!
    if (one === ':scope') params.scope = decodeURIComponent(part)
    else if (one.startsWith(':') && part !== '') params[one.slice(1)] = part
    else if (one.toLowerCase() !== part.toLowerCase()) return null
  }
  return params
}

function isCloser(a: string, b: string): boolean {
  const [first, second] = [a, b].map((path) => path.split('/').map((part) => part.startsWith(':')))
  const at = first!.findIndex((isParameter, i) => isParameter !== second![i])
  return at >= 0 && !first![at]
}

/** `Microsoft.Compute/virtualMachines` of a route's path. */
function typeIn(path: string): string | null {
  const [, within] = path.split(/\/providers\/(?!.*\/providers\/)/)
  if (within === undefined) return null
  const [namespace, ...rest] = within.split('/')
  return [namespace, ...rest.filter((_, i) => i % 2 === 0)].join('/')
}
