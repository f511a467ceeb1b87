import { parseResourceId } from '@trusted-launch/api'
import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { everything } from '../service/everything.ts'
import { followed, grouped, type VmOptions, waiting } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { fieldsText, tableText } from '../table.ts'

export const NETWORK = 'Microsoft.Network/virtualNetworks'
export const NSG = 'Microsoft.Network/networkSecurityGroups'

/** A kind of resource of networks, as it is typed. */
export interface NetworkKind {
  /** `Microsoft.Network/virtualNetworks` */
  readonly type: string
  readonly noun: string
  readonly nouns: string
  /** What its name is. */
  readonly what: string
  /** `tl network` */
  readonly typed: string
  /** What deleting one does. */
  readonly goes: string
  readonly fields: (one: any) => readonly (readonly [string, string])[]
}

/** The group of an id. */
export const groupOf = (id: string) => parseResourceId(String(id))?.resourceGroup ?? ''

/** `list`, `show` and `delete` of a kind. */
export function kindCommands(
  kind: NetworkKind,
  output: Output,
  done: (code: ExitCode) => void,
): Command[] {
  const { type, noun, nouns, typed, fields, what } = kind
  const named = (verb: string) => grouped(new Command(verb)).argument('<name>', what)
  const list = grouped(new Command('list'))
    .summary(`your ${nouns}: all of the subscription, or of --group`)
    .addHelpText('after', `\nExamples:\n  ${typed} list\n  ${typed} list --json`)
    .action(async ({ group, json }: VmOptions) => {
      const found = await withService((connection) => {
        const scope = group === undefined ? connection.subscription : connection.group(group)
        return everything<any>(connection.client.list(`${scope}/providers/${type}`))
      })
      output.out(json === true ? jsonText(found) : textOf(kind, found, output.width))
      done(EXIT.affirming)
    })
  const show = named('show')
    .summary(`one ${noun}`)
    .addHelpText('after', `\nExamples:\n  ${typed} show web`)
    .action(async (name: string, { group, json }: VmOptions) => {
      const found = await withService((connection) =>
        connection.client.get(connection.resource(type, name, group)),
      )
      output.out(json === true ? jsonText(found) : fieldsText(fields(found)))
      done(EXIT.affirming)
    })
  const remove = waiting(named('delete'))
    .summary(kind.goes)
    .addHelpText('after', `\nExamples:\n  ${typed} delete web`)
    .action(async (name: string, options: VmOptions) => {
      await withService(async (connection) => {
        const path = connection.resource(type, name, options.group)
        await connection.client.get(path)
        const { operationUrl } = await connection.client.ask('DELETE', path)
        await followed(connection, `deleting ${name}`, operationUrl, options, output)
      })
      done(EXIT.affirming)
    })
  return [list, show, remove]
}

function textOf({ nouns, fields }: NetworkKind, found: readonly any[], width: number): string {
  if (found.length === 0) return `no ${nouns}\n`
  const names = fields(found[0]).map(([name]) => name)
  return tableText(
    names,
    found.map((one) => fields(one).map(([, value]) => plain(value))),
    width,
  )
}
