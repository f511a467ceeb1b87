import { Command } from 'commander'
import type { ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { vmssChangeCommands, vmssVerbCommands } from './vmss-change.ts'
import { vmssCreateCommand } from './vmss-create.ts'
import { vmssRollingCommand } from './vmss-rolling.ts'
import { instanceListCommand, vmssShowCommands } from './vmss-show.ts'

/** `tl vmss …`: scale sets, as the control plane has them. */
export function vmssCommand(output: Output, done: (code: ExitCode) => void): Command {
  const instance = new Command('instance')
    .summary('the instances of a scale set')
    .addHelpText('after', '\nExamples:\n  tl vmss instance list fleet')
    .addCommand(instanceListCommand(output, done))
  const command = new Command('vmss')
    .summary('scale sets: many VMs of one model, brought to another batch by batch')
    .addHelpText(
      'after',
      '\nExamples:\n  tl vmss create fleet --image debian-12 --instances 3\n  tl vmss instance list fleet\n  tl vmss scale fleet --instances 5\n  tl vmss update fleet --image ours/web\n  tl vmss rolling-upgrade start fleet\n  tl vmss delete fleet',
    )
  const commands = [
    vmssCreateCommand(output, done),
    ...vmssShowCommands(output, done),
    instance,
    ...vmssChangeCommands(output, done),
    ...vmssVerbCommands(output, done),
    vmssRollingCommand(output, done),
  ]
  for (const one of commands) command.addCommand(one)
  return command
}
