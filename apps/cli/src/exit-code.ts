import { MalformedError } from '@trusted-launch/codec'
import { CommanderError } from 'commander'

/** What `tl` ends with, for every command. */
export const EXIT = Object.freeze({
  affirming: 0,
  /** The command failed, or there is no verdict. */
  failure: 1,
  usage: 2,
  contraindicated: 3,
  warning: 4,
  malformed: 5,
})

/** A command's end: one of `EXIT`. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** A command used wrongly in a way the parser can't see. */
export class UsageError extends Error {
  readonly code = 'USAGE'
}

/** An option's name as it is typed. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** What an error ends `tl` with. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.affirming : EXIT.usage
  if (error instanceof UsageError) return EXIT.usage
  return isMalformed(error) ? EXIT.malformed : EXIT.failure
}

function isMalformed(error: unknown): boolean {
  if (error instanceof MalformedError) return true
  return error instanceof Error && 'code' in error && error.code === 'MALFORMED'
}
