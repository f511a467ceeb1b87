import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { everything } from '../service/everything.ts'
import { VM } from '../service/new-vm.ts'
import { grouped, type VmOptions, vmPath, vmVerb } from '../service/vm-command.ts'
import { vmTable, vmText } from '../service/vm-text.ts'
import { viewOfVm } from '../service/vm-view.ts'
import { withService } from '../service/with-service.ts'

const EXPAND = '?$expand=instanceView'

/** `tl vm list` and `tl vm show`. */
export function vmShowCommands(output: Output, done: (code: ExitCode) => void): Command[] {
  const list = grouped(
    new Command('list').summary('your VMs: all of the subscription, or of --group'),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  tl vm list\n  tl vm list --group web\n\nIntegrity is what the verifier said of the boot that runs: healthy, warning, unhealthy, or not attested.',
    )
    .action(async ({ group, json }: VmOptions) => {
      const found = await withService((connection) => {
        const scope = group === undefined ? connection.subscription : connection.group(group)
        return everything(connection.client.list(`${scope}/providers/${VM}${EXPAND}`))
      })
      const text = found.length === 0 ? 'no VMs\n' : vmTable(found.map(viewOfVm), output)
      output.out(json === true ? jsonText(found) : text)
      done(EXIT.affirming)
    })
  const show = vmVerb('show', 'one VM, as it is now')
    .addHelpText('after', '\nExamples:\n  tl vm show web\n  tl vm show web --json')
    .action(async (name: string, options: VmOptions) => {
      const found = await withService((connection) =>
        connection.client.get(vmPath(connection, name, options) + EXPAND),
      )
      output.out(options.json === true ? jsonText(found) : vmText(viewOfVm(found)))
      done(EXIT.affirming)
    })
  return [list, show]
}
