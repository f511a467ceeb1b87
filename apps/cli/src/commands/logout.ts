import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { forgetProfile } from '../service/profile.ts'

/** `tl logout`: the profile, its secret with it, is gone. */
export function logoutCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('logout')
    .summary('forget who is signed in')
    .addHelpText('after', '\nExamples:\n  tl logout')
    .action(() => {
      output.out(forgetProfile() ? 'signed out\n' : 'nobody was signed in\n')
      done(EXIT.affirming)
    })
}
