import { ArmError, type Fault, faults } from '@trusted-launch/api'
import { HostElsewhere } from '../domain/host-driver.ts'
import { StoreError } from '../domain/store.ts'
import { AppraisalError } from '../workers/appraisers.ts'

const ELSEWHERE = {
  status: 503,
  code: 'HostNotHere',
  message:
    'Another service of this installation drives the host, or none does yet. Ask that one, or try again.',
}

const BUSY = {
  status: 503,
  code: 'ServiceUnavailable',
  message: 'Too much evidence is being looked at. Try again.',
}

/** Any error as a fault: the only place where one becomes a status. Unknown ones tell nothing. */
export function faultOf(error: unknown, correlationId: string): Fault {
  if (error instanceof ArmError) return error.fault
  if (error instanceof StoreError) return storeFault(error) ?? faults.internal(correlationId)
  if (error instanceof HostElsewhere) return ELSEWHERE
  if (error instanceof AppraisalError && error.code !== 'appraiser-died') return BUSY
  const { statusCode, message } = error as { statusCode?: unknown; message?: unknown }
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode > 499)
    return faults.internal(correlationId)
  return { status: statusCode, code: codeOf(statusCode), message: String(message) }
}

function storeFault({ code }: StoreError): Fault | null {
  switch (code) {
    case 'store-changed':
      return faults.preconditionFailed()
    case 'store-exists':
      return {
        status: 409,
        code: 'Conflict',
        message: 'Somebody else made this resource at the same moment.',
      }
    case 'store-busy':
    case 'store-unavailable':
      return {
        status: 503,
        code: 'ServiceUnavailable',
        message: 'The database does not answer. Try again.',
      }
    default:
      return null
  }
}

/** What the HTTP server itself refuses. */
function codeOf(status: number): string {
  const codes: Readonly<Record<number, string>> = {
    413: 'RequestEntityTooLarge',
    415: 'UnsupportedMediaType',
    429: 'TooManyRequests',
  }
  return codes[status] ?? 'InvalidRequestContent'
}
