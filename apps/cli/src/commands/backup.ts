import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { Command } from 'commander'
import { dataDirectory, dataOption } from '../data-directory.ts'
import { type DatabaseOptions, settingsFrom, withDatabase } from '../database-options.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'

interface Options extends DatabaseOptions {
  readonly data?: string
}

/** `tl backup`: the control plane's database as it is at one moment, while it goes on. */
export function backupCommand(output: Output, done: (code: ExitCode) => void): Command {
  return withDatabase(new Command('backup'))
    .summary("a copy of the control plane's database, made while it serves")
    .description(
      'Writes one file, readable by you alone. Secrets in it are sealed with DATA/seal.key, which is not in it: keep that file elsewhere, or they are lost. VMs (DATA/host), data disks (DATA/disks), images (DATA/images) and reference values (DATA/references) are not in it either.',
    )
    .argument('<file>', 'where to; it must not be there')
    .addOption(dataOption())
    .addHelpText('after', '\nExamples:\n  tl backup /srv/backup/trusted-launch.db')
    .action(async (file: string, options: Options) => {
      const data = dataDirectory(options)
      const { backUpStore, databaseOf, settingsOf } = await import('@trusted-launch/service')
      const database = databaseOf(data, settingsOf(data, settingsFrom(options)))
      if ('path' in database) requireThere(data, database.path)
      await backUpStore(database, resolve(file))
      output.out(`wrote ${file}; its sealed values want ${join(data, 'seal.key')}\n`)
      done(EXIT.affirming)
    })
}

/** `tl restore`: a backup into a data folder without a database. */
export function restoreCommand(output: Output, done: (code: ExitCode) => void): Command {
  return withDatabase(new Command('restore'))
    .summary('a backup into a data folder that has no database')
    .description(
      'The control plane must not run. Put the seal.key that was beside the database into the data folder first: without it the signing keys and the seeds of VMs that never booted cannot be opened. VMs on the host that the backup does not know, made after it, are kept as they are and not served: `tl host show` counts them, and after `tl host forget` the next start erases them.',
    )
    .argument('<file>', 'what tl backup wrote')
    .addOption(dataOption())
    .addHelpText(
      'after',
      '\nExamples:\n  tl restore /srv/backup/trusted-launch.db --data /srv/new\n  tl restore FILE --database postgres://trusted_launch@/trusted_launch',
    )
    .action(async (file: string, options: Options) => {
      const data = dataDirectory(options)
      const { databaseOf, remember, restoreStore, runningService, settingsOf } = await import(
        '@trusted-launch/service'
      )
      if (runningService(data) !== null)
        throw new Error(`a control plane serves ${data}: tl down --data ${data}`)
      if (!existsSync(join(data, 'seal.key')))
        throw new Error(
          `there is no ${join(data, 'seal.key')}: the secrets in the backup are sealed with it; put it there first`,
        )
      const settings = settingsOf(data, settingsFrom(options))
      await restoreStore(resolve(file), databaseOf(data, settings))
      await remember(data, settings)
      output.out(`restored ${file}: tl up --data ${data}\n`)
      done(EXIT.affirming)
    })
}

function requireThere(data: string, path: string): void {
  if (existsSync(path)) return
  throw new Error(
    `${data} is no data folder: there is no ${basename(path)}; --data DIR names another`,
  )
}
