import { Command, Option } from 'commander'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import type { Output } from '../output.ts'
import type { Connection } from '../service/connection.ts'
import { followed, grouped, type VmOptions, vmPath, waiting } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { NETWORK, NSG } from './network-resources.ts'

interface WhereOptions extends VmOptions {
  readonly vm?: string
  readonly network?: string
  readonly subnet: string
}

function where(command: Command): Command {
  return waiting(grouped(command))
    .addOption(new Option('--vm <name>', 'a VM of the same group').conflicts('network'))
    .option('--network <name>', 'a network of the same group: all VMs of its subnet')
    .option('--subnet <subnet>', 'which subnet of the network', 'default')
}

/** `tl network nsg attach`: what it lets through holds for a VM, or a subnet, from then on. */
export function attachCommand(output: Output, done: (code: ExitCode) => void): Command {
  return where(new Command('attach').argument('<name>', "the security group's name"))
    .summary('have a group decide for a VM, or all VMs of a subnet; also while they run')
    .addHelpText(
      'after',
      '\nExamples:\n  tl network nsg attach web --vm web\n  tl network nsg attach web --network shop --subnet web',
    )
    .action(async (name: string, options: WhereOptions) => {
      await withService(async (connection) => {
        const id = connection.resource(NSG, name, options.group)
        await connection.client.get(id)
        await decide(connection, `attaching ${name}`, { id }, options, output)
      })
      done(EXIT.affirming)
    })
}

/** `tl network nsg detach` */
export function detachCommand(output: Output, done: (code: ExitCode) => void): Command {
  return where(new Command('detach'))
    .summary('have no group decide for a VM, or for a subnet')
    .addHelpText('after', '\nExamples:\n  tl network nsg detach --vm web')
    .action(async (options: WhereOptions) => {
      await withService((connection) => decide(connection, 'detaching', null, options, output))
      done(EXIT.affirming)
    })
}

async function decide(
  connection: Connection,
  title: string,
  group: { readonly id: string } | null,
  options: WhereOptions,
  output: Output,
): Promise<void> {
  const path = await pathOf(connection, options)
  const { location, tags, properties } = (await connection.client.get(path)) as any
  const { networkSecurityGroup: _, ...rest } = properties
  const body = {
    ...(location !== undefined && { location, tags }),
    properties: { ...rest, ...(group !== null && { networkSecurityGroup: group }) },
  }
  const { operationUrl } = await connection.client.ask('PUT', path, body)
  await followed(connection, title, operationUrl, options, output)
}

/** The first interface of a VM, or a subnet. */
async function pathOf(connection: Connection, options: WhereOptions): Promise<string> {
  const { vm, network, subnet, group } = options
  if (network !== undefined)
    return `${connection.resource(NETWORK, network, group)}/subnets/${encodeURIComponent(subnet)}`
  if (vm === undefined) throw new UsageError('of what? --vm VM, or --network NETWORK')
  const { properties } = (await connection.client.get(vmPath(connection, vm, options))) as any
  return properties.networkProfile.networkInterfaces[0].id
}
