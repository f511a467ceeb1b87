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
  const toTemplate = new Command('export')
    .summary('a group as a template, which makes the same in another one')
    .description(
      'Writes a template of what is in the group, for tl deployment create. Names are parameters; passwords are secure ones that whoever deploys gives. What cannot be in a template, as the bytes of images and snapshots, is told.',
    )
    .argument('<group>', 'its name')
    .addHelpText(
      'after',
      '\nExamples:\n  tl group export shop > shop.json\n  tl deployment create again --group copy --template shop.json',
    )
    .action(async (name: string) => {
      const { template, error } = await withService(async (connection) => {
        const asked = { resources: ['*'], options: 'IncludeParameterDefaultValue' }
        return (
          await connection.client.ask('POST', `${connection.group(name)}/exportTemplate`, asked)
        ).body as any
      })
      output.out(jsonText(template))
      for (const { target, message } of error?.details ?? [])
        output.err(`${plain(target)}: ${plain(message)}\n`)
      done(EXIT.affirming)
    })
  return new Command('group')
    .summary('resource groups: list them, export or delete one with all that is in it')
    .addHelpText('after', '\nExamples:\n  tl group list\n  tl group delete shop')
    .addCommand(list)
    .addCommand(toTemplate)
    .addCommand(remove)
}
