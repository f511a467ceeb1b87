import type { Finding } from '@trusted-launch/attestation'
import { Command } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { EXIT, type ExitCode, exitCodeOf } from './exit-code.ts'
import { jsonText, type Output } from './output.ts'

type Maker = (output: Output, done: (code: ExitCode) => void) => Promise<Command>

/** Every command in the order of the help, loaded when it is asked for: each is most of what `tl` has to read. */
const COMMANDS: Readonly<Record<string, Maker>> = {
  appraise: async (...made) => (await import('./commands/appraise.ts')).appraiseCommand(...made),
  eventlog: async (...made) => (await import('./commands/eventlog.ts')).eventlogCommand(...made),
  token: async (...made) => (await import('./commands/token.ts')).tokenCommand(...made),
  'reference-values': async (...made) =>
    (await import('./commands/reference-values.ts')).referenceValuesCommand(...made),
  policy: async (...made) => (await import('./commands/policy.ts')).policyCommand(...made),
  plan: async (...made) => (await import('./commands/plan.ts')).planCommand(...made),
  image: async (...made) => (await import('./commands/image.ts')).imageCommand(...made),
  'signing-key': async (...made) =>
    (await import('./commands/signing-key.ts')).signingKeyCommand(...made),
  host: async (...made) => (await import('./commands/host.ts')).hostCommand(...made),
  key: async (...made) => (await import('./commands/key.ts')).keyCommand(...made),
  up: async (...made) => (await import('./commands/up.ts')).upCommand(...made),
  down: async (...made) => (await import('./commands/down.ts')).downCommand(...made),
  login: async (...made) => (await import('./commands/login.ts')).loginCommand(...made),
  logout: async (...made) => (await import('./commands/logout.ts')).logoutCommand(...made),
  whoami: async (...made) => (await import('./commands/whoami.ts')).whoamiCommand(...made),
  portal: async (...made) => (await import('./commands/portal.ts')).portalCommand(...made),
  vm: async (...made) => (await import('./commands/vm.ts')).vmCommand(...made),
  vmss: async (...made) => (await import('./commands/vmss.ts')).vmssCommand(...made),
  evidence: async (...made) => (await import('./commands/evidence.ts')).evidenceCommand(...made),
  alert: async (...made) => (await import('./commands/alert.ts')).alertCommand(...made),
  drift: async (...made) => (await import('./commands/drift.ts')).driftCommand(...made),
  announcement: async (...made) =>
    (await import('./commands/announcement.ts')).announcementCommand(...made),
  recommendation: async (...made) =>
    (await import('./commands/recommendation.ts')).recommendationCommand(...made),
  size: async (...made) => (await import('./commands/size.ts')).sizeCommand(...made),
  os: async (...made) => (await import('./commands/os.ts')).osCommand(...made),
  disk: async (...made) => (await import('./commands/disk.ts')).diskCommand(...made),
  network: async (...made) => (await import('./commands/network.ts')).networkCommand(...made),
  gallery: async (...made) => (await import('./commands/gallery.ts')).galleryCommand(...made),
  deployment: async (...made) =>
    (await import('./commands/deployment.ts')).deploymentCommand(...made),
  snapshot: async (...made) => (await import('./commands/snapshot.ts')).snapshotCommand(...made),
  'restore-point': async (...made) =>
    (await import('./commands/restore-point.ts')).restorePointCommand(...made),
  group: async (...made) => (await import('./commands/group.ts')).groupCommand(...made),
  operation: async (...made) => (await import('./commands/operation.ts')).operationCommand(...made),
  audit: async (...made) => (await import('./commands/audit.ts')).auditCommand(...made),
  doctor: async (...made) => (await import('./commands/doctor.ts')).doctorCommand(...made),
  service: async (...made) => (await import('./commands/service.ts')).serviceCommand(...made),
  backup: async (...made) => (await import('./commands/backup.ts')).backupCommand(...made),
  restore: async (...made) => (await import('./commands/backup.ts')).restoreCommand(...made),
  demo: async (_, done) => (await import('./commands/demo.ts')).demoCommand(done),
  __values: async (...made) => (await import('./commands/completion.ts')).valuesCommand(...made),
}

/**
 * The command line. Each command tells `done` its exit code.
 * @param only the one command that is loaded; one that there is not: all of them.
 */
export async function programOf(
  output: Output,
  done: (code: ExitCode) => void,
  only = '',
): Promise<Command> {
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
  const makers = Object.hasOwn(COMMANDS, only) ? [COMMANDS[only]!] : Object.values(COMMANDS)
  for (const command of await Promise.all(makers.map((make) => make(output, done))))
    program.addCommand(command, { hidden: command.name().startsWith('__') })
  if (makers.length > 1) {
    const { completionCommand } = await import('./commands/completion.ts')
    program.addCommand(completionCommand(program, output, done))
  }
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
const faultViews: Readonly<Record<string, () => Promise<(finding: Finding) => unknown>>> = {
  appraise: async () => (await import('./input-fault.ts')).viewOfFault,
  eventlog: async () => (await import('./event-log-view.ts')).viewOfNothing,
  token: async () => (await import('./commands/token.ts')).viewOfUnread,
}

async function documentUsage(
  [command = '', ...args]: readonly string[],
  error: Error,
  { out }: Output,
): Promise<void> {
  if (!args.includes('--json') || !Object.hasOwn(faultViews, command)) return
  const { findingOf } = await import('@trusted-launch/attestation')
  const summary = error.message.replace(/^error: /, '')
  const viewOf = await faultViews[command]!()
  out(jsonText(viewOf(findingOf({ id: 'input.usage', summary }))))
}

/**
 * Runs `tl` with these arguments.
 * @returns the exit code. Errors are a line on `err`, never a stack.
 */
export async function run(args: readonly string[], output: Output): Promise<ExitCode> {
  let code: ExitCode = EXIT.failure
  const told = (given: ExitCode) => {
    code = given
  }
  const program = await programOf(output, told, args[0])
  try {
    if (args.length === 0) program.help({ error: true })
    // the parser's own `help` knows one level
    const [first, ...path] = args
    const asked = first === 'help' && path.length > 1 ? [...path, '--help'] : args
    await program.parseAsync(asked, { from: 'user' })
    return code
  } catch (error) {
    const isCommander = error instanceof Error && error.name === 'CommanderError'
    if (isCommander && exitCodeOf(error) === EXIT.usage) await documentUsage(args, error, output)
    if (!isCommander) output.err(`tl: ${error instanceof Error ? error.message : String(error)}\n`)
    return exitCodeOf(error)
  }
}
