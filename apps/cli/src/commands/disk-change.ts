import { Command, InvalidArgumentError, Option } from 'commander'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import { requireReadable } from '../input-file.ts'
import { jsonText, type Output } from '../output.ts'
import type { Connection } from '../service/connection.ts'
import { DISK } from '../service/disk-holders.ts'
import { found } from '../service/found.ts'
import { madeWhereMissing } from '../service/made-where-missing.ts'
import { waited } from '../service/progress.ts'
import { inGroup } from '../service/standing.ts'
import { uploadFile } from '../service/upload.ts'
import { followed, grouped, type VmOptions, waiting } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { told } from '../step.ts'
import { SNAPSHOT } from './snapshot.ts'

interface CreateOptions extends VmOptions {
  readonly size?: number
  readonly file?: string
  readonly copy?: string
  readonly snapshot?: string
}

const named = (verb: string) => grouped(new Command(verb)).argument('<name>', "the disk's name")

/** `tl disk create`, `resize` and `delete`. */
export function diskChangeCommands(output: Output, done: (code: ExitCode) => void): Command[] {
  const create = named('create')
    .summary('a data disk: empty, a copy of another, of a snapshot, or of a file')
    .option('--size <gib>', 'in GiB; of a copy and a file (default: as large as that)', sizeOf)
    .addOption(new Option('--copy <disk>', 'a disk of the same group').conflicts('file'))
    .addOption(
      new Option('--snapshot <snapshot>', 'a snapshot of the same group').conflicts([
        'copy',
        'file',
      ]),
    )
    .option('--file <file>', 'a disk image, raw or qcow2')
    .addHelpText(
      'after',
      '\nExamples:\n  tl disk create data --size 4\n  tl disk create data --file data.qcow2\n  tl disk create more --copy data --size 8\n  tl disk attach data --vm web',
    )
    .action(async (name: string, options: CreateOptions) => {
      const { size, file, copy, snapshot } = options
      if ([size, file, copy, snapshot].every((one) => one === undefined))
        throw new UsageError(
          'which disk? --size GIB for an empty one, --copy DISK, --snapshot SNAPSHOT or --file FILE',
        )
      if (file !== undefined) requireReadable(file)
      const disk = await withService((connection) => created(connection, name, options, output))
      const next = `made ${name}: tl disk attach ${name} --vm NAME${inGroup(options)}\n`
      output.out(options.json === true ? jsonText(disk) : next)
      done(EXIT.affirming)
    })
  const resize = named('resize')
    .summary('make a disk larger; none is made smaller')
    .requiredOption('--size <gib>', 'in GiB', sizeOf)
    .addHelpText('after', '\nExamples:\n  tl disk resize data --size 8')
    .action(async (name: string, options: VmOptions & { size: number }) => {
      const body = { properties: { diskSizeGB: options.size } }
      await changed('PATCH', `resizing ${name}`, name, options, output, body)
      done(EXIT.affirming)
    })
  const remove = waiting(named('delete'))
    .summary('delete a disk that no VM has, and what is on it')
    .addHelpText('after', '\nExamples:\n  tl disk delete data')
    .action(async (name: string, options: VmOptions) => {
      await changed('DELETE', `deleting ${name}`, name, options, output)
      done(EXIT.affirming)
    })
  return [create, waiting(resize), remove]
}

/** Of a disk that is there. @throws {ArmError} it is not. */
function changed(
  method: 'PATCH' | 'DELETE',
  doing: string,
  name: string,
  options: VmOptions,
  output: Output,
  body?: { properties: { diskSizeGB: number } },
): Promise<void> {
  return withService(async (connection) => {
    const path = connection.resource(DISK, name, options.group)
    await connection.client.get(path)
    const { operationUrl } = await connection.client.ask(method, path, body)
    await followed(connection, doing, operationUrl, options, output)
  })
}

/** @returns the disk as the control plane has it. */
async function created(
  connection: Connection,
  name: string,
  options: CreateOptions,
  output: Output,
): Promise<unknown> {
  const { size, file, copy, snapshot, group } = options
  const path = connection.resource(DISK, name, group)
  const there = await found(connection, path)
  if (there !== null) throw new Error(takenBy(there, `${name}${inGroup(options)}`))
  const location = await connection.location()
  const at = connection.group(group)
  await madeWhereMissing(connection, { method: 'PUT', path: at, body: { location } })
  const tell = told(output)
  const sent =
    file === undefined
      ? null
      : await uploadFile(connection, at, file, (percent) => tell(`sending: ${percent} %`))
  const copied = (type: string, called: string) => ({
    createOption: 'Copy',
    sourceResourceId: connection.resource(type, called, group),
  })
  const creationData =
    sent !== null
      ? { createOption: 'Import', sourceUri: sent.uri }
      : copy !== undefined
        ? copied(DISK, copy)
        : snapshot !== undefined
          ? copied(SNAPSHOT, snapshot)
          : { createOption: 'Empty' }
  const properties = { creationData, ...(size !== undefined && { diskSizeGB: size }) }
  try {
    const { operationUrl } = await connection.client.ask('PUT', path, { location, properties })
    if (operationUrl !== null) await waited(connection, `making ${name}`, operationUrl, output)
    return await connection.client.get(path)
  } catch (error) {
    await sent?.remove().catch(() => {})
    throw error
  }
}

/** What of that name is there, and what goes on with it or takes it away. */
function takenBy({ properties: { diskState, provisioningState } }: any, of: string): string {
  const [name, ...group] = of.split(' ')
  if (diskState === 'ReadyToUpload' || diskState === 'ActiveUpload') {
    const goesOn = `tl disk upload FILE --name ${[name, ...group].join(' ')}`
    return `the disk ${name} waits for its bytes: ${goesOn} goes on, tl disk delete ${of} takes it away`
  }
  if (provisioningState === 'Creating')
    return `the disk ${name} is made already: tl disk show ${of} tells when it is there`
  return `there is a disk ${name} already: another name, or tl disk delete ${of}`
}

function sizeOf(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('a number of GiB is wanted.')
}
