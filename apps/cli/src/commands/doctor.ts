import { Command } from 'commander'
import { dataDirectory, dataOption } from '../data-directory.ts'
import {
  accelerationCheck,
  type Check,
  certificateChecks,
  clockCheck,
  diskCheck,
  firmwareCheck,
  networksCheck,
  toolChecks,
} from '../doctor-checks.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { servedChecks } from '../served-checks.ts'
import { signedInChecks } from '../signed-in-checks.ts'

interface Options {
  readonly data?: string
  readonly json?: boolean
}

/** `tl doctor`: whether this machine can run VMs, and the control plane of whoever is signed in serves; and what to do where not. */
export function doctorCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('doctor')
    .summary('whether this machine is fit to run VMs, and what to do where it is not')
    .addOption(dataOption())
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  tl doctor\n  tl doctor --json\n\nIt ends in 1 when something must be done.',
    )
    .action(async (options: Options) => {
      const data = dataDirectory(options)
      const now = Date.now()
      const checks = [
        ...toolChecks(),
        await firmwareCheck(),
        await accelerationCheck(),
        await networksCheck(),
        diskCheck(data),
        clockCheck(now),
        ...certificateChecks(data, now),
        ...(await servedChecks(data)),
        ...(await signedInChecks()),
      ]
      output.out(options.json === true ? jsonText(checks) : checks.map(lineOf(output)).join(''))
      done(checks.every(({ remedy }) => remedy === null) ? EXIT.affirming : EXIT.failure)
    })
}

function lineOf({ colors }: Output): (check: Check) => string {
  return ({ what, found, remedy }) => {
    const head = remedy === null ? colors.green('ok   ') : colors.red('TO DO')
    const after = remedy === null ? '' : `\n       ${plain(remedy)}`
    return `${head}  ${what}: ${plain(found)}${after}\n`
  }
}
