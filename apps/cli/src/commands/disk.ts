import { keyOf, parseResourceId } from '@trusted-launch/api'
import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { DISK, diskHolders, type Holder } from '../service/disk-holders.ts'
import { everything } from '../service/everything.ts'
import { grouped, type VmOptions } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { fieldsText, tableText } from '../table.ts'
import { diskAttachCommands } from './disk-attach.ts'
import { diskBytesCommands } from './disk-bytes.ts'
import { diskChangeCommands } from './disk-change.ts'

/** `tl disk …`: data disks made, given to VMs and taken away; and each VM's own. */
export function diskCommand(output: Output, done: (code: ExitCode) => void): Command {
  const command = new Command('disk')
    .summary('data disks: make them, give them to VMs and take them away')
    .addHelpText(
      'after',
      "\nExamples:\n  tl disk create data --size 4\n  tl disk attach data --vm web\n  tl disk list\n  tl disk detach data\n  tl disk delete data\n  tl disk upload data.raw --name data\n  tl disk download data data.raw\n\nA VM's own disk comes and goes with it.",
    )
  const commands = [
    listCommand(output, done),
    showCommand(output, done),
    ...diskChangeCommands(output, done),
    ...diskAttachCommands(output, done),
    ...diskBytesCommands(output, done),
  ]
  for (const one of commands) command.addCommand(one)
  return command
}

function listCommand(output: Output, done: (code: ExitCode) => void): Command {
  return grouped(new Command('list'))
    .summary('your disks: all of the subscription, or of --group')
    .addHelpText('after', '\nExamples:\n  tl disk list\n  tl disk list --group default --json')
    .action(async ({ group, json }: VmOptions) => {
      const { disks, holders } = await withService(async (connection) => {
        const scope = group === undefined ? connection.subscription : connection.group(group)
        const disks = await everything(connection.client.list(`${scope}/providers/${DISK}`))
        return { disks, holders: await diskHolders(connection) }
      })
      const views = disks.map((disk) => viewOf(disk, holders))
      output.out(json === true ? jsonText(disks) : textOfAll(views, output.width))
      done(EXIT.affirming)
    })
}

function showCommand(output: Output, done: (code: ExitCode) => void): Command {
  return grouped(new Command('show'))
    .summary('one disk')
    .argument('<name>', "the disk's name")
    .addHelpText('after', '\nExamples:\n  tl disk show data')
    .action(async (name: string, { group, json }: VmOptions) => {
      const { disk, holders } = await withService(async (connection) => {
        const disk = await connection.client.get(connection.resource(DISK, name, group))
        return { disk, holders: await diskHolders(connection) }
      })
      output.out(json === true ? jsonText(disk) : fieldsText(Object.entries(viewOf(disk, holders))))
      done(EXIT.affirming)
    })
}

function viewOf(
  { id, name, properties: of }: any,
  holders: ReadonlyMap<string, Holder>,
): Record<string, string> {
  const holder = holders.get(keyOf(String(id)))
  const place = holder?.lun === null ? 'its own' : `lun ${holder?.lun}`
  return {
    name: String(name),
    group: parseResourceId(String(id))?.resourceGroup ?? '',
    size: of.diskSizeGB === undefined ? '' : `${of.diskSizeGB} GiB`,
    state: stateOf(of),
    VM: holder === undefined ? '' : `${holder.name}, ${place}`,
    'security type': String(of.securityProfile?.securityType ?? ''),
  }
}

/** What is not there yet, or is read, in words. */
const STATES: Readonly<Record<string, string>> = {
  ReadyToUpload: 'waits for its bytes',
  ActiveUpload: 'is sent, or was cut off',
  ActiveSAS: 'is read',
}

function stateOf({ diskState = '', provisioningState }: any): string {
  const told = STATES[diskState]
  if (told !== undefined) return told
  return provisioningState === 'Creating' ? 'is made' : String(diskState)
}

function textOfAll(views: readonly Record<string, string>[], width: number): string {
  if (views.length === 0) return 'no disks\n'
  const rows = views.map((view) => Object.values(view).map(plain))
  return tableText(Object.keys(views[0]!), rows, width)
}
