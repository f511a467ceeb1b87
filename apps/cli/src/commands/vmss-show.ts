import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import type { Connection } from '../service/connection.ts'
import { everything } from '../service/everything.ts'
import { SET } from '../service/new-set.ts'
import { grouped, type VmOptions } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { instancesText, setsText, setText } from './vmss-text.ts'

/** `tl vmss list` and `show`. */
export function vmssShowCommands(output: Output, done: (code: ExitCode) => void): Command[] {
  const list = grouped(new Command('list'))
    .summary('your scale sets: all of the subscription, or of --group')
    .addHelpText('after', '\nExamples:\n  tl vmss list\n  tl vmss list --group shop --json')
    .action(async ({ group, json }: VmOptions) => {
      const found = await withService((connection) => {
        const scope = group === undefined ? connection.subscription : connection.group(group)
        return everything(connection.client.list(`${scope}/providers/${SET}`))
      })
      output.out(json === true ? jsonText(found) : setsText(found, output.width))
      done(EXIT.affirming)
    })
  const show = grouped(new Command('show'))
    .summary('one scale set, and how many of its instances are in which state')
    .argument('<name>', "the set's name")
    .addHelpText('after', '\nExamples:\n  tl vmss show fleet')
    .action(async (name: string, { group, json }: VmOptions) => {
      const { set, view } = await withService(async (connection) => {
        const path = connection.resource(SET, name, group)
        const set = await connection.client.get(path)
        return { set, view: await connection.client.get(`${path}/instanceView`) }
      })
      output.out(json === true ? jsonText({ ...set, instanceView: view }) : setText(set, view))
      done(EXIT.affirming)
    })
  return [list, show]
}

/** All instances of a set, with what is so of each. */
export function instancesAt(connection: Connection, path: string): Promise<any[]> {
  return everything<any>(connection.client.list(`${path}/virtualMachines?$expand=instanceView`))
}

/** `tl vmss instance list`. */
export function instanceListCommand(output: Output, done: (code: ExitCode) => void): Command {
  return grouped(new Command('list'))
    .summary('the instances of a scale set')
    .description(
      'Those of a Flexible set are VMs besides: tl vm attest, tl vm console and the like take their names.',
    )
    .argument('<name>', "the set's name")
    .addHelpText('after', '\nExamples:\n  tl vmss instance list fleet')
    .action(async (name: string, { group, json }: VmOptions) => {
      const all = await withService((connection) =>
        instancesAt(connection, connection.resource(SET, name, group)),
      )
      output.out(json === true ? jsonText(all) : instancesText(all, output.width))
      done(EXIT.affirming)
    })
}
