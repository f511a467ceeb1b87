import { Command, Option } from 'commander'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import type { Connection } from '../service/connection.ts'
import { DISK } from '../service/disk-holders.ts'
import { everything } from '../service/everything.ts'
import { waited } from '../service/progress.ts'
import { inGroup } from '../service/standing.ts'
import { followed, grouped, type VmOptions, vmPath, waiting } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { fieldsText, tableText } from '../table.ts'
import { downloadCommand } from './disk-bytes.ts'

export const SNAPSHOT = 'Microsoft.Compute/snapshots'

interface CreateOptions extends VmOptions {
  readonly disk?: string
  readonly vm?: string
}

const named = (verb: string) => grouped(new Command(verb)).argument('<name>', "the snapshot's name")

/** `tl snapshot …`: disks as they were at one moment. */
export function snapshotCommand(output: Output, done: (code: ExitCode) => void): Command {
  const command = new Command('snapshot')
    .summary('disks as they were at one moment; of VMs that run too')
    .addHelpText(
      'after',
      '\nExamples:\n  tl snapshot create before --vm web\n  tl snapshot create before-data --disk data\n  tl disk create again --snapshot before-data\n  tl snapshot list\n\nDisks, variable store and vTPM of a VM together: tl restore-point.',
    )
  const commands = [
    createCommand(output, done),
    listCommand(output, done),
    showCommand(output, done),
    deleteCommand(output, done),
    downloadCommand(SNAPSHOT, output, done),
  ]
  for (const one of commands) command.addCommand(one)
  return command
}

function createCommand(output: Output, done: (code: ExitCode) => void): Command {
  return named('create')
    .summary("keep a disk, or a VM's own disk, as it is now")
    .addOption(new Option('--disk <disk>', 'a disk of the same group').conflicts('vm'))
    .option('--vm <name>', 'a VM of the same group: its own disk')
    .addHelpText(
      'after',
      '\nExamples:\n  tl snapshot create before --vm web\n  tl snapshot create before-data --disk data',
    )
    .action(async (name: string, options: CreateOptions) => {
      if (options.disk === undefined && options.vm === undefined)
        throw new UsageError('of which disk? --disk DISK, or --vm VM for its own')
      const snapshot = await withService(async (connection) => {
        const sourceResourceId = await sourceOf(connection, options)
        const path = connection.resource(SNAPSHOT, name, options.group)
        const creationData = { createOption: 'Copy', sourceResourceId }
        const body = { location: await connection.location(), properties: { creationData } }
        const { operationUrl } = await connection.client.ask('PUT', path, body)
        if (operationUrl !== null) await waited(connection, `keeping ${name}`, operationUrl, output)
        return connection.client.get(path)
      })
      const next = `kept ${name}: tl disk create NAME --snapshot ${name}${inGroup(options)}\n`
      output.out(options.json === true ? jsonText(snapshot) : next)
      done(EXIT.affirming)
    })
}

async function sourceOf(connection: Connection, options: CreateOptions): Promise<string> {
  const { disk, vm, group } = options
  if (disk !== undefined) return connection.resource(DISK, disk, group)
  const { properties } = (await connection.client.get(vmPath(connection, vm!, options))) as any
  return properties.storageProfile.osDisk.managedDisk.id
}

function listCommand(output: Output, done: (code: ExitCode) => void): Command {
  return grouped(new Command('list'))
    .summary('your snapshots: all of the subscription, or of --group')
    .addHelpText('after', '\nExamples:\n  tl snapshot list\n  tl snapshot list --json')
    .action(async ({ group, json }: VmOptions) => {
      const snapshots = await withService((connection) => {
        const scope = group === undefined ? connection.subscription : connection.group(group)
        return everything(connection.client.list(`${scope}/providers/${SNAPSHOT}`))
      })
      const rows = snapshots.map(viewOf)
      const text =
        rows.length === 0
          ? 'no snapshots\n'
          : tableText(
              Object.keys(rows[0]!),
              rows.map((row) => Object.values(row).map(plain)),
              output.width,
            )
      output.out(json === true ? jsonText(snapshots) : text)
      done(EXIT.affirming)
    })
}

function showCommand(output: Output, done: (code: ExitCode) => void): Command {
  return named('show')
    .summary('one snapshot')
    .addHelpText('after', '\nExamples:\n  tl snapshot show before')
    .action(async (name: string, { group, json }: VmOptions) => {
      const snapshot = await withService((connection) =>
        connection.client.get(connection.resource(SNAPSHOT, name, group)),
      )
      output.out(json === true ? jsonText(snapshot) : fieldsText(Object.entries(viewOf(snapshot))))
      done(EXIT.affirming)
    })
}

function deleteCommand(output: Output, done: (code: ExitCode) => void): Command {
  return waiting(named('delete'))
    .summary('delete a snapshot; disks made of it stay')
    .addHelpText('after', '\nExamples:\n  tl snapshot delete before')
    .action(async (name: string, options: VmOptions) => {
      await withService(async (connection) => {
        const path = connection.resource(SNAPSHOT, name, options.group)
        await connection.client.get(path)
        const { operationUrl } = await connection.client.ask('DELETE', path)
        await followed(connection, `deleting ${name}`, operationUrl, options, output)
      })
      done(EXIT.affirming)
    })
}

function viewOf({ name, properties: of }: any): Record<string, string> {
  return {
    name: String(name),
    disk: String(of.creationData?.sourceResourceId ?? '')
      .split('/')
      .at(-1)!,
    size: `${of.diskSizeGB} GiB`,
    consistency: String(of.consistencyMode ?? of.provisioningState),
    taken: String(of.timeCreated ?? ''),
  }
}
