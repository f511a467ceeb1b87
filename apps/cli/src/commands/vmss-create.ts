import { Command, Option } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { readInput } from '../input-file.ts'
import { jsonText, type Output } from '../output.ts'
import type { Connection } from '../service/connection.ts'
import { found } from '../service/found.ts'
import { foundImage } from '../service/found-image.ts'
import { madeWhereMissing } from '../service/made-where-missing.ts'
import { type NewSet, requestsForSet, SET } from '../service/new-set.ts'
import { operationIdOf, waited } from '../service/progress.ts'
import { publicKey } from '../service/ssh-key.ts'
import { inGroup } from '../service/standing.ts'
import { grouped, type VmOptions, waiting } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { type SecurityOptions, securityAsked, securityOptions } from './vm-create.ts'
import { countOf, setText } from './vmss-text.ts'

interface Options extends VmOptions, SecurityOptions {
  readonly image: string
  readonly size: string
  readonly user: string
  readonly instances: number
  readonly mode: NewSet['mode']
  readonly upgradePolicy: NewSet['upgradePolicy']
  readonly sshKey?: string
  readonly customData?: string
  readonly dryRun?: boolean
}

const CUSTOM_DATA_MAX = 64 << 10

/** `tl vmss create`: a scale set, and the network that it wants. */
export function vmssCreateCommand(output: Output, done: (code: ExitCode) => void): Command {
  const command = new Command('create')
    .summary('make a scale set: VMs of one model, Trusted Launch by default')
    .description(
      'Makes the group and the network where they are not there, then the set, and waits until its instances booted.',
    )
    .argument('<name>', "the set's name")
    .requiredOption(
      '--image <image>',
      'debian-12, small, uki, an imported one, GALLERY/DEFINITION, PUBLISHER:OFFER:SKU[:VERSION] or an id',
    )
    .option('--instances <n>', 'how many', countOf, 2)
    .option('--size <name>', "one of Azure's sizes: tl size list", 'Standard_B1s')
    .option('--user <name>', 'their administrator', 'azureuser')
    .option('--ssh-key <file>', 'a public key of theirs (default: yours, or a new one)')
    .option('--custom-data <file>', 'for cloud-init; - for standard input')
    .addOption(
      new Option('--mode <mode>', 'whether its instances are VMs of their own, too')
        .choices(['Flexible', 'Uniform'])
        .default('Flexible'),
    )
    .addOption(
      new Option('--upgrade-policy <policy>', 'how another model gets to its instances')
        .choices(['Manual', 'Automatic', 'Rolling'])
        .default('Manual'),
    )
    .option('--dry-run', 'print the requests, as JSON, and ask for nothing')
  for (const option of securityOptions()) command.addOption(option)
  return waiting(grouped(command))
    .addHelpText(
      'after',
      '\nExamples:\n  tl vmss create fleet --image debian-12 --instances 3\n  tl vmss create fleet --image small --mode Uniform --upgrade-policy Rolling\n  tl vmss create fleet --image small --dry-run',
    )
    .action(async (name: string, options: Options) => {
      await withService((connection) => create(connection, name, options, output))
      done(EXIT.affirming)
    })
}

async function create(
  connection: Connection,
  name: string,
  options: Options,
  output: Output,
): Promise<void> {
  const { image, size, user, instances, mode, upgradePolicy } = options
  const data =
    options.customData === undefined ? null : readInput(options.customData, CUSTOM_DATA_MAX)
  const asked = requestsForSet(connection.group(options.group), {
    ...{ name, size, user, instances, mode, upgradePolicy, ...securityAsked(options) },
    image: await foundImage(connection, image, options.group),
    location: await connection.location(),
    sshKey: publicKey(options.sshKey, output.err),
    ...{ guestCommands: false, machineOwnerKeys: [] },
    customData: data === null ? null : Buffer.from(data).toString('base64'),
  })
  if (options.dryRun === true) return output.out(jsonText(Object.values(asked)))
  const path = connection.resource(SET, name, options.group)
  const of = `${name}${inGroup(options)}`
  if ((await found(connection, path)) !== null)
    throw new Error(
      `there is a scale set ${name} already: tl vmss scale ${of} --instances N, tl vmss update ${of}, or another name`,
    )
  for (const one of [asked.group, asked.network]) await madeWhereMissing(connection, one)
  const { operationUrl } = await connection.client.ask('PUT', path, asked.set.body)
  const isOver = operationUrl === null || options.wait !== false
  if (operationUrl !== null && isOver)
    await waited(connection, `making ${name}`, operationUrl, output)
  const operation = isOver ? null : operationIdOf(operationUrl!)
  const set = await connection.client.get(path)
  if (options.json === true)
    return output.out(jsonText({ ...set, ...(operation !== null && { operation }) }))
  const next =
    operation === null
      ? `its instances   tl vmss instance list ${of}`
      : `it goes on      tl operation wait ${operation}`
  output.out(`${setText(set)}\n${next}\n`)
}
