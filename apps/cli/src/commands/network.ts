import { Command, InvalidArgumentError } from 'commander'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { repeatable } from '../repeatable.ts'
import { madeWhereMissing } from '../service/made-where-missing.ts'
import { inGroup } from '../service/standing.ts'
import { grouped, type VmOptions } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { nsgCommand } from './network-nsg.ts'
import { groupOf, kindCommands, NETWORK, type NetworkKind } from './network-resources.ts'

const KIND: NetworkKind = {
  ...{ type: NETWORK, noun: 'network', nouns: 'networks', what: "the network's name" },
  typed: 'tl network',
  goes: 'delete a network; not while an interface is in it',
  fields: ({ name, id, properties: of }) => [
    ['name', String(name)],
    ['group', groupOf(id)],
    ['addresses', (of.addressSpace?.addressPrefixes ?? []).join(' ')],
    ['subnets', of.subnets.map(subnetText).join(' ')],
    ['state', String(of.provisioningState)],
  ],
}

const subnetText = ({ name, properties: of }: any) =>
  `${name}=${of.addressPrefix ?? of.addressPrefixes?.join('+') ?? ''}`

interface CreateOptions extends VmOptions {
  readonly prefix: string
  readonly subnet?: readonly string[]
  readonly bridge?: string
}

/** `tl network …`: the networks that VMs have their parts in, and who is let through. */
export function networkCommand(output: Output, done: (code: ExitCode) => void): Command {
  const command = new Command('network')
    .summary('virtual networks of VMs, and the security groups that let traffic through')
    .addHelpText(
      'after',
      '\nExamples:\n  tl network list\n  tl network create shop --prefix 10.1.0.0/16 --subnet web=10.1.0.0/24\n  tl network nsg create web\n  tl network nsg rule set web https --port 443',
    )
    .addCommand(createCommand(output, done))
  for (const one of kindCommands(KIND, output, done)) command.addCommand(one)
  return command.addCommand(nsgCommand(output, done))
}

function createCommand(output: Output, done: (code: ExitCode) => void): Command {
  return grouped(new Command('create'))
    .argument('<name>', "the network's name")
    .summary('make a network, with its subnets')
    .option('--prefix <cidr>', 'its addresses, IPv4', '10.0.0.0/16')
    .addOption(
      repeatable('--subnet <name=cidr>', 'a subnet of it (default: one, default, of all of it)'),
    )
    .option('--bridge <bridge>', 'on a bridge that the host’s operator allows: br0, or br0:20')
    .addHelpText(
      'after',
      '\nExamples:\n  tl network create shop\n  tl network create shop --prefix 10.1.0.0/16 --subnet web=10.1.0.0/24 --subnet db=10.1.1.0/24\n  tl network create lan --bridge br0 --prefix 192.168.7.0/24',
    )
    .action(async (name: string, options: CreateOptions) => {
      const { prefix, group, bridge } = options
      const subnets = (options.subnet ?? [`default=${prefix}`]).map(subnetOf)
      const made = await withService(async (connection) => {
        const location = await connection.location()
        const place = { method: 'PUT' as const, path: connection.group(group), body: { location } }
        await madeWhereMissing(connection, place)
        const path = connection.resource(NETWORK, name, group)
        const properties = {
          ...{ addressSpace: { addressPrefixes: [prefix] }, subnets },
          ...(bridge !== undefined && { trustedLaunch: { bridge } }),
        }
        const isNew = await madeWhereMissing(connection, {
          ...{ method: 'PUT', path, body: { location, properties } },
        })
        if (!isNew)
          throw new UsageError(`there is a network ${name} already: tl network show ${name}`)
        return connection.client.get(path)
      })
      const next = `made ${name}: tl network show ${name}${inGroup(options)}\n`
      output.out(options.json === true ? jsonText(made) : next)
      done(EXIT.affirming)
    })
}

/** `web=10.1.0.0/24` */
function subnetOf(text: string) {
  const [, name, addressPrefix] = /^([\w.-]+)=([0-9.]+\/\d+)$/.exec(text) ?? []
  if (name === undefined)
    throw new InvalidArgumentError(`--subnet ${text}: NAME=ADDRESS/LENGTH, such as web=10.1.0.0/24`)
  return { name, properties: { addressPrefix } }
}
