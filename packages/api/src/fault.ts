/** A refusal or failure in Azure Resource Manager's words; a value, shown as `{ "error": … }`. */
export interface Fault {
  /** HTTP status. */
  readonly status: number
  /** Stable: what programs match on, e.g. `ResourceNotFound`. */
  readonly code: string
  readonly message: string
  /** What it is about, e.g. `securityProfile.securityType`. */
  readonly target?: string
  readonly details?: readonly Fault[]
  /** Of an answer that was received: what the service's log calls the request. */
  readonly correlationId?: string
}

/** A fault on its way to whoever asked. */
export class ArmError extends Error {
  readonly fault: Fault

  constructor(fault: Fault, options?: ErrorOptions) {
    super(fault.message, options)
    this.name = 'ArmError'
    this.fault = fault
  }
}

/** The body that tells a fault. */
export function errorBody(fault: Fault): { error: object } {
  return { error: detailOf(fault) }
}

function detailOf({ code, message, target, details }: Fault): object {
  return {
    code,
    message,
    ...(target !== undefined && { target }),
    ...(details !== undefined && { details: details.map(detailOf) }),
  }
}
