import { Command, Option } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import type { Connection } from '../service/connection.ts'
import { destinationFrom, destinationText, type NewDestination } from '../service/destination.ts'
import { withService } from '../service/with-service.ts'
import { tableText } from '../table.ts'

interface Options {
  readonly json?: boolean
  readonly deadLetter?: number
}

const asked = async (
  { client }: Connection,
  method: 'PUT' | 'POST' | 'DELETE',
  to: string,
  body?: object,
): Promise<any> => (await client.ask(method, to, body as never)).body

const path = ({ subscription }: Connection, name = '') =>
  `${subscription}/providers/TrustedLaunch/alertDestinations${name && `/${encodeURIComponent(name)}`}`

/** `tl alert destination …`: where alerts are sent. */
export function alertDestinationCommand(output: Output, done: (code: ExitCode) => void): Command {
  const tell = (json: boolean | undefined, document: unknown, text: () => string) => {
    output.out(json === true ? jsonText(document) : text())
    done(EXIT.affirming)
  }
  const command = new Command('destination')
    .summary('where alerts are sent: webhooks, syslog, files')
    .addHelpText(
      'after',
      `
Examples:
  tl alert destination create siem --webhook https://siem.example/hook --secret-file hook.secret
  tl alert destination create log --syslog logs.example:6514 --ca logs-ca.pem
  tl alert destination create lines --file alerts.jsonl
  tl alert destination test siem

Each alert is sent at least once and in order; what a destination does not take for three days is a dead letter,
which redeliver sends again. Private networks and this machine are sent to where tl up --allow-receiver names them.`,
    )
  const list = withJson(new Command('list').summary('destinations, and how far they are told'))
    .addHelpText('after', '\nExamples:\n  tl alert destination list')
    .action(async ({ json }: Options) => {
      const found = await withService((connection) => listed(connection))
      tell(json, found, () => listText(found, output.width))
    })
  const show = named('show', 'one destination, and what it did not take').action(
    async (name: string, { json }: Options) => {
      const [one, letters] = await withService(async (connection) => {
        const at = path(connection, name)
        const { value } = (await connection.client.get(`${at}/deadLetters`)) as any
        return [(await connection.client.get(at)) as any, value]
      })
      tell(json, { ...one, deadLetters: letters }, () => destinationText(one, letters))
    },
  )
  const remove = named('delete', 'sends nothing there any more').action(
    async (name: string, { json }: Options) => {
      await withService((connection) => asked(connection, 'DELETE', path(connection, name)))
      tell(json, { name, deleted: true }, () => `${plain(name)} is gone\n`)
    },
  )
  for (const one of [createCommand(tell), list, show, remove, testCommand(output, done)])
    command.addCommand(one)
  return command.addCommand(redeliverCommand(tell))
}

type Tell = (json: boolean | undefined, document: unknown, text: () => string) => void

function createCommand(tell: Tell): Command {
  return named('create', 'a destination, or other settings of one that is there')
    .addOption(new Option('--webhook <url>', 'HTTPS, signed as Standard Webhooks says'))
    .option('--secret-file <file>', "the webhook's secret (whsec_…); made where there is no file")
    .addOption(
      new Option('--syslog <host:port>', 'RFC 5424 over TLS').conflicts(['webhook', 'file']),
    )
    .option('--plain-tcp', 'syslog without TLS: whoever is between reads and changes it')
    .addOption(
      new Option('--format <format>', 'what stands in a syslog message').choices(['cef', 'ocsf']),
    )
    .option('--ca <file>', 'the authority that vouches for it, PEM (default: those of the system)')
    .addOption(
      new Option('--file <name>', 'OCSF lines, in the folder of tl up --alert-files').conflicts(
        'webhook',
      ),
    )
    .option('--disabled', 'off: what happens meanwhile is not sent later')
    .action(async (name: string, options: NewDestination & Options) => {
      const properties = destinationFrom(options)
      const made = await withService((connection) =>
        asked(connection, 'PUT', path(connection, name), { properties }),
      )
      tell(options.json, made, () => `${plain(name)} is told of alerts from now on\n`)
    })
}

function testCommand(output: Output, done: (code: ExitCode) => void): Command {
  return named('test', 'sends a sample, and says whether it arrived').action(
    async (name: string, { json }: Options) => {
      const answer = await withService((connection) =>
        asked(connection, 'POST', `${path(connection, name)}/test`),
      )
      const { delivered, ms, error } = answer
      const text = delivered ? `arrived in ${ms} ms\n` : `did not arrive: ${plain(error.message)}\n`
      output.out(json === true ? jsonText(answer) : text)
      done(delivered ? EXIT.affirming : EXIT.failure)
    },
  )
}

function redeliverCommand(tell: Tell): Command {
  return named('redeliver', 'sends dead letters again')
    .option('--dead-letter <number>', 'one, as show tells it (default: all)', Number)
    .action(async (name: string, { json, deadLetter }: Options) => {
      const body = deadLetter === undefined ? {} : { sequence: deadLetter }
      const answer = await withService((connection) =>
        asked(connection, 'POST', `${path(connection, name)}/redeliver`, body),
      )
      tell(json, answer, () => `${answer.count} are sent again\n`)
    })
}

function named(verb: string, summary: string): Command {
  const to = verb === 'create' ? ' --webhook https://siem.example/hook' : ''
  return withJson(
    new Command(verb).summary(summary).argument('<name>', 'the destination'),
  ).addHelpText('after', `\nExamples:\n  tl alert destination ${verb} siem${to}`)
}

function withJson(command: Command): Command {
  return command.option('--json', 'one JSON document')
}

async function listed(connection: Connection): Promise<any[]> {
  const found: any[] = []
  for await (const one of connection.client.list(path(connection))) found.push(one)
  return found
}

function listText(found: readonly any[], width: number): string {
  if (found.length === 0) return 'alerts are sent nowhere; tl alert destination create --help\n'
  const rows = found.map(({ name, properties: { kind, state, status } }) => {
    const { delivered, waiting, deadLetters, lost, error = '' } = status
    return [name, kind, state, delivered, waiting, deadLetters, lost, error].map(String).map(plain)
  })
  const titles = ['name', 'kind', 'state', 'delivered', 'waiting', 'dead', 'lost', 'error']
  return tableText(titles, rows, width)
}
