import { Command } from 'commander'
import type { ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { imageBindCommands } from './image-bind.ts'
import { imageBuildCommand } from './image-build.ts'
import { imageDeleteCommand } from './image-delete.ts'
import { imageImportCommand } from './image-import.ts'
import { imageInspectCommand } from './image-inspect.ts'
import { imageListCommands } from './image-list.ts'
import { imageSignCommand } from './image-sign.ts'

/** `tl image …`: guest images made, and what is on one. */
export function imageCommand(output: Output, done: (code: ExitCode) => void): Command {
  const command = new Command('image')
    .summary('build, sign, import and look at images; bind names of the marketplace to them')
    .addHelpText(
      'after',
      '\nExamples:\n  tl image build small\n  tl image inspect disk.raw --json\n  tl image import disk.qcow2 --name mine\n  tl image list',
    )
    .addCommand(imageBuildCommand(output, done))
    .addCommand(imageInspectCommand(output, done))
    .addCommand(imageSignCommand(output, done))
    .addCommand(imageImportCommand(output, done))
    .addCommand(imageDeleteCommand(output, done))
  const others = [...imageListCommands(output, done), ...imageBindCommands(output, done)]
  for (const one of others) command.addCommand(one)
  return command
}
