import type { Command } from 'commander'
import type { Connection } from './connection.ts'
import { SET } from './new-set.ts'
import { vmPath } from './vm-command.ts'

/** Where something stands: at a VM, a scale set, a group, or else the subscription. */
export interface ScopeOptions {
  readonly vm?: string
  readonly set?: string
  readonly group?: string
  readonly json?: boolean
}

/** Adds `--vm`, `--set`, `--group` and `--json`. */
export function scoped(command: Command): Command {
  return command
    .option('--vm <name>', 'of this VM')
    .option('--set <name>', 'of this scale set')
    .option('--group <name>', 'of this resource group, or of the VM or set in it')
    .option('--json', 'one JSON document')
}

/** The path of what the options name; the subscription's when they name none. */
export function scopeOf(connection: Connection, { vm, set, group }: ScopeOptions): string {
  const of = { ...(group !== undefined && { group }) }
  if (vm !== undefined) return vmPath(connection, vm, of)
  if (set !== undefined) return connection.resource(SET, set, group)
  return group === undefined ? connection.subscription : connection.group(group)
}

/** How a person calls it. */
export function scopeName({ vm, set, group }: ScopeOptions): string {
  if (vm !== undefined) return vm
  if (set !== undefined) return `the scale set ${set}`
  return group === undefined ? 'the subscription' : `the group ${group}`
}
