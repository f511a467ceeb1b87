import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { madeWhereMissing } from '../service/made-where-missing.ts'
import { inGroup } from '../service/standing.ts'
import { grouped, type VmOptions } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { attachCommand, detachCommand } from './network-nsg-attach.ts'
import { ruleCommand } from './network-nsg-rule.ts'
import { groupOf, kindCommands, type NetworkKind, NSG } from './network-resources.ts'

const KIND: NetworkKind = {
  ...{ type: NSG, noun: 'security group', nouns: 'security groups' },
  what: "the security group's name",
  typed: 'tl network nsg',
  goes: 'delete a security group; not while an interface or a subnet has it',
  fields: ({ name, id, properties: of }) => [
    ['name', String(name)],
    ['group', groupOf(id)],
    ['rules', (of.securityRules ?? []).map(ruleText).join('; ')],
    ['state', String(of.provisioningState)],
  ],
}

/** `https: Allow Inbound tcp 443 from *` */
function ruleText({ name, properties: of }: any): string {
  const one = (member: string, many: string) => of[member] ?? (of[many] ?? []).join(',')
  const way = of.direction === 'Outbound' ? 'to' : 'from'
  const side = of.direction === 'Outbound' ? 'destination' : 'source'
  const ports = one('destinationPortRange', 'destinationPortRanges')
  const place = one(`${side}AddressPrefix`, `${side}AddressPrefixes`)
  return `${name}: ${of.access} ${of.direction} ${String(of.protocol).toLowerCase()} ${ports} ${way} ${place}`
}

/** `tl network nsg …`: who is let through to VMs, and out of them. */
export function nsgCommand(output: Output, done: (code: ExitCode) => void): Command {
  const create = grouped(new Command('create'))
    .argument('<name>', KIND.what)
    .summary("make a security group: with Azure's own rules alone, nobody from outside is let in")
    .addHelpText('after', '\nExamples:\n  tl network nsg create web')
    .action(async (name: string, options: VmOptions) => {
      const { group } = options
      const made = await withService(async (connection) => {
        const location = await connection.location()
        const place = { method: 'PUT' as const, path: connection.group(group), body: { location } }
        await madeWhereMissing(connection, place)
        const path = connection.resource(NSG, name, group)
        await madeWhereMissing(connection, { method: 'PUT', path, body: { location } })
        return connection.client.get(path)
      })
      const next = `made ${name}: tl network nsg rule set ${name} RULE --port PORT${inGroup(options)}\n`
      output.out(options.json === true ? jsonText(made) : next)
      done(EXIT.affirming)
    })
  const command = new Command('nsg')
    .summary('security groups: rules for what comes into VMs, and what they begin')
    .addHelpText(
      'after',
      '\nExamples:\n  tl network nsg create web\n  tl network nsg rule set web https --port 443\n  tl network nsg attach web --vm web',
    )
    .addCommand(create)
  for (const one of kindCommands(KIND, output, done)) command.addCommand(one)
  return command
    .addCommand(ruleCommand(output, done))
    .addCommand(attachCommand(output, done))
    .addCommand(detachCommand(output, done))
}
