import { networkFor } from '@trusted-launch/api'
import { Command, Option } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import type { Connection } from '../service/connection.ts'
import { DISK } from '../service/disk-holders.ts'
import { found } from '../service/found.ts'
import { madeWhereMissing } from '../service/made-where-missing.ts'
import { VM } from '../service/new-vm.ts'
import { waited } from '../service/progress.ts'
import { COLLECTION, madePoint } from '../service/restore-point.ts'
import { inGroup } from '../service/standing.ts'
import { grouped, type VmOptions } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'

interface CloneOptions extends VmOptions {
  readonly name: string
  readonly vtpm: 'replace' | 'copy'
  readonly force?: boolean
}

/** `tl vm clone`: another VM with the disks and the variable store of one, and a vTPM of its own or the same. */
export function vmCloneCommand(output: Output, done: (code: ExitCode) => void): Command {
  return grouped(new Command('clone'))
    .summary('make another VM of one as it is now; that one may run')
    .argument('<vm>', 'the VM that it is made of')
    .requiredOption('--name <name>', 'what the new VM is called')
    .addOption(
      new Option('--vtpm <which>', 'a vTPM of its own, or the same: keys, what is sealed, all')
        .choices(['replace', 'copy'])
        .default('replace'),
    )
    .option('--force', 'a copy of the vTPM though a VM has it: two VMs of one identity')
    .addHelpText(
      'after',
      '\nExamples:\n  tl vm clone web --name web2\n  tl vm clone web --name web2 --vtpm copy --force\n\nWhat the disk sealed to the vTPM (disk encryption) stays closed to a vTPM of its own: have the recovery key at hand.',
    )
    .action(async (vm: string, options: CloneOptions) => {
      const made = await withService((connection) => cloned(connection, vm, options, output))
      const next = `made ${options.name} of ${vm}: tl vm show ${options.name}${inGroup(options)}\n`
      output.out(options.json === true ? jsonText(made) : next)
      done(EXIT.affirming)
    })
}

async function cloned(
  connection: Connection,
  vm: string,
  options: CloneOptions,
  output: Output,
): Promise<unknown> {
  const { name, group } = options
  const path = connection.resource(VM, name, group)
  if ((await found(connection, path)) !== null)
    throw new Error(`there is a VM ${name} already: another --name`)
  const source: any = await connection.client.get(connection.resource(VM, vm, group))
  const location = await connection.location()
  const collection = connection.resource(COLLECTION, `clone-${name}`, group)
  const properties = { source: { id: source.id } }
  await madeWhereMissing(connection, {
    ...{ method: 'PUT', path: collection, body: { location, properties } },
  })
  const made: string[] = []
  try {
    const point = await madePoint(connection, `${collection}/restorePoints/of-${vm}`, output)
    const place = networkFor(connection.group(group), location, name)
    for (const one of [place.network, place.nic]) await madeWhereMissing(connection, one)
    const storageProfile = await madeDisks(connection, point, options, made, output)
    const vTpmOf = { restorePoint: { id: point.id }, force: options.force === true }
    const properties = {
      ...{ ...ofSource(source, place.nic.path), storageProfile },
      ...(options.vtpm === 'copy' && { trustedLaunch: { vTpmOf } }),
    }
    const { operationUrl } = await connection.client.ask('PUT', path, { location, properties })
    if (operationUrl !== null) await waited(connection, `making ${name}`, operationUrl, output)
    return await connection.client.get(path)
  } catch (error) {
    // A VM that is there though its boot failed has them.
    if ((await found(connection, path)) === null)
      for (const disk of made) await connection.client.ask('DELETE', disk).catch(() => {})
    throw error
  } finally {
    const { operationUrl } = await connection.client.ask('DELETE', collection)
    if (operationUrl !== null) await waited(connection, 'clearing up', operationUrl, output)
  }
}

function ofSource({ properties }: any, nic: string) {
  return {
    hardwareProfile: properties.hardwareProfile,
    ...(properties.securityProfile && { securityProfile: properties.securityProfile }),
    networkProfile: {
      networkInterfaces: [{ id: nic, properties: { primary: true, deleteOption: 'Delete' } }],
    },
  }
}

/** Every disk of the point becomes one of the new VM's, and goes with it. @param paths where those that are begun are told. */
async function madeDisks(
  connection: Connection,
  point: any,
  { name, group }: CloneOptions,
  paths: string[],
  output: Output,
) {
  const location = await connection.location()
  const { osDisk, dataDisks } = point.properties.sourceMetadata.storageProfile
  const made = async (called: string, { diskRestorePoint }: any) => {
    const path = connection.resource(DISK, called, group)
    paths.push(path)
    const creationData = { createOption: 'Restore', sourceResourceId: diskRestorePoint.id }
    const { operationUrl } = await connection.client.ask('PUT', path, {
      ...{ location, properties: { creationData } },
    })
    if (operationUrl !== null) await waited(connection, `making ${called}`, operationUrl, output)
    return { createOption: 'Attach', managedDisk: { id: path }, deleteOption: 'Delete' }
  }
  const own = { ...(await made(`${name}-os`, osDisk)), osType: osDisk.osType }
  const data: object[] = []
  for (const disk of dataDisks)
    data.push({ lun: disk.lun, ...(await made(`${name}-data-${disk.lun}`, disk)) })
  return { osDisk: own, dataDisks: data }
}
