import { fromUtf8 } from '@trusted-launch/codec'
import type { Command } from 'commander'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import { decodedFrom } from '../input-file.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { repeatable } from '../repeatable.ts'
import { waited } from '../service/progress.ts'
import { type VmOptions, vmPath, vmVerb } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'

interface Options extends VmOptions {
  readonly script: string
  readonly parameter?: readonly string[]
}

const SCRIPT_MAX = 16_384

/** `tl vm run-command`: a script, run by the guest's qemu-guest-agent. */
export function vmRunCommandCommand(output: Output, done: (code: ExitCode) => void): Command {
  return vmVerb('run-command', 'run a shell script in a VM that was made for it')
    .description(
      'Goes through qemu-guest-agent in the guest, for 5 minutes at most, and shows the last 4,096 bytes of either output; only in VMs of `tl vm create --allow-commands`. The attestation agent never runs commands.',
    )
    .requiredOption('--script <file>', 'a script of the shell; - for standard input')
    .addOption(repeatable('--parameter <name=value>', 'a variable of its environment'))
    .addHelpText(
      'after',
      '\nExamples:\n  echo uptime | tl vm run-command web --script -\n  tl vm run-command web --script fix.sh --parameter LEVEL=3\n\nExit codes: 0 the script ended with 0, 1 it did not, 2 usage.',
    )
    .action(async (name: string, options: Options) => {
      const script = decodedFrom(options.script, 'a script', SCRIPT_MAX, fromUtf8).split('\n')
      const parameters = (options.parameter ?? []).map(parameterIn)
      const asked = { commandId: 'RunShellScript', script, parameters }
      const result: any = await withService(async (connection) => {
        const path = `${vmPath(connection, name, options)}/runCommand`
        const { operationUrl, resultUrl } = await connection.client.ask('POST', path, asked)
        await waited(connection, `running a command in ${name}`, operationUrl!, output)
        return connection.client.get(resultUrl!)
      })
      const [status] = result.value
      output.out(options.json === true ? jsonText(result) : `${shown(status.message)}\n`)
      done(status.level === 'Info' ? EXIT.affirming : EXIT.failure)
    })
}

/** What a guest wrote, line by line, with nothing that a terminal obeys. */
function shown(message: string): string {
  return message.split('\n').map(plain).join('\n')
}

/** @throws {UsageError} not of that form. */
function parameterIn(given: string): { name: string; value: string } {
  const at = given.indexOf('=')
  if (at > 0) return { name: given.slice(0, at), value: given.slice(at + 1) }
  throw new UsageError(`--parameter ${given}: not of the form NAME=VALUE`)
}
