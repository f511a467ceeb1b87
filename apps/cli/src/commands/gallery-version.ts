import { Command, Option } from 'commander'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import { requireReadable } from '../input-file.ts'
import { jsonText, type Output } from '../output.ts'
import { repeatable } from '../repeatable.ts'
import type { Connection } from '../service/connection.ts'
import { DISK } from '../service/disk-holders.ts'
import { foundImage } from '../service/found-image.ts'
import { VM } from '../service/new-vm.ts'
import { KEY_TEMPLATES, type OwnKeys, securityWith } from '../service/own-keys.ts'
import { waited } from '../service/progress.ts'
import { inGroup } from '../service/standing.ts'
import { uploadFile } from '../service/upload.ts'
import { followed, type VmOptions, waiting } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { told } from '../step.ts'
import { atLevel, levelCommands } from './gallery-level.ts'
import { galleryAt, type Level } from './gallery-resources.ts'

interface Options extends VmOptions, OwnKeys {
  readonly image?: string
  readonly vm?: string
  readonly disk?: string
  readonly file?: string
  readonly excludeFromLatest?: boolean
}

const LEVEL: Level = {
  ...{ noun: 'image version', nouns: 'image versions' },
  names: [
    ['gallery', "the gallery's name"],
    ['definition', "the definition's name"],
    ['version', 'three numbers, such as 1.0.0'],
  ],
  collection: '/versions',
  fields: ({ name, properties: of }) => [
    ['version', String(name)],
    ['state', String(of.provisioningState)],
    ['published', String(of.publishingProfile?.publishedDate ?? '')],
    ['latest', of.publishingProfile?.excludeFromLatest === true ? 'never' : 'if the highest'],
    ['keys', keysText(of.securityProfile?.uefiSettings)],
    ['made of', madeOf(of.storageProfile)],
  ],
  example: 'ours web 1.0.0',
  next: (typed, of) => `tl vm create --name NAME --image ${typed}${of}`,
}

function keysText(settings: any): string {
  if (settings === undefined) return "its system's own"
  const { signatureTemplateNames: templates = [], additionalSignatures: more = {} } = settings
  return [...templates, ...Object.keys(more).map((list) => `own ${list}`)].join(', ')
}

function madeOf({ source, osDiskImage }: any = {}): string {
  const id = source?.id ?? source?.virtualMachineId ?? osDiskImage?.source?.id
  return id === undefined ? 'a file' : String(id).split('/').slice(-2).join('/')
}

/** `tl gallery image-version …`: the bytes that VMs are made of, and the keys they begin with. */
export function versionCommand(output: Output, done: (code: ExitCode) => void): Command {
  const command = atLevel(LEVEL, 'create')
    .summary('make a version of an image, a VM, a disk or a file')
    .option('--image <image>', 'an imported one, or GALLERY/DEFINITION/VERSION')
    .option('--vm <name>', 'a deallocated VM; a generalized one where the definition says so')
    .option('--disk <disk>', 'a disk that a system starts from')
    .option('--file <file>', 'a disk image, raw or qcow2')
    .option('--exclude-from-latest', 'only who names this version gets it')
    .addOption(
      repeatable('--template <template>', 'whose keys firmware begins with', {
        choices: Object.keys(KEY_TEMPLATES),
      }),
    )
    .addOption(new Option('--pk <file>', 'a platform key of your own: a certificate'))
  for (const [list, what] of [
    ['kek', 'may change db and dbx'],
    ['db', 'vouches for what boots'],
    ['dbx', 'vouches for nothing any more'],
  ])
    command.addOption(repeatable(`--${list} <file>`, `a certificate that ${what}`))
  const create = waiting(command)
    .addHelpText(
      'after',
      '\nExamples:\n  tl gallery image-version create ours web 1.0.0 --image debian\n  tl gallery image-version create ours web 1.0.1 --file web.qcow2 --template none --pk pk.pem --db db.pem',
    )
    .action(async (gallery: string, definition: string, version: string, options: Options) => {
      requireOneSource(options)
      const security = securityWith(options)
      await withService((connection) =>
        made(connection, [gallery, definition, version], security, options, output),
      )
      done(EXIT.affirming)
    })
  const typed = 'tl gallery image-version'
  const all = new Command('image-version')
    .summary('the bytes that VMs are made of, and the keys that they begin with')
    .addHelpText(
      'after',
      `\nExamples:\n  ${typed} create ours web 1.0.0 --image debian\n  ${typed} list ours web`,
    )
    .addCommand(create)
  for (const one of levelCommands(LEVEL, typed, output, done)) all.addCommand(one)
  return all
}

function requireOneSource({ image, vm, disk, file }: Options): void {
  if ([image, vm, disk, file].filter((one) => one !== undefined).length !== 1)
    throw new UsageError('of what? One of --image IMAGE, --vm NAME, --disk DISK and --file FILE')
  if (file !== undefined) requireReadable(file)
}

async function made(
  connection: Connection,
  names: readonly string[],
  security: Record<string, any> | null,
  options: Options,
  output: Output,
): Promise<void> {
  const path = galleryAt(connection, names, options.group)
  const { storage, remove } = await storageOf(connection, options, output)
  const properties = {
    storageProfile: storage,
    ...(security !== null && { securityProfile: security }),
    ...(options.excludeFromLatest === true && { publishingProfile: { excludeFromLatest: true } }),
  }
  const location = await connection.location()
  const asked = await connection.client
    .ask('PUT', path, { location, properties })
    .catch(async (error) => {
      await remove().catch(() => {})
      throw error
    })
  const title = `making ${names.join('/')}`
  if (options.wait === false)
    return followed(connection, title, asked.operationUrl, options, output)
  if (asked.operationUrl !== null) await waited(connection, title, asked.operationUrl, output)
  const next = `made ${names.at(-1)}: ${LEVEL.next(names.join('/'), inGroup(options))}\n`
  output.out(options.json === true ? jsonText(await connection.client.get(path)) : next)
}

interface Storage {
  readonly storage: Record<string, any>
  /** Takes back what was sent. */
  readonly remove: () => Promise<void>
}

async function storageOf(
  connection: Connection,
  { image, vm, disk, file, group }: Options,
  output: Output,
): Promise<Storage> {
  const remove = async () => {}
  if (vm !== undefined)
    return { storage: { source: { virtualMachineId: connection.resource(VM, vm, group) } }, remove }
  if (disk !== undefined) {
    const id = connection.resource(DISK, disk, group)
    return { storage: { osDiskImage: { source: { id } } }, remove }
  }
  if (file !== undefined) {
    const tell = told(output)
    const sent = await uploadFile(connection, connection.group(group), file, (percent) =>
      tell(`sending: ${percent} %`),
    )
    return { storage: { osDiskImage: { source: { uri: sent.uri } } }, remove: sent.remove }
  }
  const { id } = await foundImage(connection, image!, group)
  if (id === undefined)
    throw new UsageError(
      `${image} is no image of yours: tl image list shows those that are imported`,
    )
  return { storage: { source: { id } }, remove }
}
