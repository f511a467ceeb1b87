import { type Finding, findingOf } from '@trusted-launch/attestation'
import { Command } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { alertCommand } from './commands/alert.ts'
import { appraiseCommand } from './commands/appraise.ts'
import { auditCommand } from './commands/audit.ts'
import { backupCommand, restoreCommand } from './commands/backup.ts'
import { completionCommand, valuesCommand } from './commands/completion.ts'
import { demoCommand } from './commands/demo.ts'
import { diskCommand } from './commands/disk.ts'
import { doctorCommand } from './commands/doctor.ts'
import { downCommand } from './commands/down.ts'
import { driftCommand } from './commands/drift.ts'
import { eventlogCommand } from './commands/eventlog.ts'
import { evidenceCommand } from './commands/evidence.ts'
import { hostCommand } from './commands/host.ts'
import { imageCommand } from './commands/image.ts'
import { keyCommand } from './commands/key.ts'
import { loginCommand } from './commands/login.ts'
import { logoutCommand } from './commands/logout.ts'
import { operationCommand } from './commands/operation.ts'
import { osCommand } from './commands/os.ts'
import { planCommand } from './commands/plan.ts'
import { policyCommand } from './commands/policy.ts'
import { recommendationCommand } from './commands/recommendation.ts'
import { referenceValuesCommand } from './commands/reference-values.ts'
import { serviceCommand } from './commands/service.ts'
import { sizeCommand } from './commands/size.ts'
import { tokenCommand, viewOfUnread } from './commands/token.ts'
import { upCommand } from './commands/up.ts'
import { vmCommand } from './commands/vm.ts'
import { whoamiCommand } from './commands/whoami.ts'
import { viewOfNothing } from './event-log-view.ts'
import { EXIT, type ExitCode, exitCodeOf } from './exit-code.ts'
import { viewOfFault } from './input-fault.ts'
import { jsonText, type Output } from './output.ts'

/** The whole command line. Each command tells `done` its exit code. */
export function programOf(output: Output, done: (code: ExitCode) => void): Command {
  const program = new Command('tl')
    .version(manifest.version)
    .description(
      'Virtual machines that prove how they booted: look at the evidence, make the verdict again.',
    )
    .addHelpText(
      'after',
      `
Exit codes: 0 affirming, 1 failure or no verdict, 2 usage, 3 contraindicated, 4 warning, 5 malformed input.
In a clone of the repository tl is typed as npx tl.`,
    )
  const commands = [
    appraiseCommand,
    eventlogCommand,
    tokenCommand,
    referenceValuesCommand,
    policyCommand,
    planCommand,
    imageCommand,
    hostCommand,
    keyCommand,
    upCommand,
    downCommand,
    loginCommand,
    logoutCommand,
    whoamiCommand,
    vmCommand,
    evidenceCommand,
    alertCommand,
    driftCommand,
    recommendationCommand,
    sizeCommand,
    osCommand,
    diskCommand,
    operationCommand,
    auditCommand,
    doctorCommand,
    serviceCommand,
    backupCommand,
    restoreCommand,
  ].map((make) => make(output, done))
  commands.push(demoCommand(done))
  for (const command of commands) program.addCommand(command)
  program.addCommand(completionCommand(program, output, done))
  program.addCommand(valuesCommand(output, done), { hidden: true })
  for (const command of allOf(program)) tame(command, output)
  return program
}

function allOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap((one) => allOf(one))]
}

/** As it is typed: `tl vm create`. */
function pathOf(command: Command): string {
  const { parent } = command
  return parent === null ? command.name() : `${pathOf(parent)} ${command.name()}`
}

function tame(command: Command, { out, err }: Output): void {
  command
    .exitOverride()
    .configureOutput({
      writeOut: out,
      writeErr: err,
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
    })
    .showHelpAfterError(`(see ${pathOf(command)} --help)`)
}

/** What these print as JSON in every case; other commands' documents are of what they did. */
const faultViews: Readonly<Record<string, (finding: Finding) => unknown>> = {
  appraise: viewOfFault,
  eventlog: viewOfNothing,
  token: viewOfUnread,
}

function documentUsage([command = '', ...args]: readonly string[], error: Error, { out }: Output) {
  if (!args.includes('--json') || !Object.hasOwn(faultViews, command)) return
  const summary = error.message.replace(/^error: /, '')
  out(jsonText(faultViews[command]!(findingOf({ id: 'input.usage', summary }))))
}

/**
 * Runs `tl` with these arguments.
 * @returns the exit code. Errors are a line on `err`, never a stack.
 */
export async function run(args: readonly string[], output: Output): Promise<ExitCode> {
  let code: ExitCode = EXIT.failure
  const program = programOf(output, (given) => {
    code = given
  })
  try {
    if (args.length === 0) program.help({ error: true })
    // the parser's own `help` knows one level
    const [first, ...path] = args
    const asked = first === 'help' && path.length > 1 ? [...path, '--help'] : args
    await program.parseAsync(asked, { from: 'user' })
    return code
  } catch (error) {
    const isCommander = error instanceof Error && error.name === 'CommanderError'
    if (isCommander && exitCodeOf(error) === EXIT.usage) documentUsage(args, error, output)
    if (!isCommander) output.err(`tl: ${error instanceof Error ? error.message : String(error)}\n`)
    return exitCodeOf(error)
  }
}
