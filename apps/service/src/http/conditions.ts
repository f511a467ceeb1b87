import { ArmError, faults } from '@trusted-launch/api'
import type { Resource } from '../domain/store.ts'
import type { ArmRequest } from './route.ts'

/** A version as headers and bodies have it: in quotes. @see RFC 9110 §8.8.3 */
export function entityTag({ etag }: Pick<Resource, 'etag'>): string {
  return `"${etag}"`
}

/** @throws {ArmError} 412: `If-Match` or `If-None-Match` does not hold. @see RFC 9110 §13.1 */
export function requireConditions(
  { ifMatch, ifNoneMatch }: ArmRequest,
  existing: Resource | null,
): void {
  const holds =
    (ifMatch === null || names(ifMatch, existing)) &&
    (ifNoneMatch === null || !names(ifNoneMatch, existing))
  if (!holds) throw new ArmError(faults.preconditionFailed())
}

/** Whether who asks has this version already. */
export function isKnown({ ifNoneMatch }: ArmRequest, existing: Resource): boolean {
  return ifNoneMatch !== null && names(ifNoneMatch, existing)
}

/** A list of versions, or `*` for any; clients leave quotes out, and send weak ones back. */
function names(header: string, existing: Resource | null): boolean {
  if (existing === null) return false
  const listed = header.split(',').map((one) => one.trim().replace(/^W\//i, ''))
  return listed.some((one) => one === '*' || one.replace(/^"(.*)"$/, '$1') === existing.etag)
}
