import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import type { Connection } from '../service/connection.ts'
import { everything } from '../service/everything.ts'
import { grouped, type VmOptions, vmPath } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { tableText } from '../table.ts'

/** `tl reference-values list VM`: what a VM is held against, at itself and above. */
export function listCommand(output: Output, done: (code: ExitCode) => void): Command {
  return grouped(new Command('list'))
    .summary('what a VM of the service is held against, and who answers for it')
    .argument('<vm>', "the VM's name")
    .addHelpText('after', '\nExamples:\n  tl reference-values list web')
    .action(async (vm: string, options: VmOptions) => {
      const found = await withService((connection) => listed(connection, vm, options))
      output.out(options.json === true ? jsonText(found) : textOf(found, output.width))
      done(EXIT.affirming)
    })
}

/** `tl reference-values revoke VM NAME`: what was approved counts no more. */
export function revokeCommand(output: Output, done: (code: ExitCode) => void): Command {
  return grouped(new Command('revoke'))
    .summary('what was approved of a VM counts no more: boots of it are drift again')
    .argument('<vm>', "the VM's name")
    .argument('<id>', 'as tl reference-values list tells it, or how it begins')
    .addHelpText('after', '\nExamples:\n  tl reference-values revoke web 5a1be7c0')
    .action(async (vm: string, name: string, options: VmOptions) => {
      const id = await withService(async (connection) => {
        const all = await listed(connection, vm, options)
        const own = all.filter((one) => one.properties.origin !== 'foretold')
        const [one, ...more] = own.filter((each) => each.name.startsWith(name.toLowerCase()))
        if (one === undefined || more.length > 0)
          throw new Error(
            `${more.length > 0 ? 'more than one' : 'nothing that was approved'} begins with ${plain(name)}; tl reference-values list ${vm} shows them`,
          )
        await connection.client.ask('DELETE', one.id)
        return one.id
      })
      output.out(options.json === true ? jsonText({ id, revoked: true }) : 'revoke: done\n')
      done(EXIT.affirming)
    })
}

async function listed(connection: Connection, vm: string, { group }: VmOptions): Promise<any[]> {
  const path = vmPath(connection, vm, { ...(group !== undefined && { group }) })
  return everything(connection.client.list(`${path}/providers/TrustedLaunch/referenceValues`))
}

function textOf(all: readonly any[], width: number): string {
  if (all.length === 0) return 'nothing was foretold of it, and nothing approved\n'
  const rows = all.map(({ id, name, properties }) => {
    const { origin, variant, version, isRetired, goodBoots, approvedBy, reason } = properties
    const what = origin === 'foretold' ? `version ${version}` : variant
    const who = origin === 'foretold' ? 'its host' : `${approvedBy}: ${reason}`
    const counts = isRetired ? 'retired' : 'counts'
    return [name.slice(0, 8), whereIn(id), what, counts, goodBoots ?? '', who]
      .map(String)
      .map(plain)
  })
  return tableText(['id', 'at', 'what', 'state', 'boots', 'by'], rows, width)
}

const whereIn = (id: string) =>
  /\/virtualMachineScaleSets\//i.test(id)
    ? 'set'
    : /\/virtualMachines\//i.test(id)
      ? 'VM'
      : 'subscription'
