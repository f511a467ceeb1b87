import { Command } from 'commander'
import type { Output } from '../output.ts'
import { jsonText } from '../output.ts'
import type { Connection } from './connection.ts'
import { VM } from './new-vm.ts'
import { operationIdOf, waited } from './progress.ts'

/** What every command about one VM takes. */
export interface VmOptions {
  readonly group?: string
  readonly json?: boolean
  /** False: `--no-wait`. */
  readonly wait?: boolean
}

/** `tl vm VERB NAME`, with what all of them take. */
export function vmVerb(verb: string, summary: string): Command {
  return grouped(new Command(verb).summary(summary).argument('<name>', "the VM's name"))
}

/** Adds `--group` and `--json`. */
export function grouped(command: Command): Command {
  return command
    .option('--group <name>', 'its resource group (default: the one of tl whoami)')
    .option('--json', 'one JSON document')
}

/** Adds `--no-wait`. */
export function waiting(command: Command): Command {
  return command.option('--no-wait', 'end as soon as it is accepted; tl operation wait waits')
}

export function vmPath(connection: Connection, name: string, { group }: VmOptions): string {
  return connection.resource(VM, name, group)
}

/** Waits for what was accepted, or says which operation it is. @returns what to print as JSON. */
export async function followed(
  connection: Connection,
  title: string,
  operationUrl: string | null,
  { wait, json }: VmOptions,
  output: Output,
): Promise<void> {
  const operation = operationUrl === null ? null : operationIdOf(operationUrl)
  const isOver = operationUrl === null || wait !== false
  if (operationUrl !== null && isOver) await waited(connection, title, operationUrl, output)
  const status = isOver ? 'Succeeded' : 'InProgress'
  const after = isOver ? 'done' : `accepted: tl operation wait ${operation}`
  output.out(json === true ? jsonText({ operation, status }) : `${title}: ${after}\n`)
}
