import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { alertNamed, isOpen, listedAlerts } from '../service/named-alert.ts'
import { withService } from '../service/with-service.ts'
import { tableText } from '../table.ts'
import { alertDestinationCommand } from './alert-destination.ts'
import { alertSuppressionCommand } from './alert-suppression.ts'

interface Options {
  readonly all?: boolean
  readonly reason?: string
  readonly json?: boolean
}

const changes = {
  resolve: 'it is so no longer: seen again, it is active',
  dismiss: 'nobody minds: it stays so while the same goes on',
  activate: 'open a closed one again',
  start: 'somebody works on it',
} as const

/** `tl alert …`: what raised an alert, and what becomes of it. */
export function alertCommand(output: Output, done: (code: ExitCode) => void): Command {
  const list = new Command('list')
    .summary('alerts that are open')
    .addHelpText('after', '\nExamples:\n  tl alert list\n  tl alert list --all')
    .option('--all', 'closed ones, too')
    .option('--json', 'one JSON document')
    .action(async ({ all, json }: Options) => {
      const found = await withService((connection) => listedAlerts(connection, all === true))
      output.out(json === true ? jsonText(found) : textOf(found, output.width))
      done(EXIT.affirming)
    })
  const show = named('show', 'one alert, and what is to be done about it').action(
    async (name: string, { json }: Options) => {
      const {
        id,
        name: whole,
        properties,
      } = await withService((connection) => alertNamed(connection, name))
      output.out(json === true ? jsonText({ id, ...properties }) : alertText(whole, properties))
      done(EXIT.affirming)
    },
  )
  const verbs = Object.entries(changes).map(([verb, summary]) =>
    named(verb, summary)
      .requiredOption('--reason <text>', 'why; it stays with the alert')
      .action(async (name: string, { reason, json }: Options) => {
        const id = await withService(async (connection) => {
          const alert = await alertNamed(connection, name)
          const action = verb === 'start' ? 'inProgress' : verb
          await connection.client.ask('POST', `${alert.id}/${action}`, { reason: reason! })
          return alert.id
        })
        output.out(json === true ? jsonText({ id, action: verb }) : `${verb}: done\n`)
        done(EXIT.affirming)
      }),
  )
  const command = new Command('alert')
    .summary('what raised an alert, and what becomes of it')
    .addHelpText(
      'after',
      '\nExamples:\n  tl alert list\n  tl alert show 0b0c64ae\n  tl alert resolve 0b0c64ae --reason "an update of the kernel"\n\nAn alert is named by its id, or how it begins. A failure keeps its VM unhealthy until its alert is closed.',
    )
  const simulate = new Command('simulate')
    .summary('marked sample alerts, one of each kind: to see them, and whether they arrive')
    .addHelpText('after', '\nExamples:\n  tl alert simulate')
    .option('--json', 'one JSON document')
    .action(async ({ json }: Options) => {
      await withService(async (connection) => {
        const { client, subscription } = connection
        const alerts = `locations/${await connection.location()}/alerts/default/simulate`
        const properties = { kind: 'Bundles', bundles: ['VirtualMachines'] }
        await client.ask('POST', `${subscription}/providers/Microsoft.Security/${alerts}`, {
          properties,
        })
      })
      output.out(json === true ? jsonText({ simulated: true }) : 'simulated; tl alert list\n')
      done(EXIT.affirming)
    })
  for (const one of [list, show, ...verbs, simulate]) command.addCommand(one)
  return command
    .addCommand(alertDestinationCommand(output, done))
    .addCommand(alertSuppressionCommand(output, done))
}

function named(verb: string, summary: string): Command {
  return new Command(verb)
    .summary(summary)
    .addHelpText(
      'after',
      `\nExamples:\n  tl alert ${verb} 0b0c64ae${verb === 'show' ? '' : ' --reason "an update of the kernel"'}`,
    )
    .argument('<id>', 'as tl alert list tells it, or how it begins')
    .option('--json', 'one JSON document')
}

const shortest = 8

function textOf(alerts: readonly any[], width: number): string {
  if (alerts.length === 0) return 'no alerts\n'
  const rows = alerts.map(({ name, properties }) => {
    const { severity, status, alertDisplayName, compromisedEntity, extendedProperties } = properties
    const about = [name.slice(0, shortest), compromisedEntity, severity, status, alertDisplayName]
    return [...about, extendedProperties.cause, properties.endTimeUtc].map(String).map(plain)
  })
  return tableText(['id', 'VM', 'severity', 'status', 'what', 'cause', 'last seen'], rows, width)
}

function alertText(name: string, properties: any): string {
  const { alertDisplayName, description, remediationSteps, supportingEvidence } = properties
  const { count, changedBy, changeReason, response, responsePlan, respondedAt } =
    properties.extendedProperties
  const findings = supportingEvidence.findings.map((one: any) => {
    const values =
      one.actual == null ? '' : `\n    expected ${one.expected}, measured ${one.actual}`
    return `  ${one.component} (${one.id})${values}`
  })
  const fields = supportingEvidence.fields.map(
    (one: any) => `  ${one.name}: ${one.value} (${one.source})`,
  )
  const lines = [
    `${alertDisplayName}: ${properties.status}, ${properties.severity}, seen ${count} times`,
    description,
    ...(response === undefined
      ? []
      : [`${response} by monitoring plan ${responsePlan}, ${respondedAt}`]),
    ...(changedBy === undefined ? [] : [`by ${changedBy}: ${changeReason}`]),
    ...(findings.length + fields.length === 0 ? [] : ['', ...findings, ...fields]),
    '',
    ...remediationSteps.map((step: string, i: number) => `${i + 1}. ${step}`),
    ...(isOpen({ properties })
      ? [`close it   tl alert resolve ${name.slice(0, shortest)} --reason TEXT`]
      : []),
  ]
  return `${lines
    .flatMap((line) => line.split('\n'))
    .map(plain)
    .join('\n')}\n`
}
