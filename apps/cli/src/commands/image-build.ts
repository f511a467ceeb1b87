import { Argument, Command } from 'commander'
import { buildGuest } from '../build-guest.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { stepsOn } from '../step.ts'

const names = ['small', 'uki', 'debian-12']

/** `tl image build`. */
export function imageBuildCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('build')
    .summary('build a guest image, or find the one built from the same inputs')
    .description(
      'Builds a guest image under .cache/images, or finds the one built from the same inputs, and prints its path and its SHA-256. small and uki give the same bytes from the same inputs; debian-12 wants root and the network, and installs mmdebstrap when it is missing.',
    )
    .addArgument(new Argument('<name>', 'which guest').choices(names))
    .option('--yes', 'install missing Debian packages without asking')
    .option('--json', 'one JSON document; progress on standard error')
    .addHelpText('after', '\nExamples:\n  tl image build small\n  tl image build debian-12 --json')
    .action(async (name: string, options: { yes?: boolean; json?: boolean }) => {
      const how = { step: stepsOn(output), yes: options.yes === true }
      const { path, sha256, format } = await buildGuest(name, how)
      const built = { name, path, sha256, format }
      output.out(options.json === true ? jsonText(built) : `${path}\n${sha256}\n`)
      done(EXIT.affirming)
    })
}
