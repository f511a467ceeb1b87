import { setTimeout as sleep } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import type { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import type { Connection } from '../service/connection.ts'
import { type VmOptions, vmPath, vmVerb } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'

interface Options extends VmOptions {
  readonly follow?: boolean
  readonly type?: boolean
}

const POLL_MS = 1_000
/** So much of what was printed is looked for in what came, where the console's beginning is gone. */
const OVERLAP = 512

/** `tl vm console`: the serial log. */
export function vmConsoleCommand(output: Output, done: (code: ExitCode) => void): Command {
  return vmVerb('console', 'what a VM wrote to its serial port, or to type at it')
    .description(
      'Prints the end of the serial log. What would steer your terminal in it is taken out, or written as \\u001b.',
    )
    .option('--follow', 'go on, until Ctrl-C, for two hours at most')
    .option('--type', 'type at it, until Ctrl-]; every other key goes to the VM')
    .addHelpText(
      'after',
      '\nExamples:\n  tl vm console web\n  tl vm console web --follow\n  tl vm console web --type',
    )
    .action(async (name: string, options: Options) => {
      if (options.type === true) {
        const { typeAtTerminal } = await import('../service/type-at-terminal.ts')
        return done(await typeAtTerminal(name, options, output))
      }
      await withService(async (connection) => {
        const path = `${vmPath(connection, name, options)}/retrieveBootDiagnosticsData`
        const { body } = await connection.client.ask('POST', path)
        const uri = String(body?.serialConsoleLogBlobUri)
        const log = await logAt(connection, uri)
        output.out(options.json === true ? jsonText({ uri, log }) : readable(log))
        if (options.follow === true) await follow(connection, uri, log, output)
      })
      done(EXIT.affirming)
    })
}

async function logAt(connection: Connection, uri: string): Promise<string> {
  return Buffer.from(await connection.signed(uri)).toString('latin1')
}

async function follow(
  connection: Connection,
  uri: string,
  first: string,
  { out }: Output,
): Promise<void> {
  for (let before = first; ; ) {
    await sleep(POLL_MS)
    const now = await logAt(connection, uri)
    out(readable(newIn(before, now)))
    before = now
  }
}

/** What a log has beyond what it had; all of it, where nothing of that is left. */
export function newIn(before: string, now: string): string {
  if (now.startsWith(before)) return now.slice(before.length)
  const end = before.slice(-OVERLAP)
  const at = now.lastIndexOf(end)
  return at < 0 ? now : now.slice(at + end.length)
}

/** Firmware sets modes with private parameters, which Node's own function leaves half of. @see ECMA-48, 5.4 */
const CONTROL_SEQUENCE = /\x1b\[[0-?]*[ -/]*[@-~]/g

/** A guest's text as lines that steer no terminal. */
export function readable(log: string): string {
  return stripVTControlCharacters(log.replaceAll(CONTROL_SEQUENCE, ''))
    .split('\n')
    .map((line) => plain(line.replaceAll('\r', '').replaceAll('\t', '    ')))
    .join('\n')
}
