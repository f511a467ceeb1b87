import { Command } from 'commander'
import type { ExaminedFile } from '../examined-file.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import type { Connection } from '../service/connection.ts'
import { found } from '../service/found.ts'
import { madeWhereMissing } from '../service/made-where-missing.ts'
import { waited } from '../service/progress.ts'
import { uploadFile } from '../service/upload.ts'
import { grouped } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { told } from '../step.ts'

export const IMAGE = 'Microsoft.Compute/images'

interface Options {
  readonly name: string
  readonly group?: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** `tl image import`: somebody's disk becomes an image of the control plane. */
export function imageImportCommand(output: Output, done: (code: ExitCode) => void): Command {
  return grouped(new Command('import'))
    .summary("make an image of somebody's disk, after a report of what works")
    .description(
      'Looks at a disk image (raw or qcow2) without mounting it, tells what works, what does not and what cannot be told, and makes an image of it that VMs are made of by its name. A file that names another one (a backing file) is refused.',
    )
    .argument('<file>', 'a disk image, or an https address of one')
    .requiredOption('--name <name>', 'what to call the image')
    .option('--dry-run', 'only the report; nothing is sent')
    .addHelpText(
      'after',
      '\nExamples:\n  tl image import debian-12-generic-amd64.qcow2 --name debian --dry-run\n  tl image import debian-12-generic-amd64.qcow2 --name debian\n  tl vm create --name web --image debian',
    )
    .action(async (file: string, options: Options) => {
      const { withFetched } = await import('../examined-file.ts')
      const tell = told(output)
      await withFetched(file, tell, (path) => importFile(path, options, output, tell))
      done(EXIT.affirming)
    })
}

async function importFile(
  path: string,
  options: Options,
  output: Output,
  tell: (step: string) => void,
): Promise<void> {
  const { examinedFile, textOfExamination } = await import('../examined-file.ts')
  const examined = await examinedFile(path)
  const isJson = options.json === true
  if (!isJson) output.out(textOfExamination(examined.examination, output.width))
  const isDry = options.dryRun === true
  const image = isDry ? null : await made(path, examined, options, output, tell)
  if (isJson) output.out(jsonText({ ...examined, image }))
  else if (!isDry)
    output.out(`\nmake a VM of it   tl vm create --name web --image ${options.name}\n`)
}

/** @returns the image as the control plane has it. */
async function made(
  path: string,
  { examination }: ExaminedFile,
  options: Options,
  output: Output,
  tell: (step: string) => void,
): Promise<unknown> {
  if (examination.startsBy === null)
    throw new Error(`no VM could start from it: ${examination.conclusion}`)
  return withService(async (connection) => {
    const location = await connection.location()
    await refuseTaken(connection, options)
    const group = connection.group(options.group)
    await madeWhereMissing(connection, { method: 'PUT', path: group, body: { location } })
    const step = (percent: number) => tell(`sending: ${percent} %`)
    const { uri, remove } = await uploadFile(connection, group, path, step)
    const at = connection.resource(IMAGE, options.name, options.group)
    const body = bodyOf(location, examination, uri)
    return put(connection, at, body, options.name, output).catch(async (error) => {
      await remove().catch(() => {})
      throw error
    })
  })
}

/** Before anything is sent. One that failed to be made is tried again. @throws {Error} there is one of this name. */
async function refuseTaken(connection: Connection, { name, group }: Options): Promise<void> {
  const taken = await found(connection, connection.resource(IMAGE, name, group))
  if (taken === null || taken.properties?.provisioningState === 'Failed') return
  const of = group === undefined ? '' : ` --group ${group}`
  throw new Error(
    `there is an image ${name} already: tl image delete ${name}${of}, or another --name`,
  )
}

function bodyOf(
  location: string,
  { osType, hyperVGeneration }: ExaminedFile['examination'],
  blobUri: string,
) {
  const osDisk = { osType, osState: 'Generalized', blobUri }
  return { location, properties: { hyperVGeneration, storageProfile: { osDisk } } }
}

async function put(
  connection: Connection,
  path: string,
  body: ReturnType<typeof bodyOf>,
  name: string,
  output: Output,
): Promise<unknown> {
  const { operationUrl } = await connection.client.ask('PUT', path, body)
  if (operationUrl !== null) await waited(connection, `taking ${name}`, operationUrl, output)
  return connection.client.get(path)
}
