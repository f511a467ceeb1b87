import { nameOf, parseResourceId } from '@trusted-launch/api'
import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import type { Connection } from '../service/connection.ts'
import { waited } from '../service/progress.ts'
import { withService } from '../service/with-service.ts'
import { tableText } from '../table.ts'

interface Options {
  readonly unfinished?: boolean
  readonly json?: boolean
}

const SOME_ID = '8d4b0f6e-3f0c-4c1f-9a39-2f1d4a0f8f6c'
/** Of a list, so many: the older ones are in `tl audit`. */
const SHOWN_MAX = 100

/** `tl operation …`: what takes long. */
export function operationCommand(output: Output, done: (code: ExitCode) => void): Command {
  const verb = (name: string, summary: string) =>
    new Command(name)
      .summary(summary)
      .addHelpText('after', `\nExamples:\n  tl operation ${name} ${SOME_ID}`)
      .argument('<id>', 'as tl operation list and --no-wait tell it')
      .option('--json', 'one JSON document')
  const list = new Command('list')
    .summary('long actions, the newest first, up to 100 of them')
    .addHelpText('after', '\nExamples:\n  tl operation list --unfinished')
    .option('--unfinished', 'only those that still go on')
    .option('--json', 'one JSON document')
    .action(async ({ unfinished, json }: Options) => {
      const found = await withService((connection) => listed(connection, unfinished === true))
      output.out(json === true ? jsonText(found) : textOf(found, output.width))
      done(EXIT.affirming)
    })
  const wait = verb('wait', 'wait until one is over; what failed ends in 1').action(
    async (id: string, { json }: Options) => {
      const found = await withService(async (connection) => {
        const path = await pathOf(connection, id)
        await waited(connection, `waiting for ${id}`, path, output)
        return connection.client.get(path)
      })
      output.out(json === true ? jsonText(found) : `${found.status}\n`)
      done(EXIT.affirming)
    },
  )
  const cancel = verb(
    'cancel',
    'ask that one be given up; what has gone too far ends as it would have',
  ).action(async (id: string, { json }: Options) => {
    await withService(({ client, subscription }) =>
      client.ask(
        'POST',
        `${subscription}/providers/TrustedLaunch/operations/${encodeURIComponent(id)}/cancel`,
      ),
    )
    const text = `asked: tl operation wait ${plain(id)} tells what became of it\n`
    output.out(json === true ? jsonText({ operation: id, status: 'asked' }) : text)
    done(EXIT.affirming)
  })
  return new Command('operation')
    .summary('what takes long: look at it, wait for it, cancel it')
    .addHelpText(
      'after',
      `\nExamples:\n  tl operation list --unfinished\n  tl operation wait ${SOME_ID}`,
    )
    .addCommand(list)
    .addCommand(wait)
    .addCommand(cancel)
}

async function pathOf(connection: Connection, id: string): Promise<string> {
  const location = await connection.location()
  const at = `${connection.subscription}/providers/Microsoft.Compute/locations/${location}`
  return `${connection.profile.endpoint}${at}/operations/${encodeURIComponent(id)}`
}

async function listed({ client, subscription }: Connection, unfinished: boolean): Promise<any[]> {
  const path = `${subscription}/providers/TrustedLaunch/operations?unfinished=${unfinished}`
  const found: any[] = []
  for await (const one of client.list(path)) {
    found.push(one)
    if (found.length > SHOWN_MAX) found.shift()
  }
  return found.reverse()
}

function textOf(operations: readonly any[], width: number): string {
  if (operations.length === 0) return 'no operations\n'
  const rows = operations.map(({ name, kind, resourceId, status, percentComplete, startTime }) => {
    const id = parseResourceId(String(resourceId))
    return [name, kind, id === null ? '' : nameOf(id), status, `${percentComplete} %`, startTime]
      .map(String)
      .map(plain)
  })
  return tableText(['id', 'what', 'of', 'status', '', 'begun'], rows, width)
}
