import { Command } from 'commander'
import type { ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { imageBuildCommand } from './image-build.ts'
import { imageInspectCommand } from './image-inspect.ts'
import { imageListCommands } from './image-list.ts'

/** `tl image …`: guest images made, and what is on one. */
export function imageCommand(output: Output, done: (code: ExitCode) => void): Command {
  const command = new Command('image')
    .summary('build a guest image, look at one, or list those of the control plane')
    .description('There are no `tl image import` and `tl image bind` yet.')
    .addHelpText(
      'after',
      '\nExamples:\n  tl image build small\n  tl image inspect disk.raw --json\n  tl image list',
    )
    .addCommand(imageBuildCommand(output, done))
    .addCommand(imageInspectCommand(output, done))
  for (const one of imageListCommands(output, done)) command.addCommand(one)
  return command
}
