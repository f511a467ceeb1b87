import { ArmError } from '@trusted-launch/api'
import { Command, Option } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { repeatable } from '../repeatable.ts'
import type { Connection } from '../service/connection.ts'
import { changesText, deploymentsText, deploymentText } from '../service/deployment-text.ts'
import { everything } from '../service/everything.ts'
import { madeWhereMissing } from '../service/made-where-missing.ts'
import { waited } from '../service/progress.ts'
import { parametersOf, readTemplate } from '../service/template-files.ts'
import { followed, type VmOptions, waiting } from '../service/vm-command.ts'
import { told, withService } from '../service/with-service.ts'

interface Options extends VmOptions {
  /** True: at the subscription, not in a group. */
  readonly subscription?: boolean
}

interface NewOptions extends Options {
  readonly template: string
  readonly parameters?: string
  readonly parameter?: readonly string[]
  readonly mode: 'Incremental' | 'Complete'
}

const DEPLOYMENT = '/providers/Microsoft.Resources/deployments'

/** `tl deployment …`: many resources at once, from a template. */
export function deploymentCommand(output: Output, done: (code: ExitCode) => void): Command {
  const command = new Command('deployment')
    .summary('templates: many resources at once, and what they would change')
    .description(
      'ARM templates in JSON (docs/template-functions.md says what of the language there is).',
    )
    .addHelpText(
      'after',
      `
Examples:
  tl deployment what-if first --template main.json
  tl deployment create first --template main.json --parameter count=2
  tl deployment show first

What fails keeps back what depends on it; the same deployment again goes on from there.`,
    )
  const commands = [
    createCommand(output, done),
    validateCommand(output, done),
    whatIfCommand(output, done),
    ...lookCommands(output, done),
    cancelCommand(output, done),
  ]
  for (const one of commands) command.addCommand(one)
  return command
}

const named = (verb: string) => placed(new Command(verb)).argument('<name>', 'the deployment')

function placed(command: Command): Command {
  return command
    .addOption(new Option('--subscription', 'at the subscription, not in a group'))
    .option('--group <name>', 'in this resource group (default: the one of tl whoami)')
    .option('--json', 'one JSON document')
}

/** With a template, and what it is given. */
function templated(verb: string): Command {
  return named(verb)
    .requiredOption('--template <file>', 'in JSON')
    .option(
      '--parameters <file>',
      'a parameters file; - for standard input. Secrets are given here, and nowhere else',
    )
    .addOption(repeatable('--parameter <name=value>', 'one that is no secret'))
    .addOption(
      new Option('--mode <mode>', 'Complete: what is in the group and not in the template goes')
        .choices(['Incremental', 'Complete'])
        .default('Incremental'),
    )
}

const scopeOf = (connection: Connection, { subscription, group }: Options) =>
  subscription === true ? connection.subscription : connection.group(group)

const pathOf = (connection: Connection, name: string, options: Options) =>
  `${scopeOf(connection, options)}${DEPLOYMENT}/${encodeURIComponent(name)}`

/** A deployment's body; the group is made where it is missing. */
async function bodyFor(connection: Connection, options: NewOptions, make: boolean) {
  const template = readTemplate(options.template)
  const parameters = parametersOf(options.parameters, options.parameter)
  const location = await connection.location()
  const { subscription, group, mode } = options
  if (make && subscription !== true)
    await madeWhereMissing(connection, {
      ...{ method: 'PUT', path: connection.group(group), body: { location } },
    })
  const place = subscription === true ? { location } : {}
  return { ...place, properties: { mode, template, parameters } }
}

function createCommand(output: Output, done: (code: ExitCode) => void): Command {
  return waiting(templated('create'))
    .summary('bring about what a template names')
    .addHelpText(
      'after',
      '\nExamples:\n  tl deployment create first --template main.json\n  tl deployment create first --template main.json --parameters main.parameters.json --no-wait',
    )
    .action(async (name: string, options: NewOptions) => {
      await withService(async (connection) => {
        const path = pathOf(connection, name, options)
        const body = await bodyFor(connection, options, true)
        const { operationUrl } = await connection.client.ask('PUT', path, body)
        if (options.wait === false)
          return followed(connection, `deploying ${name}`, operationUrl, options, output)
        try {
          if (operationUrl !== null)
            await waited(connection, `deploying ${name}`, operationUrl, output)
        } catch (error) {
          if (!(error instanceof ArmError)) throw error
          // what became of each part says more than that one failed
          await tell(connection, path, options, output)
          throw await told(error, connection)
        }
        await tell(connection, path, options, output)
      })
      done(EXIT.affirming)
    })
}

async function tell(
  connection: Connection,
  path: string,
  { json }: Options,
  output: Output,
): Promise<void> {
  const one = await connection.client.get(path)
  const parts = await everything(connection.client.list(`${path}/operations`))
  output.out(json === true ? jsonText({ ...one, operations: parts }) : deploymentText(one, parts))
}

function validateCommand(output: Output, done: (code: ExitCode) => void): Command {
  return templated('validate')
    .summary('look through a template, as far as that is possible before it is done')
    .addHelpText('after', '\nExamples:\n  tl deployment validate first --template main.json')
    .action(async (name: string, options: NewOptions) => {
      const found: any = await withService(async (connection) => {
        const body = await bodyFor(connection, options, false)
        const path = `${pathOf(connection, name, options)}/validate`
        return (await connection.client.ask('POST', path, body)).body
      })
      const count = found.properties.validatedResources.length
      const text = `it is well, as far as it can be told: ${count} resources\n`
      output.out(options.json === true ? jsonText(found) : text)
      done(EXIT.affirming)
    })
}

function whatIfCommand(output: Output, done: (code: ExitCode) => void): Command {
  return templated('what-if')
    .summary('what a template would change, before it does')
    .addHelpText('after', '\nExamples:\n  tl deployment what-if first --template main.json')
    .action(async (name: string, options: NewOptions) => {
      const found: any = await withService(async (connection) => {
        const body = await bodyFor(connection, options, false)
        const path = `${pathOf(connection, name, options)}/whatIf`
        return (await connection.client.ask('POST', path, body)).body
      })
      const { changes } = found.properties
      output.out(options.json === true ? jsonText(changes) : changesText(changes))
      done(EXIT.affirming)
    })
}

function lookCommands(output: Output, done: (code: ExitCode) => void): Command[] {
  const list = placed(new Command('list'))
    .summary('the deployments of a group, or of the subscription')
    .addHelpText('after', '\nExamples:\n  tl deployment list\n  tl deployment list --subscription')
    .action(async (options: Options) => {
      const found = await withService((connection) =>
        everything(connection.client.list(scopeOf(connection, options) + DEPLOYMENT)),
      )
      output.out(options.json === true ? jsonText(found) : deploymentsText(found, output.width))
      done(EXIT.affirming)
    })
  const show = named('show')
    .summary('one deployment: its outputs, and what became of each resource')
    .addHelpText('after', '\nExamples:\n  tl deployment show first')
    .action(async (name: string, options: Options) => {
      await withService((connection) =>
        tell(connection, pathOf(connection, name, options), options, output),
      )
      done(EXIT.affirming)
    })
  return [list, show]
}

function cancelCommand(output: Output, done: (code: ExitCode) => void): Command {
  return named('cancel')
    .summary('begin nothing more of it; what was made stays')
    .addHelpText('after', '\nExamples:\n  tl deployment cancel first')
    .action(async (name: string, options: Options) => {
      await withService((connection) =>
        connection.client.ask('POST', `${pathOf(connection, name, options)}/cancel`),
      )
      const text = `cancelled: tl deployment show ${name} tells what was made\n`
      output.out(options.json === true ? jsonText({ name, cancelled: true }) : text)
      done(EXIT.affirming)
    })
}
