import { Command, InvalidArgumentError } from 'commander'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { repeatable } from '../repeatable.ts'
import type { Connection } from '../service/connection.ts'
import { everything } from '../service/everything.ts'
import { type ScopeOptions, scopeName, scopeOf } from '../service/scope.ts'
import { withService } from '../service/with-service.ts'
import { fieldsText, tableText } from '../table.ts'

interface NewOptions extends ScopeOptions {
  readonly reason: string
  readonly from?: string
  readonly until: string
  readonly ofImage?: string
  readonly measured?: readonly string[]
  readonly module?: readonly string[]
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `tl announcement …`: updates that are said before they come. */
export function announcementCommand(output: Output, done: (code: ExitCode) => void): Command {
  const list = placed(new Command('list'))
    .summary('what is announced at a VM, a scale set, or the subscription')
    .addHelpText('after', '\nExamples:\n  tl announcement list\n  tl announcement list --vm web')
    .action(async (options: ScopeOptions) => {
      const found = await withService((connection) =>
        everything<any>(connection.client.list(pathOf(connection, options))),
      )
      output.out(options.json === true ? jsonText(found) : textOf(found, output.width))
      done(EXIT.affirming)
    })
  const show = named('show')
    .summary('one announcement')
    .addHelpText('after', '\nExamples:\n  tl announcement show ticket-7')
    .action(async (name: string, options: ScopeOptions) => {
      const one: any = await withService((connection) =>
        connection.client.get(pathOf(connection, options, name)),
      )
      output.out(options.json === true ? jsonText(one) : fieldsText(fieldsOf(one)))
      done(EXIT.affirming)
    })
  const remove = named('delete')
    .summary('it comes no more: what a boot measures otherwise is drift at once')
    .addHelpText('after', '\nExamples:\n  tl announcement delete ticket-7')
    .action(async (name: string, options: ScopeOptions) => {
      const { status } = await withService((connection) =>
        connection.client.ask('DELETE', pathOf(connection, options, name)),
      )
      if (status === 204)
        throw new Error(
          `nothing called ${plain(name)} is announced at ${plain(scopeName(options))}; tl announcement list`,
        )
      const text = `${plain(name)} is announced no more\n`
      output.out(options.json === true ? jsonText({ name, deleted: true }) : text)
      done(EXIT.affirming)
    })
  const command = new Command('announcement')
    .summary('updates that are said before they come: with digests they are approved by that')
    .description(
      'A boot that measures exactly what was announced is approved in the same verdict. Without digests the alert only waits until the end; nothing affirms by that. It stands at a VM (--vm), a scale set (--set), or else the subscription.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  tl announcement create ticket-7 --vm web --until 4h --reason "kernel 6.1.0-41"\n  tl announcement list --vm web\n  tl announcement delete ticket-7 --vm web',
    )
  for (const one of [createCommand(output, done), list, show, remove]) command.addCommand(one)
  return command
}

function placed(command: Command): Command {
  return command
    .option('--vm <name>', 'at this VM')
    .option('--set <name>', 'at this scale set')
    .option('--group <name>', 'the group of the VM or set')
    .option('--json', 'one JSON document')
}

const named = (verb: string) => placed(new Command(verb)).argument('<name>', 'what it is called')

/** @throws {UsageError} a group by itself: nothing is announced of one. */
function pathOf(connection: Connection, options: ScopeOptions, name?: string): string {
  if (options.group !== undefined && options.vm === undefined && options.set === undefined)
    throw new UsageError(
      '--group says where --vm NAME or --set NAME is: nothing is announced of a group',
    )
  const all = `${scopeOf(connection, options)}/providers/TrustedLaunch/announcedUpdates`
  return name === undefined ? all : `${all}/${encodeURIComponent(name)}`
}

function createCommand(output: Output, done: (code: ExitCode) => void): Command {
  return named('create')
    .summary('say that an update will come')
    .requiredOption('--until <time>', 'its end: 2h, 3d, or such as 2026-05-01T06:00Z', timeOf)
    .requiredOption('--reason <text>', 'why; it stays with what it approves')
    .option('--from <time>', 'its begin (default: now)', timeOf)
    .option('--of-image <image>', 'only VMs of it: PUBLISHER:OFFER:SKU, as tl vm show tells it')
    .addOption(
      repeatable(
        '--measured <component=digest>',
        'what will be measured: kernel=SHA256, initrd=SHA256, or the text of a command line',
      ),
    )
    .addOption(repeatable('--module <digest>', 'SHA-256 of a module of a new kernel'))
    .addHelpText(
      'after',
      `
Examples:
  tl announcement create ticket-7 --vm web --until 4h --reason "kernel 6.1.0-41"
  tl announcement create ticket-7 --until 1d --reason "kernel 6.1.0-41" \\
    --measured "kernel=$KERNEL_DIGEST" --measured "initrd=$INITRD_DIGEST"

Components are those that tl drift show names.`,
    )
    .action(async (name: string, options: NewOptions) => {
      const { reason, from, until, ofImage: image, measured = [], module: modules = [] } = options
      const digests = { measured: measured.map(measuredOf), modules }
      const isExact = measured.length > 0 || modules.length > 0
      const properties = {
        ...{ reason, until },
        ...(from !== undefined && { from }),
        ...(image !== undefined && { image }),
        ...(isExact && { digests }),
      }
      const made = await withService(async (connection) => {
        const path = pathOf(connection, options, name)
        return (await connection.client.ask('PUT', path, { properties } as never)).body
      })
      const what = isExact
        ? 'a boot that measures exactly this is approved'
        : 'the alert waits until then, and nothing is approved by it'
      const text = `${plain(name)} is announced at ${plain(scopeName(options))} until ${until}: ${what}\n`
      output.out(options.json === true ? jsonText(made) : text)
      done(EXIT.affirming)
    })
}

/** As ISO 8601. @throws {InvalidArgumentError} neither so long from now nor a time. */
function timeOf(text: string): string {
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? []
  const at = unit === undefined ? Date.parse(text) : Date.now() + Number(count) * UNITS[unit]!
  if (Number.isNaN(at)) throw new InvalidArgumentError('such as 30m, 4h, 2d or 2026-05-01T06:00Z')
  return new Date(at).toISOString()
}

function measuredOf(text: string): { component: string; value: string } {
  const at = text.indexOf('=')
  if (at < 1) throw new UsageError(`--measured ${plain(text)}: COMPONENT=DIGEST is wanted`)
  return { component: text.slice(0, at), value: text.slice(at + 1) }
}

const fieldsOf = ({ name, properties: of }: any): (readonly [string, string])[] => [
  ['name', String(name)],
  ['from', String(of.from)],
  ['until', String(of.until)],
  ['digests', of.hasDigests ? 'yes' : 'none: it only delays'],
  ['of image', String(of.image ?? 'any')],
  ['by', String(of.announcedBy)],
  ['reason', String(of.reason)],
]

function textOf(all: readonly any[], width: number): string {
  if (all.length === 0) return 'nothing is announced\n'
  const rows = all.map((one) => fieldsOf(one).map(([, value]) => plain(value)))
  return tableText(
    fieldsOf(all[0]).map(([name]) => name),
    rows,
    width,
  )
}
