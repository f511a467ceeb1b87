import { BootChainError } from './errors.ts'

/** What GRUB does there is refused, never guessed. @param subject the command, variable or file. */
export function unpredictable(subject: string, reason: string): BootChainError {
  return new BootChainError('UNPREDICTABLE', `GRUB: ${subject}`, reason)
}
