import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { stateOption } from '../state-directory.ts'
import { withHost } from '../with-host.ts'

/** `tl key …`: the key-encryption key of this host's vTPMs. */
export function keyCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('key')
    .summary("change the key that wraps this host's vTPM keys")
    .addHelpText('after', '\nExamples:\n  tl key rotate\n  tl key rotate --state ./state --json')
    .addCommand(rotateCommand(output, done))
}

function rotateCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('rotate')
    .summary('wrap every vTPM key with a new key-encryption key')
    .description(
      'Makes a new key-encryption key, wraps every vTPM key with it and forgets the former one. VMs run on. Killed at any moment, every vTPM still opens; the next command does the rest.',
    )
    .addOption(stateOption())
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  tl key rotate\n\nExit codes: 0 all wrapped anew, 1 one could not be opened, or is not there: the former keys are kept.',
    )
    .action((options: { state?: string; json?: boolean }) =>
      withHost(options, output, async (host) => {
        const { current, wrapped, refused } = await host.rotateKeys()
        const text = `key-encryption key ${current}: ${wrapped} wrapped anew\n`
        output.out(options.json === true ? jsonText({ current, wrapped, refused }) : text)
        for (const vm of refused)
          output.err(`tl: the key of ${vm} could not be opened, or is not there\n`)
        done(refused.length === 0 ? EXIT.affirming : EXIT.failure)
      }),
    )
}
