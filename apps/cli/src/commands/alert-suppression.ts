import { Command } from 'commander'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { repeatable } from '../repeatable.ts'
import type { Connection } from '../service/connection.ts'
import { everything } from '../service/everything.ts'
import { alertNamed } from '../service/named-alert.ts'
import { type NewRule, ruleFrom } from '../service/suppression-rule.ts'
import { withService } from '../service/with-service.ts'
import { tableText } from '../table.ts'

interface Options extends NewRule {
  readonly json?: boolean
  readonly dryRun?: boolean
  readonly alert?: string
}

const path = ({ subscription }: Connection, name = '') =>
  `${subscription}/providers/Microsoft.Security/alertsSuppressionRules${name && `/${encodeURIComponent(name)}`}`

/** `tl alert suppression …`: which alerts nobody is to be told of. */
export function alertSuppressionCommand(output: Output, done: (code: ExitCode) => void): Command {
  const tell = (json: boolean | undefined, document: unknown, text: () => string) => {
    output.out(json === true ? jsonText(document) : text())
    done(EXIT.affirming)
  }
  const command = new Command('suppression')
    .summary('which alerts nobody is to be told of, why, and until when')
    .addHelpText(
      'after',
      `
Examples:
  tl alert suppression create web-off --alert 0b0c64ae --reason "Secure Boot is off on purpose" --dry-run
  tl alert suppression create lab --type VM_AttestationSilent --reason "the lab sleeps" --until 2027-01-31
  tl alert suppression list
  tl alert suppression delete lab

What is hidden stays open, and its VM unhealthy. docs/alerts.md has the fields of --where.`,
    )
  const list = withJson(new Command('list').summary('rules, and how they stand'))
    .addHelpText('after', '\nExamples:\n  tl alert suppression list')
    .action(async ({ json }: Options) => {
      const rules = await withService((connection) =>
        everything<any>(connection.client.list(path(connection))),
      )
      tell(json, rules, () => listText(rules, output.width))
    })
  const show = named('show', 'one rule, and what it kept from being told').action(
    async (name: string, { json }: Options) => {
      const [rule, hidden] = await withService(async (connection) => {
        const at = path(connection, name)
        const { value } = (await connection.client.get(`${at}/hidden`)) as any
        return [(await connection.client.get(at)) as any, value]
      })
      tell(json, { ...rule, hidden }, () => ruleText(rule, hidden, output.width))
    },
  )
  const remove = named('delete', 'what it hides is told again').action(
    async (name: string, { json }: Options) => {
      await withService((connection) => connection.client.ask('DELETE', path(connection, name)))
      tell(json, { name, deleted: true }, () => `${plain(name)} is gone\n`)
    },
  )
  for (const one of [createCommand(tell, output), list, show, remove]) command.addCommand(one)
  return command
}

type Tell = (json: boolean | undefined, document: unknown, text: () => string) => void

function createCommand(tell: Tell, output: Output): Command {
  return named('create', 'a rule, or other settings of one that is there')
    .requiredOption('--reason <text>', 'why nobody is to be told')
    .option('--alert <id>', 'what hides this alert of this VM: its type, VM and cause')
    .option('--type <type>', "an alert type, or '*'")
    .addOption(
      repeatable('--where <field=value>', 'what must hold: one value, or several with commas'),
    )
    .option('--until <date>', 'when it ends (default: when it is deleted)')
    .option('--comment <text>', 'what else to know of it')
    .option('--disabled', 'off: it hides nothing')
    .option('--dry-run', 'only say which alerts that are there it would hide')
    .action(async (name: string, { json, dryRun, alert, ...given }: Options) => {
      if (alert === undefined && given.type === undefined)
        throw new UsageError('tl alert suppression create: name an --alert, or a --type')
      const answer: any = await withService(async (connection) => {
        const of = alert === undefined ? null : await alertNamed(connection, alert)
        const at = path(connection, name)
        const body = { properties: ruleFrom(given, of?.properties ?? null) as never }
        const [method, to] =
          dryRun === true ? (['POST', `${at}/dryRun`] as const) : (['PUT', at] as const)
        return (await connection.client.ask(method, to, body)).body
      })
      const made = () => `${plain(name)} hides what fits it from now on\n`
      tell(json, answer, () => (dryRun === true ? dryRunText(answer, output.width) : made()))
    })
}

function named(verb: string, summary: string): Command {
  const more = verb === 'create' ? ' --type VM_AttestationSilent --reason "the lab sleeps"' : ''
  return withJson(new Command(verb).summary(summary).argument('<name>', 'the rule')).addHelpText(
    'after',
    `\nExamples:\n  tl alert suppression ${verb} lab${more}`,
  )
}

function withJson(command: Command): Command {
  return command.option('--json', 'one JSON document')
}

function listText(rules: readonly any[], width: number): string {
  if (rules.length === 0) return 'no alert is hidden; tl alert suppression create --help\n'
  const rows = rules.map(({ name, properties }) => {
    const { alertType, state, expirationDateUtc = '', reason } = properties
    return [name, alertType, conditionsText(properties), state, expirationDateUtc, reason].map(
      plain,
    )
  })
  return tableText(['name', 'type', 'where', 'state', 'until', 'why'], rows, width)
}

function conditionsText({ suppressionAlertsScope }: any): string {
  const all: readonly any[] = suppressionAlertsScope?.allOf ?? []
  return all
    .map(({ field, in: values, contains }) =>
      values === undefined ? `${field}~${contains}` : `${field}=${values.join(',')}`,
    )
    .join(' ')
}

function ruleText(rule: any, hidden: readonly any[], width: number): string {
  const { comment } = rule.properties
  const note = comment === undefined ? '' : `${plain(comment)}\n`
  const kept = hidden.length === 0 ? 'it kept nothing from being told\n' : hiddenText(hidden, width)
  return listText([rule], width) + note + kept
}

function dryRunText({ count, value }: any, width: number): string {
  const head = `it would have hidden ${count} of the alerts that are there\n`
  const rest = count > value.length ? `and ${count - value.length} more\n` : ''
  return count === 0 ? head : head + hiddenText(value, width) + rest
}

function hiddenText(alerts: readonly any[], width: number): string {
  const last = (id: string) => id.slice(id.lastIndexOf('/') + 1)
  const rows = alerts.map(({ id, alertType, cause, vm, time = '' }) =>
    [last(id).slice(0, 8), last(vm), alertType, cause, time].map(plain),
  )
  return tableText(['alert', 'VM', 'type', 'cause', 'when'], rows, width)
}
