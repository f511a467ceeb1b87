import { type Dispositions, membersOf } from '@trusted-launch/api'
import type { JsonObject, Resource } from '../domain/store.ts'

/** What a disk or snapshot was sent and is kept without effect: neither has an instance view to tell it in. */
export function toldBy(
  rules: Dispositions,
  { envelope, properties }: Pick<Resource, 'envelope' | 'properties'>,
): JsonObject {
  const notEnforced = membersOf(rules, { ...envelope, properties }, 'notEnforced')
  return notEnforced.length === 0 ? {} : { notEnforced }
}
