import { type Part, partOf } from '../domain/deployment/deployment.ts'
import type { JsonObject, ProvisioningState, Resource } from '../domain/store.ts'

const STATES: Readonly<Partial<Record<ProvisioningState, string>>> = { Creating: 'Running' }

/** A deployment, as Azure shows it. Secure parameters have no value here: none is kept. */
export function deploymentView(deployment: Resource): JsonObject {
  const { id, name, type, location, tags, properties, state, provisioningState } = deployment
  const { startedAt, endedAt, run: _, ...told } = state
  return {
    ...{ id, name, type },
    ...(location !== null && { location }),
    ...(Object.keys(tags).length > 0 && { tags }),
    properties: {
      ...{ ...properties, ...told },
      provisioningState: STATES[provisioningState] ?? provisioningState,
      timestamp: timeOf(Number(endedAt ?? startedAt)),
      duration: durationOf(Number(startedAt), Number(endedAt ?? deployment.changedAt)),
    },
  }
}

/** One resource of a deployment, and what became of it. */
export function partView(row: Resource): JsonObject {
  const part = partOf(row)
  const { types, name } = targetOf(part)
  return {
    ...{ id: row.id, operationId: row.name },
    properties: {
      provisioningOperation: part.deed,
      provisioningState: part.state,
      timestamp: timeOf(part.endedAt ?? part.startedAt),
      duration: durationOf(part.startedAt, part.endedAt ?? part.startedAt),
      ...(part.operationId !== null && { trackingId: part.operationId }),
      ...(part.status !== null && { statusCode: WORDS[part.status] ?? String(part.status) }),
      ...(part.fault !== null && { statusMessage: { status: 'Failed', error: faultOf(part) } }),
      targetResource: { id: part.id, resourceType: types, resourceName: name },
    },
  }
}

function targetOf({ id, type }: Part): { types: string; name: string } {
  const within = id.split(/\/providers\/(?!.*\/providers\/)/i).at(-1)!
  const name = within
    .split('/')
    .slice(1)
    .filter((_, i) => i % 2 === 1)
    .join('/')
  return { types: type, name: name === '' ? id.split('/').at(-1)! : name }
}

function faultOf({ fault }: Part): JsonObject {
  const { status: _, ...told } = fault!
  return told as unknown as JsonObject
}

/** HTTP's words, as Azure writes them. */
const WORDS: Readonly<Record<number, string>> = {
  ...{ 200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'NoContent', 400: 'BadRequest' },
  ...{ 403: 'Forbidden', 404: 'NotFound', 409: 'Conflict', 412: 'PreconditionFailed' },
  ...{ 429: 'TooManyRequests', 500: 'InternalServerError', 503: 'ServiceUnavailable' },
}

const timeOf = (at: number) => new Date(at).toISOString()

/** ISO 8601. */
function durationOf(from: number, to: number): string {
  return `PT${(Math.max(0, to - from) / 1000).toFixed(3)}S`
}
