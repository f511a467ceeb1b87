/** Why a boot cannot be foretold, or would not happen. */
export type BootChainErrorCode =
  | 'NO_EFI_SYSTEM_PARTITION'
  | 'NO_LOADER'
  | 'FILE_NOT_FOUND'
  | 'UNPREDICTABLE'
  | 'WOULD_NOT_BOOT'

/** A fault with a stable code. `subject` is the file, or the GRUB command, it is about. */
export class BootChainError extends Error {
  readonly code: BootChainErrorCode
  readonly subject: string

  constructor(code: BootChainErrorCode, subject: string, reason: string, options?: ErrorOptions) {
    super(`${subject}: ${reason}`, options)
    this.name = 'BootChainError'
    this.code = code
    this.subject = subject
  }
}
