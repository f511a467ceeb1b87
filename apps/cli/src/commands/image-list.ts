import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import type { Connection } from '../service/connection.ts'
import { everything } from '../service/everything.ts'
import { foundImage } from '../service/found-image.ts'
import { withService } from '../service/with-service.ts'
import { fieldsText, tableText } from '../table.ts'
import { BINDINGS } from './image-bind.ts'
import { IMAGE } from './image-import.ts'

interface ImageView {
  readonly image: string
  readonly versions: readonly string[]
  /** Of an imported one. */
  readonly id?: string
  /** Of a bound name: what it means. */
  readonly means?: string
}

/** `tl image list` and `tl image show`: what VMs can be made of. */
export function imageListCommands(output: Output, done: (code: ExitCode) => void): Command[] {
  const list = new Command('list')
    .summary("the control plane's images")
    .option('--json', 'one JSON document')
    .addHelpText('after', '\nExamples:\n  tl image list')
    .action(async ({ json }: { json?: boolean }) => {
      const images = await withService(async (connection): Promise<ImageView[]> => {
        const means = await boundNames(connection)
        const named = (await imagesOf(connection)).map((one) => {
          const meant = means.get(one.image.toLowerCase())
          return meant === undefined ? one : { ...one, means: meant }
        })
        return [...(await importedImages(connection)), ...named]
      })
      const rows = images.map(({ image, versions, id, means }) => [
        plain(image),
        id !== undefined
          ? 'imported'
          : plain(means === undefined ? versions.join(', ') : `→ ${means}`),
      ])
      const text = tableText(['image', 'versions'], rows, output.width)
      output.out(json === true ? jsonText(images) : rows.length === 0 ? 'no images\n' : text)
      done(EXIT.affirming)
    })
  const show = new Command('show')
    .summary('one image: its generation, processor and features')
    .argument('<image>', 'an imported one, debian-12, or PUBLISHER:OFFER:SKU[:VERSION]')
    .option(
      '--group <name>',
      'the resource group of an imported one (default: the one of tl whoami)',
    )
    .option('--json', 'one JSON document')
    .addHelpText('after', '\nExamples:\n  tl image show debian-12\n  tl image show mine')
    .action(async (image: string, { group, json }: { group?: string; json?: boolean }) => {
      const found = await withService((connection) => imageNamed(connection, image, group))
      output.out(json === true ? jsonText(found) : await textOf(found, output.width))
      done(EXIT.affirming)
    })
  return [list, show]
}

const offersOf = (publisher: string) => `/publishers/${publisher}/artifacttypes/vmimage/offers`

async function imagesOf(connection: Connection): Promise<ImageView[]> {
  const at = await marketplace(connection)
  const images: ImageView[] = []
  for (const publisher of await at.names('/publishers'))
    for (const offer of await at.names(offersOf(publisher)))
      for (const sku of await at.names(`${offersOf(publisher)}/${offer}/skus`)) {
        const path = `${offersOf(publisher)}/${offer}/skus/${sku}/versions`
        images.push({ image: `${publisher}:${offer}:${sku}`, versions: await at.names(path) })
      }
  return images
}

async function imageNamed(connection: Connection, image: string, group?: string): Promise<any> {
  const { id, publisher, offer, sku, version } = await foundImage(connection, image, group)
  if (id !== undefined) {
    const found = await connection.client.get(id)
    return { ...found, report: await connection.client.get(`${id}/providers/TrustedLaunch/report`) }
  }
  const at = await marketplace(connection)
  return at.get(`${offersOf(publisher!)}/${offer}/skus/${sku}/versions/${version}`)
}

/** The marketplace of the installation's location: its lists are arrays, not pages. */
async function marketplace(connection: Connection) {
  const { client, subscription } = connection
  const location = await connection.location()
  const root = `${subscription}/providers/Microsoft.Compute/locations/${location}`
  const get = (path: string): Promise<any> => client.get(root + path)
  const names = async (path: string): Promise<string[]> =>
    (await get(path)).map(({ name }: any) => String(name))
  return { get, names }
}

/** What bound names mean, by the names in lower case. */
async function boundNames({ client, subscription }: Connection): Promise<Map<string, string>> {
  const bindings = await everything<any>(client.list(`${subscription}${BINDINGS}`))
  return new Map(
    bindings.map(({ name, properties: { image } }) => {
      const { id, publisher, offer, sku } = image
      const meant = id === undefined ? [publisher, offer, sku].join(':') : id.split('/').at(-1)
      return [String(name).toLowerCase(), String(meant)]
    }),
  )
}

/** Images that were imported: of the whole subscription. */
async function importedImages({ client, subscription }: Connection): Promise<ImageView[]> {
  const images = await everything(client.list(`${subscription}/providers/${IMAGE}`))
  return images.map(({ name, id }) => ({ image: String(name), versions: [], id: String(id) }))
}

async function textOf({ name, properties, report }: any, width: number): Promise<string> {
  if (report !== undefined) {
    const { textOfExamination } = await import('../examined-file.ts')
    const head = fieldsText([
      ['name', String(name)],
      ['SHA-256', String(report.sha256)],
      ['file', `${report.format}, ${report.fileBytes} bytes`],
      ['disk', `${properties.storageProfile.osDisk.diskSizeGB} GiB`],
    ])
    return `${head}\n${textOfExamination(report.examination, width)}`
  }
  const { osDiskImage, hyperVGeneration, architecture, features } = properties
  return fieldsText([
    ['version', String(name)],
    ['system', String(osDiskImage?.operatingSystem)],
    ['disk', `${osDiskImage?.sizeInGb} GiB`],
    ['generation', String(hyperVGeneration)],
    ['processor', String(architecture)],
    ...features.map((one: any) => [String(one.name), String(one.value)] as const),
  ])
}
