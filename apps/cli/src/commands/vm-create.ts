import {
  type Asked,
  isVmName,
  type NewVm,
  type NewVmRequests,
  requestsFor,
} from '@trusted-launch/api'
import { Command, Option } from 'commander'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import { decodedFrom, readInput } from '../input-file.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { repeatable } from '../repeatable.ts'
import type { Connection } from '../service/connection.ts'
import { found } from '../service/found.ts'
import { foundImage } from '../service/found-image.ts'
import { madeWhereMissing } from '../service/made-where-missing.ts'
import { planAt } from '../service/plan-text.ts'
import { operationIdOf, waited } from '../service/progress.ts'
import { publicKey } from '../service/ssh-key.ts'
import { inGroup, standingOf } from '../service/standing.ts'
import { grouped, type VmOptions, vmPath, waiting } from '../service/vm-command.ts'
import { vmText } from '../service/vm-text.ts'
import { promisesSsh, viewOfVm } from '../service/vm-view.ts'
import { withService } from '../service/with-service.ts'
import { certificatesFrom } from '../trust.ts'
import { type PlaceOptions, placeAsked, placeOptions } from './vm-place.ts'

type OnOff = 'on' | 'off'

/** What was said of a VM's security. */
export interface SecurityOptions {
  readonly securityType?: 'TrustedLaunch' | 'Standard'
  readonly secureBoot?: OnOff
  readonly vtpm?: OnOff
}

interface Options extends VmOptions, SecurityOptions, PlaceOptions {
  readonly name: string
  readonly image: string
  readonly size: string
  readonly user: string
  readonly sshKey?: string
  readonly customData?: string
  readonly dryRun?: boolean
  readonly mok?: readonly string[]
  readonly allowCommands?: boolean
  readonly trustOnFirstUse?: boolean
}

const CERTIFICATES_MAX = 64 << 10
const NOT_CHECKED =
  'nothing was asked for: whether the name is free, and image and size fit, was not checked\n'
const CUSTOM_DATA_MAX = 64 << 10

/** `tl vm create`: a VM, and everything that it wants. */
export function vmCreateCommand(output: Output, done: (code: ExitCode) => void): Command {
  const command = new Command('create')
    .summary('make a VM: Trusted Launch by default, with all that it wants')
    .description(
      'Makes the group, the network and the interface where they are not there, then the VM, and waits until it booted. The first VM of an image builds that image.',
    )
    .requiredOption('--name <name>', "the VM's name")
    .requiredOption(
      '--image <image>',
      'debian-12, small, uki, an imported one, PUBLISHER:OFFER:SKU[:VERSION] or an id',
    )
    .option('--size <name>', "one of Azure's sizes: tl size list", 'Standard_B1s')
    .option('--user <name>', 'its administrator', 'azureuser')
    .option('--ssh-key <file>', 'a public key of theirs (default: yours, or a new one)')
  for (const option of [
    ...securityOptions(),
    machineOwnerKey(),
    allowCommands(),
    trustOnFirstUse(),
    customData(),
    ...placeOptions(),
    dryRun(),
  ])
    command.addOption(option)
  return waiting(grouped(command))
    .addHelpText(
      'after',
      '\nExamples:\n  tl vm create --name web --image debian-12\n  tl vm create --name web --image debian-12 --size Standard_D2s_v5 --secure-boot off\n  tl vm create --name gpu --image debian-12 --mok dkms.der\n  tl vm create --name web --image small --dry-run',
    )
    .action(async (options: Options) => {
      await withService((connection) => create(connection, options, output))
      done(EXIT.affirming)
    })
}

/** `--security-type`, `--secure-boot` and `--vtpm`. */
export function securityOptions(): Option[] {
  return [
    new Option('--security-type <type>', 'what it is (default: what size and image allow)').choices(
      ['TrustedLaunch', 'Standard'],
    ),
    new Option('--secure-boot <state>', 'whether only signed code boots').choices(['on', 'off']),
    new Option('--vtpm <state>', 'whether it has a TPM of its own').choices(['on', 'off']),
  ]
}

const customData = () => new Option('--custom-data <file>', 'for cloud-init; - for standard input')
const machineOwnerKey = () =>
  repeatable('--mok <file>', 'a certificate that shim, and a kernel for its modules, trust besides')
const allowCommands = () =>
  new Option('--allow-commands', 'let tl vm run-command run scripts in it, by its qemu-guest-agent')
const trustOnFirstUse = () =>
  new Option(
    '--trust-on-first-use',
    'let a person approve what its first boot showed, where that was not as foretold: by a plan of its own',
  )
const dryRun = () => new Option('--dry-run', 'print the requests, as JSON, and ask for nothing')

/** What was said of its security; null: nothing. */
export function securityAsked(options: SecurityOptions) {
  const state = (given: OnOff | undefined) => (given === undefined ? null : given === 'on')
  return {
    securityType: options.securityType ?? null,
    secureBoot: state(options.secureBoot),
    vTpm: state(options.vtpm),
  }
}

async function create(connection: Connection, options: Options, output: Output): Promise<void> {
  const { name, image, size, user } = options
  requireName(name)
  const data =
    options.customData === undefined ? null : readInput(options.customData, CUSTOM_DATA_MAX)
  const vm: NewVm = {
    ...{ name, size, user, ...securityAsked(options) },
    image: await foundImage(connection, image, options.group),
    location: await connection.location(),
    sshKey: publicKey(options.sshKey, output.err),
    guestCommands: options.allowCommands === true,
    machineOwnerKeys: (options.mok ?? []).flatMap(ownerKeysIn),
    customData: data === null ? null : Buffer.from(data).toString('base64'),
    ...(await placeAsked(options, output)),
  }
  const asked = requestsFor(connection.group(options.group), vm)
  if (options.dryRun === true) {
    const body = { properties: { document: TRUSTING_PLAN } }
    const plan = { method: 'PUT', path: planAt(asked.vm.path), body }
    const all = Object.values(asked).filter((one) => one !== null)
    output.out(jsonText(options.trustOnFirstUse === true ? [...all, plan] : all))
    output.err(NOT_CHECKED)
  } else await made(connection, asked, options, output)
}

/** As a host name is: before the name of anything else is made of it. @throws {UsageError} */
function requireName(name: string): void {
  if (!isVmName(name))
    throw new UsageError(
      `--name ${plain(name)}: such as web-1: letters, digits and hyphens, 64 at most`,
    )
}

/** @throws {UsageError} no certificate. */
function ownerKeysIn(path: string): Uint8Array[] {
  const read = (bytes: Uint8Array) => certificatesFrom(bytes).map(({ der }) => der)
  return decodedFrom(path, 'a certificate', CERTIFICATES_MAX, read)
}

/** What a VM made with `--trust-on-first-use` has for a plan. */
const TRUSTING_PLAN = {
  ...{ version: 1, name: 'trust-on-first-use' },
  references: { trustOnFirstUse: true },
}

/** An interface that no VM came of is removed again. */
async function made(
  connection: Connection,
  { group, network, nic, vm, extension }: NewVmRequests,
  options: Options,
  output: Output,
): Promise<void> {
  const { client } = connection
  await refuseTaken(connection, vm.path, options)
  await madeWhereMissing(connection, group)
  if (network !== null) await madeWhereMissing(connection, network)
  const isNew = await madeWhereMissing(connection, nic)
  const { operationUrl } = await client.ask('PUT', vm.path, vm.body).catch(async (error) => {
    if (isNew) await client.ask('DELETE', nic.path).catch(() => {})
    throw error
  })
  // before its first boot is judged
  if (options.trustOnFirstUse === true)
    await client.ask('PUT', planAt(vm.path), { properties: { document: TRUSTING_PLAN } })
  const isOver = operationUrl === null || options.wait !== false
  if (operationUrl !== null && isOver)
    await waited(connection, `making ${options.name}`, operationUrl, output)
  if (extension !== null) await extended(connection, extension, isOver, options, output)
  await tell(connection, isOver ? null : operationIdOf(operationUrl!), options, output)
}

/** It marks the VM as monitored, and attests one that is up. */
async function extended(
  connection: Connection,
  { path, body }: Asked,
  isOver: boolean,
  { name }: Options,
  output: Output,
): Promise<void> {
  const { operationUrl } = await connection.client.ask('PUT', path, body)
  if (operationUrl !== null && isOver)
    await waited(connection, `extending ${name}`, operationUrl, output)
}

/** One that failed to be made is tried again. @throws {Error} there is one of this name. */
async function refuseTaken(connection: Connection, path: string, options: Options): Promise<void> {
  const taken = await found(connection, path)
  if (taken === null || taken.properties?.provisioningState === 'Failed') return
  const { name } = options
  throw new Error(
    `there is a VM ${name} already: another --name, or tl vm delete ${name}${inGroup(options)}`,
  )
}

async function tell(
  connection: Connection,
  operation: string | null,
  options: Options,
  { out }: Output,
): Promise<void> {
  const path = `${vmPath(connection, options.name, options)}?$expand=instanceView`
  const body = await connection.client.get(path)
  if (options.json === true) return out(jsonText({ ...body, ...(operation && { operation }) }))
  const of = `${options.name}${inGroup(options)}`
  const vm = viewOfVm(body)
  const standing = operation === null ? await standingOf(connection, options.name, options) : ''
  const reach = promisesSsh(vm)
    ? `reach it      tl vm ssh ${of}`
    : `its console   tl vm console ${of}`
  const next =
    operation === null
      ? `\n${reach}\nits verdict   tl vm attest ${of}\n`
      : `\nit goes on    tl operation wait ${operation}\n`
  out(`${vmText(vm)}${standing === '' ? '' : `\n${standing}`}${next}`)
}
