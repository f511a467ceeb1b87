import { Command, InvalidArgumentError } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import {
  evidencePath,
  exportRecord,
  lastVerdict,
  requireWritable,
  verdictOf,
} from '../service/evidence.ts'
import { grouped, type VmOptions, vmPath } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { tableText } from '../table.ts'

/** `tl evidence …`: what VMs proved, and when. */
export function evidenceCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('evidence')
    .summary('what a VM proved and when: look at it, take it along, throw away what is old')
    .addHelpText(
      'after',
      '\nExamples:\n  tl evidence list web\n  tl evidence export web --out web.json\n  tl evidence prune web --older-than 7 --dry-run',
    )
    .addCommand(listCommand(output, done))
    .addCommand(exportCommand(output, done))
    .addCommand(pruneCommand(output, done))
}

interface ListOptions extends VmOptions {
  readonly count: number
}

function listCommand(output: Output, done: (code: ExitCode) => void): Command {
  const list = new Command('list')
    .summary('the verdicts on a VM that are kept, newest first')
    .addHelpText('after', '\nExamples:\n  tl evidence list web\n  tl evidence list web --count 5')
    .argument('<vm>', "the VM's name")
    .option('--count <n>', 'how many, at most', countOf, 20)
  return grouped(list).action(async (name: string, options: ListOptions) => {
    const { count } = options
    const found = await withService(async (connection) => {
      const vm = vmPath(connection, name, options)
      await lastVerdict(connection, vm)
      const first: any = await connection.client.get(evidencePath(vm))
      const all: any[] = []
      for await (const one of connection.client.list(evidencePath(vm)))
        if (all.push(one) >= count) break
      return { all, monitoring: first.monitoring }
    })
    const text = monitoringText(found.monitoring) + textOf(found.all, output.width)
    output.out(options.json === true ? jsonText(found.all) : text)
    done(EXIT.affirming)
  })
}

interface ExportOptions extends VmOptions {
  readonly out?: string
  readonly force?: boolean
}

function exportCommand(output: Output, done: (code: ExitCode) => void): Command {
  const command = new Command('export')
    .summary('a record as a file, for tl appraise: evidence, verdict, and all that made it')
    .argument('<vm>', "the VM's name")
    .argument('[id]', 'which one: see tl evidence list (default: the newest)')
    .option('--out <file>', 'where to (default: ID.json)')
    .option('--force', 'overwrite what else is in that file')
    .addHelpText(
      'after',
      '\nExamples:\n  tl evidence export web --out web.json && tl appraise web.json',
    )
  return grouped(command).action(
    async (name: string, id: string | undefined, options: ExportOptions) => {
      if (options.out !== undefined) requireWritable(options.out)
      const file = await withService(async (connection) => {
        const vm = vmPath(connection, name, options)
        const verdict = await (id === undefined
          ? lastVerdict(connection, vm)
          : verdictOf(connection, vm, id))
        const file = options.out ?? `${/([^/]+)\?/.exec(verdict.record)![1]}.json`
        await exportRecord(connection, verdict, { file, force: options.force }, output)
        return file
      })
      if (options.json === true) output.out(jsonText({ file }))
      done(EXIT.affirming)
    },
  )
}

interface PruneOptions extends VmOptions {
  readonly olderThan?: number
  readonly failuresOlderThan?: number
  readonly keep?: number
  readonly keepFailures?: number
  readonly dryRun?: boolean
}

function pruneCommand(output: Output, done: (code: ExitCode) => void): Command {
  const command = new Command('prune')
    .summary("throw away a VM's old evidence; the newest always stays")
    .description(
      'What is too old or too many goes, as the control plane does by itself every hour; verdicts that did not affirm stay longer. Of each limit that is not given, its own is taken.',
    )
    .argument('<vm>', "the VM's name")
    .option('--older-than <days>', 'of affirming verdicts (31)', countOf)
    .option('--failures-older-than <days>', 'of all others (365)', countOf)
    .option('--keep <n>', 'affirming ones, at most (1000)', countOf)
    .option('--keep-failures <n>', 'others, at most (1000)', countOf)
    .option('--dry-run', 'only tell what would go')
    .addHelpText('after', '\nExamples:\n  tl evidence prune web --older-than 7 --dry-run')
  return grouped(command).action(async (name: string, options: PruneOptions) => {
    const { olderThan, failuresOlderThan, keep, keepFailures, dryRun = false } = options
    const limits = { days: olderThan, failureDays: failuresOlderThan, keep, keepFailures }
    const given = Object.entries(limits).filter(([, limit]) => limit !== undefined)
    const body = { dryRun, ...(Object.fromEntries(given) as Record<string, number>) }
    const { value } = await withService(async (connection) => {
      const path = `${evidencePath(vmPath(connection, name, options))}/prune`
      return (await connection.client.ask('POST', path, body)).body as any
    })
    const text = `${value.length} ${dryRun ? 'would go' : 'gone'}\n${value.length > 0 ? textOf(value, output.width) : ''}`
    output.out(options.json === true ? jsonText(value) : text)
    done(EXIT.affirming)
  })
}

/** How a VM is looked after, in a line. */
function monitoringText({
  isMonitored,
  nextDue,
  silentSince,
  awaitedSince,
  unanswered,
}: any): string {
  const due = nextDue === undefined ? '' : `, the next time ${nextDue}`
  const how = isMonitored ? `asked by itself${due}` : 'asked only when somebody asks for it'
  const silent = silentSince === undefined ? [] : [`silent since ${silentSince}`]
  const awaited = awaitedSince === undefined ? [] : [`an answer awaited since ${awaitedSince}`]
  const lost = unanswered > 0 ? [`${unanswered} unanswered`] : []
  return `${plain([how, ...silent, ...awaited, ...lost].join('; '))}\n`
}

function countOf(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('a number is wanted')
}

function textOf(found: readonly any[], width: number): string {
  const rows = found.map(({ name, properties: { time, tier, findings } }) =>
    [time, tier, [...new Set(findings)].join(' '), name].map((text) => plain(String(text))),
  )
  return tableText(['when', 'verdict', 'findings', 'id'], rows, width)
}
