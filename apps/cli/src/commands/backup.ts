import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { dataDirectory, dataOption } from '../data-directory.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'

interface Options {
  readonly data?: string
}

const DATABASE = 'service.db'

/** `tl backup`: the control plane's database as it is at one moment, while it goes on. */
export function backupCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('backup')
    .summary("a copy of the control plane's database, made while it serves")
    .description(
      'Writes one file, readable by you alone. Secrets in it are sealed with DATA/seal.key, which is not in it: keep that file elsewhere, or they are lost. VMs and their disks (DATA/host) are not in it either.',
    )
    .argument('<file>', 'where to; it must not be there')
    .addOption(dataOption())
    .addHelpText('after', '\nExamples:\n  tl backup /srv/backup/trusted-launch.db')
    .action(async (file: string, options: Options) => {
      const data = dataDirectory(options)
      requireData(data)
      const { openStore } = await import('@trusted-launch/service')
      const store = await openStore({ path: join(data, DATABASE) })
      try {
        await store.backup(resolve(file))
      } finally {
        await store.close()
      }
      output.out(`wrote ${file}; its sealed values want ${join(data, 'seal.key')}\n`)
      done(EXIT.affirming)
    })
}

/** `tl restore`: a backup into a data folder without a database. */
export function restoreCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('restore')
    .summary('a backup into a data folder that has no database')
    .description(
      'The control plane must not run. Put the seal.key that was beside the database into the data folder first: without it the signing keys and the seeds of VMs that never booted cannot be opened.',
    )
    .argument('<file>', 'what tl backup wrote')
    .addOption(dataOption())
    .addHelpText('after', '\nExamples:\n  tl restore /srv/backup/trusted-launch.db --data /srv/new')
    .action(async (file: string, options: Options) => {
      const data = dataDirectory(options)
      const { restoreStore, runningService } = await import('@trusted-launch/service')
      if (runningService(data) !== null)
        throw new Error(`a control plane serves ${data}: tl down --data ${data}`)
      if (!existsSync(join(data, 'seal.key')))
        throw new Error(
          `there is no ${join(data, 'seal.key')}: the secrets in the backup are sealed with it; put it there first`,
        )
      await restoreStore(resolve(file), { path: join(data, DATABASE) })
      output.out(`restored ${file}: tl up --data ${data}\n`)
      done(EXIT.affirming)
    })
}

function requireData(data: string): void {
  if (existsSync(join(data, DATABASE))) return
  throw new Error(`${data} is no data folder: there is no ${DATABASE}; --data DIR names another`)
}
