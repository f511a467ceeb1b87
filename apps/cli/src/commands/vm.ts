import { Command } from 'commander'
import type { ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { vmAttestCommand } from './vm-attest.ts'
import { vmClearFailureCommand } from './vm-clear-failure.ts'
import { vmCloneCommand } from './vm-clone.ts'
import { vmConsoleCommand } from './vm-console.ts'
import { vmCreateCommand } from './vm-create.ts'
import { vmGeneralizeCommand } from './vm-generalize.ts'
import { vmImportCommand } from './vm-import.ts'
import { vmIsolateCommands } from './vm-isolate.ts'
import { vmPowerCommands } from './vm-power.ts'
import { vmRunCommandCommand } from './vm-run-command.ts'
import { vmSecurityCommand } from './vm-security.ts'
import { vmShowCommands } from './vm-show.ts'
import { vmSshCommand } from './vm-ssh.ts'
import { vmTokenCommand } from './vm-token.ts'

/** `tl vm …`: VMs, as the control plane has them. */
export function vmCommand(output: Output, done: (code: ExitCode) => void): Command {
  const command = new Command('vm')
    .summary('make VMs by the control plane, look at them, start, stop, attest and remove them')
    .description(
      'Asks the control plane of `tl login`, or the one of this machine. The VMs of a state directory without one: tl host vm.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  tl vm create --name web --image debian-12\n  tl vm list\n  tl vm attest web\n  tl vm console web\n  tl vm ssh web\n  tl vm security set web --secure-boot off\n  tl vm delete web',
    )
    .addCommand(vmCreateCommand(output, done))
    .addCommand(vmImportCommand(output, done))
    .addCommand(vmCloneCommand(output, done))
  const commands = [
    ...vmShowCommands(output, done),
    ...vmPowerCommands(output, done),
    vmAttestCommand(output, done),
    vmClearFailureCommand(output, done),
    vmTokenCommand(output, done),
    vmConsoleCommand(output, done),
    vmSshCommand(output, done),
    vmSecurityCommand(output, done),
    ...vmIsolateCommands(output, done),
    vmGeneralizeCommand(output, done),
    vmRunCommandCommand(output, done),
  ]
  for (const one of commands) command.addCommand(one)
  return command
}
