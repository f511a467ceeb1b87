import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { everything } from '../service/everything.ts'
import { followed, type VmOptions, waiting } from '../service/vm-command.ts'
import { goingWithGroup, tellGoing } from '../service/what-goes.ts'
import { withService } from '../service/with-service.ts'
import { tableText } from '../table.ts'

/** `tl group …`: resource groups, which are made with the first that is made in them. */
export function groupCommand(output: Output, done: (code: ExitCode) => void): Command {
  const list = new Command('list')
    .summary('the resource groups')
    .option('--json', 'one JSON document')
    .addHelpText('after', '\nExamples:\n  tl group list')
    .action(async ({ json }: VmOptions) => {
      const { groups, own } = await withService(async ({ client, subscription, profile }) => ({
        groups: await everything<any>(client.list(`${subscription}/resourceGroups`)),
        own: profile.group,
      }))
      const rows = groups.map(({ name, location }) => [
        plain(name),
        plain(location),
        name === own ? 'meant when none is named' : '',
      ])
      const text = tableText(['group', 'location', ''], rows, output.width)
      output.out(json === true ? jsonText(groups) : rows.length === 0 ? 'no groups\n' : text)
      done(EXIT.affirming)
    })
  const remove = waiting(new Command('delete'))
    .summary('delete a group and all that is in it, its VMs too')
    .argument('<group>', 'its name')
    .option('--json', 'one JSON document')
    .option('--dry-run', 'only tell what would go, and what stays')
    .addHelpText('after', '\nExamples:\n  tl group delete shop --dry-run\n  tl group delete shop')
    .action(async (name: string, options: VmOptions & { dryRun?: boolean }) => {
      await withService(async (connection) => {
        const path = connection.group(name)
        await connection.client.get(path)
        if (options.dryRun === true)
          return tellGoing(await goingWithGroup(connection, path), options, output)
        const { operationUrl } = await connection.client.ask('DELETE', path)
        await followed(connection, `deleting ${name}`, operationUrl, options, output)
      })
      done(EXIT.affirming)
    })
  return new Command('group')
    .summary('resource groups: list them, delete one with all that is in it')
    .addHelpText('after', '\nExamples:\n  tl group list\n  tl group delete shop')
    .addCommand(list)
    .addCommand(remove)
}
