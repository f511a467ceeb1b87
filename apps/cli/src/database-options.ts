import type { Settings } from '@trusted-launch/service'
import type { Command } from 'commander'

export interface DatabaseOptions {
  readonly database?: string
  readonly databasePasswordFile?: string
}

/** Adds `--database` and `--database-password-file`. */
export function withDatabase(command: Command): Command {
  return command
    .option(
      '--database <url>',
      'PostgreSQL, as postgres://user@host:port/name; remembered (default: SQLite in the data folder)',
    )
    .option('--database-password-file <file>', 'its password, in a file that you alone can read')
}

/** @throws {Error} a password for no database. */
export function settingsFrom({ database, databasePasswordFile }: DatabaseOptions): Settings {
  if (database === undefined && databasePasswordFile === undefined) return {}
  if (database === undefined) throw new Error('--database-password-file goes with --database URL')
  const file = databasePasswordFile === undefined ? {} : { passwordFile: databasePasswordFile }
  return { database: { url: database, ...file } }
}
