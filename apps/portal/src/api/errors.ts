import { ArmError } from '@trusted-launch/api'

/** What a person is told of a request that failed. */
export interface Failure {
  readonly code: string
  readonly message: string
  /** What the service's log calls the request; null: no answer came. */
  readonly correlationId: string | null
}

export function failureOf(error: unknown): Failure {
  if (!(error instanceof ArmError)) {
    const message = error instanceof Error ? error.message : String(error)
    return { code: 'Unreachable', message, correlationId: null }
  }
  const { code, message, correlationId = null } = error.fault
  return { code, message, correlationId }
}
