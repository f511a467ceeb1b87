import { parseResourceId } from '@trusted-launch/api'
import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { everything } from '../service/everything.ts'
import { grouped, type VmOptions } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { fieldsText, tableText } from '../table.ts'

const DISK = 'Microsoft.Compute/disks'

/** `tl disk list` and `tl disk show`. */
export function diskCommand(output: Output, done: (code: ExitCode) => void): Command {
  const list = grouped(
    new Command('list').summary('your disks: all of the subscription, or of --group'),
  ).action(async ({ group, json }: VmOptions) => {
    const found = await withService((connection) => {
      const scope = group === undefined ? connection.subscription : connection.group(group)
      return everything(connection.client.list(`${scope}/providers/${DISK}`))
    })
    output.out(json === true ? jsonText(found) : textOfAll(found.map(viewOf), output.width))
    done(EXIT.affirming)
  })
  const show = grouped(
    new Command('show').summary('one disk').argument('<name>', "the disk's name"),
  ).action(async (name: string, { group, json }: VmOptions) => {
    const found = await withService((connection) =>
      connection.client.get(connection.resource(DISK, name, group)),
    )
    output.out(json === true ? jsonText(found) : fieldsText(Object.entries(viewOf(found))))
    done(EXIT.affirming)
  })
  return new Command('disk')
    .summary('look at disks; a VM makes its own')
    .addHelpText('after', '\nExamples:\n  tl disk list\n  tl disk show data --group default')
    .addCommand(list)
    .addCommand(show)
}

function viewOf({ id, name, properties: of }: any): Record<string, string> {
  return {
    name: String(name),
    group: parseResourceId(String(id))?.resourceGroup ?? '',
    size: of.diskSizeGB === undefined ? '' : `${of.diskSizeGB} GiB`,
    state: String(of.diskState ?? ''),
    'security type': String(of.securityProfile?.securityType ?? ''),
  }
}

function textOfAll(views: readonly Record<string, string>[], width: number): string {
  if (views.length === 0) return 'no disks\n'
  const rows = views.map((view) => Object.values(view).map(plain))
  return tableText(Object.keys(views[0]!), rows, width)
}
