import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { documented } from '../input-fault.ts'
import { jsonText, type Output } from '../output.ts'
import { readPolicy, textOfPolicy } from '../policy-file.ts'
import { keptPolicyCommands } from './policy-kept.ts'

/** `tl policy …`: what a policy asks for. */
export function policyCommand(output: Output, done: (code: ExitCode) => void): Command {
  const command = new Command('policy')
    .summary('what VMs must be: say it in words, and keep it for monitoring plans to name')
    .addHelpText(
      'after',
      '\nExamples:\n  tl policy check strict.json\n  tl policy set strict.json\n  tl policy list',
    )
    .addCommand(checkCommand(output, done))
  for (const one of keptPolicyCommands(output, done)) command.addCommand(one)
  return command
}

function checkCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('check')
    .summary('say in words what a policy asks for, or what is wrong with it')
    .argument('<file>', 'a policy in JSON; - for standard input')
    .option('--json', 'the policy as it was read, or the finding that says what is wrong')
    .addHelpText(
      'after',
      '\nExamples:\n  tl policy check strict.json\n\nExit codes: 0 it reads, 5 malformed: an unknown rule or claim, or nothing asked for.',
    )
    .action((file: string, options: { json?: boolean }) =>
      done(
        documented(
          options,
          output,
          (finding) => ({ findings: [finding] }),
          () => {
            const policy = readPolicy(file)
            output.out(options.json === true ? jsonText(policy) : textOfPolicy(policy))
            return EXIT.affirming
          },
        ),
      ),
    )
}
