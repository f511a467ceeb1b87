import type { Command } from 'commander'
import type { Connection } from './connection.ts'
import { vmPath } from './vm-command.ts'

/** Where something stands: at a VM, a group, or else the subscription. */
export interface ScopeOptions {
  readonly vm?: string
  readonly group?: string
  readonly json?: boolean
}

/** Adds `--vm`, `--group` and `--json`. */
export function scoped(command: Command): Command {
  return command
    .option('--vm <name>', 'of this VM')
    .option('--group <name>', 'of this resource group, or of the VM in it')
    .option('--json', 'one JSON document')
}

/** The path of what the options name; the subscription's when they name none. */
export function scopeOf(connection: Connection, { vm, group }: ScopeOptions): string {
  const of = { ...(group !== undefined && { group }) }
  if (vm !== undefined) return vmPath(connection, vm, of)
  return group === undefined ? connection.subscription : connection.group(group)
}

/** How a person calls it. */
export function scopeName({ vm, group }: ScopeOptions): string {
  if (vm !== undefined) return vm
  return group === undefined ? 'the subscription' : `the group ${group}`
}
