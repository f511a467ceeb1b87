import { type MonitoringPlan, parsePlan } from '@trusted-launch/posture'
import { decodedFrom } from './input-file.ts'

const planBytesMax = 1 << 16

/** A plan out of a file. @throws {MalformedError} it is none: never a default. */
export function readPlan(path: string): MonitoringPlan {
  return decodedFrom(path, 'a monitoring plan', planBytesMax, parsePlan)
}
