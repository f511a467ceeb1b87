import { type ArmClient, ArmError } from '@trusted-launch/api'
import { Command, InvalidArgumentError } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { withService } from '../service/with-service.ts'
import { tableText } from '../table.ts'

const EVENTS = 'providers/Microsoft.Insights/eventtypes/management/values'

interface Options {
  readonly count: number
  readonly json?: boolean
}

/** `tl audit …`: who changed what. */
export function auditCommand(output: Output, done: (code: ExitCode) => void): Command {
  const list = new Command('list')
    .summary('who changed what, when, from where, and with what result')
    .addHelpText('after', '\nExamples:\n  tl audit list --count 10')
    .option('--count <n>', 'how many, the newest', countOf, 50)
    .option('--json', 'one JSON document')
    .action(async ({ count, json }: Options) => {
      const found = await withService(({ client, subscription }) =>
        newest(client, subscription, count),
      )
      output.out(json === true ? jsonText(found) : textOf(found, output.width))
      done(EXIT.affirming)
    })
  const verify = new Command('verify')
    .summary('whether every entry follows from the ones before it')
    .addHelpText('after', '\nExamples:\n  tl audit verify')
    .description(
      'Has the control plane read its whole audit again, each entry held against the hash of the one before. That the newest are still there is told only by a head that you noted elsewhere: keep the one it prints.',
    )
    .option('--json', 'one JSON document')
    .action(async ({ json }: { json?: boolean }) => {
      const { body } = await withService(({ client, subscription }) =>
        client.ask('POST', `${subscription}/providers/TrustedLaunch/audit/verify`),
      )
      const { entries, brokenAt, head } = body as any
      const isWhole = brokenAt === null
      const text = isWhole ? `${entries} entries, none changed` : `broken at entry ${brokenAt}`
      output.out(json === true ? jsonText(body) : `${text}\nhead ${plain(String(head))}\n`)
      done(isWhole ? EXIT.affirming : EXIT.failure)
    })
  return new Command('audit')
    .summary("the control plane's record of every change")
    .addHelpText('after', '\nExamples:\n  tl audit list --count 10\n  tl audit verify')
    .addCommand(list)
    .addCommand(verify)
}

/** Of the subscription, and, for who may read it, of what lies in none. */
async function newest(client: ArmClient, subscription: string, count: number): Promise<any[]> {
  const read = async (scope: string) => {
    const events: any[] = []
    for await (const one of client.list(`${scope}/${EVENTS}`)) if (events.push(one) >= count) break
    return events
  }
  const elsewhere = await read('').catch((error) => {
    if (error instanceof ArmError && error.fault.status === 403) return []
    throw error
  })
  const all = [...(await read(subscription)), ...elsewhere]
  return all.sort((a, b) => Number(b.eventDataId) - Number(a.eventDataId)).slice(0, count)
}

function countOf(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('a number from 1 on is wanted')
}

function textOf(events: readonly any[], width: number): string {
  if (events.length === 0) return 'no changes\n'
  const rows = events.map(({ eventTimestamp, caller, operationName, resourceId, ...of }) =>
    [
      ...[eventTimestamp, caller, operationName?.value, resourceId],
      ...[of.status?.value, of.httpRequest?.clientIpAddress],
    ].map((text) => plain(String(text ?? ''))),
  )
  return tableText(['when', 'who', 'what', 'of', 'result', 'from'], rows, width)
}
