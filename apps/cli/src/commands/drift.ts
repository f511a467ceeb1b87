import { Command, Option } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import type { Connection } from '../service/connection.ts'
import { driftsText, driftText } from '../service/drift-text.ts'
import { everything } from '../service/everything.ts'
import { followed, grouped, type VmOptions, vmPath, waiting } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'

interface Options extends VmOptions {
  readonly all?: boolean
  readonly reason?: string
  readonly scope?: string
  readonly trustOnFirstUse?: boolean
}

/** `tl drift …`: what VMs measured otherwise than they were to, and somebody's answer. */
export function driftCommand(output: Output, done: (code: ExitCode) => void): Command {
  const list = grouped(new Command('list'))
    .summary('what VMs measured otherwise, and waits for an answer')
    .argument('[vm]', 'of this VM alone')
    .option('--all', 'what was decided or went by itself, too')
    .addHelpText('after', '\nExamples:\n  tl drift list\n  tl drift list web --all')
    .action(async (vm: string | undefined, options: Options) => {
      const found = await withService((connection) => listed(connection, vm, options))
      const shown = found.filter((one) => options.all === true || isWaiting(one))
      output.out(options.json === true ? jsonText(shown) : driftsText(shown, output.width))
      done(EXIT.affirming)
    })
  const show = named('show', 'what was, what is, and who signed it')
    .addHelpText('after', '\nExamples:\n  tl drift show web 0b0c64ae')
    .action(async (vm: string, name: string, options: Options) => {
      const one = await withService((connection) => found(connection, vm, name, options))
      output.out(options.json === true ? jsonText(one) : driftText(one, output.width))
      done(EXIT.affirming)
    })
  const command = new Command('drift')
    .summary('what VMs measured otherwise than they were to: approve it, or reject it')
    .addHelpText(
      'after',
      '\nExamples:\n  tl drift list\n  tl drift show web 0b0c64ae\n  tl drift approve web 0b0c64ae --reason "kernel 6.1.0-41"\n\nA drift is named by its id, or how it begins. Its VM stays unhealthy until it is approved, and its alert closed.',
    )
  for (const one of [list, show, approveCommand(output, done), rejectCommand(output, done)])
    command.addCommand(one)
  return command
}

function approveCommand(output: Output, done: (code: ExitCode) => void): Command {
  return waiting(named('approve', 'this is how it is to boot, too; its alert is closed by that'))
    .requiredOption('--reason <text>', 'why; it stays with the reference values')
    .addOption(
      new Option('--scope <scope>', 'for which VMs (default: this one)').choices([
        'vm',
        'image',
        'set',
        'subscription',
      ]),
    )
    .option('--trust-on-first-use', 'it never booted as foretold, and is trusted all the same')
    .addHelpText(
      'after',
      '\nExamples:\n  tl drift approve web 0b0c64ae --reason "kernel 6.1.0-41" --scope image',
    )
    .action(async (vm: string, name: string, options: Options) => {
      const { reason, scope, trustOnFirstUse } = options
      const body = {
        reason: reason!,
        ...(scope !== undefined && { scope }),
        ...(trustOnFirstUse === true && { trustOnFirstUse }),
      }
      await withService(async (connection) => {
        const { id } = await found(connection, vm, name, options)
        const { operationUrl } = await connection.client.ask('POST', `${id}/approve`, body)
        await followed(connection, `approving a drift of ${vm}`, operationUrl, options, output)
      })
      done(EXIT.affirming)
    })
}

function rejectCommand(output: Output, done: (code: ExitCode) => void): Command {
  return named('reject', 'this is not how it is to boot; it stays unhealthy')
    .requiredOption('--reason <text>', 'why; it stays with the drift')
    .addHelpText(
      'after',
      '\nExamples:\n  tl drift reject web 0b0c64ae --reason "nobody updated it"',
    )
    .action(async (vm: string, name: string, options: Options) => {
      const id = await withService(async (connection) => {
        const one = await found(connection, vm, name, options)
        await connection.client.ask('POST', `${one.id}/reject`, { reason: options.reason! })
        return one.id
      })
      const text = options.json === true ? jsonText({ id, status: 'Rejected' }) : 'reject: done\n'
      output.out(text)
      done(EXIT.affirming)
    })
}

function named(verb: string, summary: string): Command {
  return grouped(new Command(verb))
    .summary(summary)
    .argument('<vm>', "the VM's name")
    .argument('<id>', 'as tl drift list tells it, or how it begins')
}

const isWaiting = ({ properties }: any) => properties.status === 'Pending' && properties.isPresent

async function listed(
  connection: Connection,
  vm: string | undefined,
  { group }: Options,
): Promise<any[]> {
  const of = { ...(group !== undefined && { group }) }
  const scope = vm === undefined ? scopeOf(connection, group) : vmPath(connection, vm, of)
  const all: any[] = await everything(
    connection.client.list(`${scope}/providers/TrustedLaunch/drift`),
  )
  return all.sort((a, b) => b.properties.lastSeen.localeCompare(a.properties.lastSeen))
}

const scopeOf = (connection: Connection, group: string | undefined) =>
  group === undefined ? connection.subscription : connection.group(group)

/** The drift that a name, or how one begins, is of. @throws {Error} none is, or more than one. */
async function found(
  connection: Connection,
  vm: string,
  name: string,
  options: Options,
): Promise<any> {
  const all = await listed(connection, vm, options)
  const [one, ...more] = all.filter((drift) => drift.name.startsWith(name.toLowerCase()))
  if (one === undefined)
    throw new Error(`no drift ${plain(name)} of ${vm}; tl drift list ${vm} --all shows them`)
  if (more.length > 0) throw new Error(`more than one drift begins with ${plain(name)}`)
  return one
}
