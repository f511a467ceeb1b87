import { ArmError, faults } from '@trusted-launch/api'
import type { Resource, Tables } from '../domain/store.ts'
import type { ArmRequest } from './route.ts'

type Version = Pick<Resource, 'etag'>
type Versioned = Pick<Tables, 'resources' | 'principals'>
type Conditional = Pick<
  ArmRequest,
  'id' | 'params' | 'method' | 'ifMatch' | 'ifNoneMatch' | 'versionOf'
>

/** A version as headers and bodies have it: in quotes. @see RFC 9110 §8.8.3 */
export function entityTag({ etag }: Version): string {
  return `"${etag}"`
}

/** What an endpoint changes, as it is now, by its version; null: it is not there. */
export type VersionOf = (
  tables: Versioned,
  request: Pick<ArmRequest, 'id' | 'params'>,
) => Promise<Version | null>

const rowOf: VersionOf = ({ resources }, { id }) => resources.get(id)

/**
 * What must hold before anything is changed: `change` asks it, for every PUT, PATCH and DELETE.
 * To delete what is not there is done already.
 * @throws {ArmError} 412: `If-Match` or `If-None-Match` does not hold. @see RFC 9110 §13.1
 */
export async function requireConditions(tables: Versioned, request: Conditional): Promise<void> {
  const { ifMatch, ifNoneMatch, method, versionOf = rowOf } = request
  if (!hasConditions(request)) return
  const existing = await versionOf(tables, request)
  if (existing === null && method === 'DELETE') return
  const holds =
    (ifMatch === null || names(ifMatch, existing)) &&
    (ifNoneMatch === null || !names(ifNoneMatch, existing))
  if (!holds) throw new ArmError(faults.preconditionFailed())
}

/** @throws {ArmError} 400: what has no versions is not changed under a condition, rather than without it. */
export function requireNone(request: Conditional): void {
  if (hasConditions(request)) throw new ArmError(faults.invalidParameter('If-Match'))
}

function hasConditions({ ifMatch, ifNoneMatch, method }: Conditional): boolean {
  return ['PUT', 'PATCH', 'DELETE'].includes(method) && (ifMatch !== null || ifNoneMatch !== null)
}

/** Whether who asks has this version already. */
export function isKnown({ ifNoneMatch }: ArmRequest, existing: Version): boolean {
  return ifNoneMatch !== null && names(ifNoneMatch, existing)
}

/** A list of versions, or `*` for any; clients leave quotes out, and send weak ones back. */
function names(header: string, existing: Version | null): boolean {
  if (existing === null) return false
  const listed = header.split(',').map((one) => one.trim().replace(/^W\//i, ''))
  return listed.some((one) => one === '*' || one.replace(/^"(.*)"$/, '$1') === existing.etag)
}
