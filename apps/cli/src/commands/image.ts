import { Command } from 'commander'
import type { ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { imageBuildCommand } from './image-build.ts'
import { imageInspectCommand } from './image-inspect.ts'

/** `tl image …`: guest images made, and what is on one. */
export function imageCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('image')
    .summary('build a guest image, or look at one')
    .addHelpText('after', '\nExamples:\n  tl image build small\n  tl image inspect disk.raw --json')
    .addCommand(imageBuildCommand(output, done))
    .addCommand(imageInspectCommand(output, done))
}
