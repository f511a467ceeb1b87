export type DeliveryErrorCode =
  /** The operator does not let it be sent there. */
  | 'receiver-not-allowed'
  /** It cannot be reached, does not answer in time, or not as it should. */
  | 'receiver-unreachable'
  /** It answers that it does not take this event, and another time will be no better. */
  | 'event-refused'

/** An event did not arrive, or nobody knows that it did. */
export class DeliveryError extends Error {
  readonly code: DeliveryErrorCode

  constructor(code: DeliveryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DeliveryError'
    this.code = code
  }
}
