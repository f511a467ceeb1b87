import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { typeAt } from './type-at.ts'
import { type VmOptions, vmPath } from './vm-command.ts'
import { withService } from './with-service.ts'

/** `tl vm console --type`: a person's terminal, each key as it is pressed. @throws {UsageError} there is none. */
export async function typeAtTerminal(
  name: string,
  options: VmOptions & { readonly follow?: boolean },
  { err }: Output,
): Promise<ExitCode> {
  const { stdin, stdout } = process
  if (options.json === true || options.follow === true)
    throw new UsageError('--type goes with neither --json nor --follow')
  if (!stdin.isTTY || !stdout.isTTY)
    throw new UsageError('--type is for a terminal; tl vm console prints, tl vm run-command runs')
  return withService(async (connection) => {
    err(`Console of ${name}; Ctrl-] leaves it.\n`)
    stdin.setRawMode(true)
    try {
      const why = await typeAt(connection, vmPath(connection, name, options), stdin, stdout)
      err(`\r\n${why === null ? 'Left.' : `The service ended it: ${why}.`}\r\n`)
      return why === null ? EXIT.affirming : EXIT.failure
    } finally {
      stdin.setRawMode(false)
    }
  })
}
