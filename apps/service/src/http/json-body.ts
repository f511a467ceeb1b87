import { ArmError, faults } from '@trusted-launch/api'
import type { JsonObject } from '../domain/store.ts'

const DEPTH_MAX = 64

/** A body as an object, null when none was sent. @throws {ArmError} another kind of JSON, or too deep. */
export function objectOf(body: unknown): JsonObject | null {
  if (body === undefined || body === null || body === '') return null
  if (typeof body !== 'object' || Array.isArray(body))
    throw new ArmError(faults.invalidRequestContent('an object was expected'))
  if (depthOf(body) > DEPTH_MAX)
    throw new ArmError(faults.invalidRequestContent(`nested deeper than ${DEPTH_MAX} levels`))
  return body as JsonObject
}

/** By a list, not by calls: what is too deep must not be too deep for us. */
function depthOf(value: object): number {
  let level: object[] = [value]
  for (let depth = 1; ; depth++) {
    level = level.flatMap((one) =>
      Object.values(one).filter((each) => typeof each === 'object' && each !== null),
    )
    if (level.length === 0 || depth > DEPTH_MAX) return depth
  }
}
