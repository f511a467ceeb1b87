import type { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { followed, type VmOptions, vmPath, vmVerb, waiting } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'

/** `tl vm isolate` and `tl vm connect`: a VM's network goes, and comes again. */
export function vmIsolateCommands(output: Output, done: (code: ExitCode) => void): Command[] {
  return [
    verb(
      'isolate',
      'take a VM’s network away: nothing goes in or out but evidence and console',
      'isolating',
    ),
    verb('connect', 'give an isolated VM its network back', 'connecting'),
  ]

  function verb(name: string, summary: string, doing: string): Command {
    return waiting(vmVerb(name, summary))
      .addHelpText('after', `\nExamples:\n  tl vm ${name} web`)
      .action(async (vm: string, options: VmOptions) => {
        await withService(async (connection) => {
          const path = `${vmPath(connection, vm, options)}/providers/TrustedLaunch/network/${name}`
          const { operationUrl } = await connection.client.ask('POST', path)
          await followed(connection, `${doing} ${vm}`, operationUrl, options, output)
        })
        done(EXIT.affirming)
      })
  }
}
