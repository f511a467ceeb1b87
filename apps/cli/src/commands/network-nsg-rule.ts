import { Command, InvalidArgumentError, Option } from 'commander'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import type { Output } from '../output.ts'
import type { Connection } from '../service/connection.ts'
import { followed, grouped, type VmOptions, waiting } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { NSG } from './network-resources.ts'

interface SetOptions extends VmOptions {
  readonly port: string
  readonly protocol: string
  readonly peer: string
  readonly deny?: boolean
  readonly outbound?: boolean
  readonly priority?: number
}

/** Between rules without a number of their own, so that others fit in. */
const STEP = 10
const [FIRST, LAST] = [100, 4096]

const ofRule = (verb: string) =>
  waiting(grouped(new Command(verb)))
    .argument('<name>', "the security group's name")
    .argument('<rule>', "the rule's name")

/** `tl network nsg rule …` */
export function ruleCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('rule')
    .summary('rules of a security group: the first that matches decides')
    .addHelpText(
      'after',
      '\nExamples:\n  tl network nsg rule set web https --port 443\n  tl network nsg rule delete web https',
    )
    .addCommand(setCommand(output, done))
    .addCommand(deleteCommand(output, done))
}

function setCommand(output: Output, done: (code: ExitCode) => void): Command {
  return ofRule('set')
    .summary('allow, or deny, what comes in; a rule of this name is replaced')
    .requiredOption('--port <port>', 'a port, a range such as 8000-8100, or *')
    .addOption(
      new Option('--protocol <protocol>', 'what it is about')
        .choices(['tcp', 'udp', 'icmp', 'any'])
        .default('tcp'),
    )
    .option('--peer <cidr>', 'the other side: addresses, Internet, VirtualNetwork, or *', '*')
    .option('--deny', 'deny it')
    .option('--outbound', 'what the VM begins')
    .addOption(
      new Option(
        '--priority <number>',
        `which is asked first, ${FIRST} to ${LAST} (default: after the others)`,
      ).argParser(priorityOf),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  tl network nsg rule set web https --port 443\n  tl network nsg rule set web ssh --port 22 --peer 192.0.2.0/24\n  tl network nsg rule set web no-mail --port 25 --outbound --deny',
    )
    .action(async (name: string, rule: string, options: SetOptions) => {
      await changed(name, `setting ${rule} of ${name}`, options, output, (rules) => {
        const others = rules.filter((one) => !isCalled(one, rule))
        const before = rules.find((one) => isCalled(one, rule))
        const priority =
          options.priority ?? before?.properties.priority ?? nextPriority(others, options)
        return [...others, { name: rule, properties: propertiesOf(options, priority) }]
      })
      done(EXIT.affirming)
    })
}

function deleteCommand(output: Output, done: (code: ExitCode) => void): Command {
  return ofRule('delete')
    .summary('take a rule away')
    .addHelpText('after', '\nExamples:\n  tl network nsg rule delete web https')
    .action(async (name: string, rule: string, options: VmOptions) => {
      await changed(name, `deleting ${rule} of ${name}`, options, output, (rules) => {
        const others = rules.filter((one) => !isCalled(one, rule))
        if (others.length < rules.length) return others
        throw new UsageError(`${name} has no rule ${rule}: tl network nsg show ${name}`)
      })
      done(EXIT.affirming)
    })
}

/** Reads a group's rules, and writes them back as they are to be: only where nobody changed them meanwhile. */
async function changed(
  name: string,
  title: string,
  options: VmOptions,
  output: Output,
  change: (rules: readonly any[]) => any[],
): Promise<void> {
  await withService(async (connection: Connection) => {
    const path = connection.resource(NSG, name, options.group)
    const { location, tags, properties } = (await connection.client.get(path)) as any
    const securityRules = change(properties.securityRules ?? [])
    const body = { location, tags, properties: { ...properties, securityRules } }
    const { operationUrl } = await connection.client.ask('PUT', path, body)
    await followed(connection, title, operationUrl, options, output)
  })
}

const isCalled = (rule: any, name: string) => rule.name.toLowerCase() === name.toLowerCase()

function nextPriority(others: readonly any[], options: SetOptions): number {
  const direction = directionOf(options)
  const taken = others
    .filter(({ properties: of }) => of.direction === direction)
    .map(({ properties: of }) => Number(of.priority))
  return Math.min(LAST, Math.max(FIRST - STEP, ...taken) + STEP)
}

const directionOf = ({ outbound }: SetOptions) => (outbound === true ? 'Outbound' : 'Inbound')

function propertiesOf(options: SetOptions, priority: number) {
  const { port, protocol, peer, deny, outbound } = options
  return {
    ...{ priority, direction: directionOf(options), access: deny === true ? 'Deny' : 'Allow' },
    protocol: protocol === 'any' ? '*' : protocol[0]!.toUpperCase() + protocol.slice(1),
    ...{ sourcePortRange: '*', destinationPortRange: port },
    sourceAddressPrefix: outbound === true ? '*' : peer,
    destinationAddressPrefix: outbound === true ? peer : '*',
  }
}

function priorityOf(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= FIRST && number <= LAST) return number
  throw new InvalidArgumentError(`a number from ${FIRST} to ${LAST} is wanted.`)
}
