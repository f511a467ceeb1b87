import { networkFor, securityProfile } from '@trusted-launch/api'
import { viewOfSize } from '../commands/size.ts'
import type { Foreign, ImportOptions } from '../commands/vm-import.ts'
import type { Output } from '../output.ts'
import type { Connection } from '../service/connection.ts'
import { DISK } from '../service/disk-holders.ts'
import { everything } from '../service/everything.ts'
import { found } from '../service/found.ts'
import { madeWhereMissing } from '../service/made-where-missing.ts'
import { VM } from '../service/new-vm.ts'
import { waited } from '../service/progress.ts'
import { inGroup } from '../service/standing.ts'
import { uploadFile } from '../service/upload.ts'

const SIZE_DEFAULT = 'Standard_B1s'

/** Sends what comes along, makes a disk of it, and a VM that takes it as its own. @returns the VM. */
export async function importedVm(
  connection: Connection,
  foreign: Foreign,
  options: ImportOptions,
  output: Output,
  tell: (step: string) => void,
): Promise<unknown> {
  const { examination } = foreign.examined
  if (examination.startsBy === null)
    throw new Error(`no VM could start from it: ${examination.conclusion}`)
  await refuseTaken(connection, foreign.name, options)
  const size = options.size ?? (await sizeFor(connection, foreign))
  const location = await connection.location()
  const group = connection.group(options.group)
  const place = networkFor(group, location, foreign.name)
  for (const one of [place.group, place.network]) await madeWhereMissing(connection, one)
  const disk = await madeDisk(connection, foreign, options, output, tell)
  try {
    await madeWhereMissing(connection, place.nic)
    const path = connection.resource(VM, foreign.name, options.group)
    const body = { location, properties: propertiesOf(foreign, size, disk, place.nic.path) }
    const { operationUrl } = await connection.client.ask('PUT', path, body)
    if (operationUrl !== null)
      await waited(connection, `making ${foreign.name}`, operationUrl, output)
    return await connection.client.get(path)
  } catch (error) {
    await connection.client.ask('DELETE', disk).catch(() => {})
    throw error
  }
}

/** Before anything is sent. @throws {Error} there is a VM of this name, or a disk that it would have. */
async function refuseTaken(
  connection: Connection,
  name: string,
  options: ImportOptions,
): Promise<void> {
  const of = inGroup(options)
  for (const [type, called, kind] of [
    [VM, name, 'vm'],
    [DISK, `${name}-os`, 'disk'],
  ] as const)
    if ((await found(connection, connection.resource(type, called, options.group))) !== null)
      throw new Error(
        `there is a ${kind === 'vm' ? 'VM' : kind} ${called} already: another --name, or tl ${kind} delete ${called}${of}`,
      )
}

function propertiesOf(foreign: Foreign, vmSize: string, disk: string, nic: string) {
  const { secureBoot } = foreign.comes
  const isSupported = foreign.examined.examination.securityType !== null
  const security =
    isSupported && secureBoot !== null
      ? securityProfile({ securityType: 'TrustedLaunch', secureBoot, vTpm: true })
      : null
  return {
    hardwareProfile: { vmSize },
    storageProfile: {
      osDisk: {
        ...{ createOption: 'Attach', osType: foreign.examined.examination.osType },
        ...{ managedDisk: { id: disk }, deleteOption: 'Delete' },
      },
    },
    networkProfile: {
      networkInterfaces: [{ id: nic, properties: { primary: true, deleteOption: 'Delete' } }],
    },
    ...(security !== null && { securityProfile: security }),
  }
}

/** @returns its id. */
async function madeDisk(
  connection: Connection,
  { name, disk, nvram, examined }: Foreign,
  options: ImportOptions,
  output: Output,
  tell: (step: string) => void,
): Promise<string> {
  const group = connection.group(options.group)
  const send = (path: string) =>
    uploadFile(connection, group, path, (percent) => tell(`sending ${path}: ${percent} %`))
  const sent = [await send(disk), ...(nvram === null ? [] : [await send(nvram)])]
  const [sourceUri, securityDataUri] = sent.map(({ uri }) => uri)
  const creationData =
    securityDataUri === undefined
      ? { createOption: 'Import', sourceUri: sourceUri! }
      : { createOption: 'ImportSecure', sourceUri: sourceUri!, securityDataUri }
  const id = connection.resource(DISK, `${name}-os`, options.group)
  const { osType, hyperVGeneration } = examined.examination
  const body = {
    location: await connection.location(),
    properties: { osType, hyperVGeneration, creationData },
  }
  try {
    const { operationUrl } = await connection.client.ask('PUT', id, body)
    if (operationUrl !== null) await waited(connection, `taking ${disk}`, operationUrl, output)
    return id
  } catch (error) {
    for (const { remove } of sent) await remove().catch(() => {})
    throw error
  }
}

/** The smallest size here that has as many processors and as much memory as it had. */
async function sizeFor(
  { client, subscription }: Connection,
  { machine }: Foreign,
): Promise<string> {
  const { vcpus = null, memoryMiB = null } = machine ?? {}
  if (vcpus === null && memoryMiB === null) return SIZE_DEFAULT
  const all = await everything(client.list(`${subscription}/providers/Microsoft.Compute/skus`))
  const [best] = all
    .map(viewOfSize)
    .filter((size) => size.available && size.trustedLaunch && size.architecture === 'x64')
    .filter((size) => size.vcpus >= (vcpus ?? 1) && size.memoryGib * 1024 >= (memoryMiB ?? 0))
    .sort((a, b) => a.memoryGib - b.memoryGib || a.vcpus - b.vcpus || (a.name < b.name ? -1 : 1))
  if (best !== undefined) return best.name
  throw new Error(
    `no size here has ${vcpus ?? 1} vCPUs and ${memoryMiB ?? 0} MiB: --size NAME names a smaller one, tl size list --supported shows them`,
  )
}
