/** What can go wrong in this room besides MalformedError. */
export type UefiErrorCode = 'VARIABLE_TOO_LARGE' | 'VARIABLE_STORE_FULL' | 'TEMPLATE_INVALID'

/** A fault with a stable code. `subject` names the variable or the place in the template. */
export class UefiError extends Error {
  readonly code: UefiErrorCode
  readonly subject: string

  constructor(code: UefiErrorCode, subject: string, reason: string, options?: ErrorOptions) {
    super(`${subject}: ${reason}`, options)
    this.name = 'UefiError'
    this.code = code
    this.subject = subject
  }
}
