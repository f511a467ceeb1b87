import { Command } from 'commander'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import type { Connection } from '../service/connection.ts'
import { foundImage } from '../service/found-image.ts'
import { SET } from '../service/new-set.ts'
import { followed, grouped, type VmOptions, waiting } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { instancesAt } from './vmss-show.ts'
import { countOf } from './vmss-text.ts'

interface Options extends VmOptions {
  readonly dryRun?: boolean
}

interface Verb {
  readonly name: string
  readonly summary: string
  readonly path: string
  readonly doing: string
  /** What of each instance is lost by it. */
  readonly loses?: string
}

const VERBS: readonly Verb[] = [
  { name: 'start', summary: 'start instances', path: 'start', doing: 'starting' },
  { name: 'stop', summary: 'stop instances', path: 'poweroff', doing: 'stopping' },
  { name: 'restart', summary: 'restart instances', path: 'restart', doing: 'restarting' },
  {
    ...{ name: 'deallocate', path: 'deallocate', doing: 'deallocating' },
    summary: 'stop instances, and give back what they hold',
  },
  {
    ...{ name: 'reimage', path: 'reimage', doing: 'reimaging' },
    ...{ summary: 'make the disks of instances anew from the image', loses: 'own disk' },
  },
  {
    ...{ name: 'upgrade', path: 'manualupgrade', doing: 'upgrading' },
    summary: 'bring instances to the model of the set; another image makes their disks anew',
    loses: 'own disk, where the image is another',
  },
]

const named = (verb: string) =>
  waiting(grouped(new Command(verb))).argument('<name>', "the set's name")

/** `tl vmss start`, `stop`, `restart`, `deallocate`, `reimage` and `upgrade`: of all instances, or of some. */
export function vmssVerbCommands(output: Output, done: (code: ExitCode) => void): Command[] {
  return VERBS.map(({ name: verb, summary, path: action, doing, loses }) => {
    const command = named(verb)
      .summary(`${summary}: all of a set, or those named`)
      .argument('[id...]', 'as tl vmss instance list tells them (default: all)')
      .addHelpText('after', `\nExamples:\n  tl vmss ${verb} fleet\n  tl vmss ${verb} fleet 0 2`)
    if (loses !== undefined) command.option('--dry-run', 'only tell what would be lost')
    return command.action(async (name: string, ids: string[], options: Options) => {
      await withService(async (connection) => {
        const path = connection.resource(SET, name, options.group)
        if (options.dryRun === true) {
          const chosen = await chosenOf(connection, path, name, ids)
          return tellLost(chosen, loses!, options, output)
        }
        const instanceIds = ids.length === 0 ? ['*'] : ids
        const { operationUrl } = await connection.client.ask('POST', `${path}/${action}`, {
          instanceIds,
        })
        const which = ids.length === 0 ? name : `${ids.join(', ')} of ${name}`
        await followed(connection, `${doing} ${which}`, operationUrl, options, output)
      })
      done(EXIT.affirming)
    })
  })
}

/** @throws {Error} one of them is none of the set's. */
async function chosenOf(connection: Connection, path: string, name: string, ids: string[]) {
  const all = await instancesAt(connection, path)
  const other = ids.find((id) => !all.some(({ instanceId }) => instanceId === id))
  if (other !== undefined)
    throw new Error(`${name} has no instance ${plain(other)}; tl vmss instance list ${name}`)
  return ids.length === 0 ? all : all.filter(({ instanceId }) => ids.includes(instanceId))
}

function tellLost(
  instances: readonly any[],
  what: string,
  { json }: Options,
  { out }: Output,
): void {
  const lost = instances.map(({ instanceId, name }) => ({ instanceId, name, lost: what }))
  const lines = lost.map((one) => `${plain(one.instanceId)} ${plain(one.name)}: its ${what}\n`)
  out(json === true ? jsonText(lost) : lines.length === 0 ? 'nothing\n' : lines.join(''))
}

/** `tl vmss scale`, `update` and `delete`. */
export function vmssChangeCommands(output: Output, done: (code: ExitCode) => void): Command[] {
  const scale = named('scale')
    .summary('as many instances as wanted')
    .requiredOption('--instances <n>', 'how many', countOf)
    .addHelpText('after', '\nExamples:\n  tl vmss scale fleet --instances 5')
    .action(async (name: string, options: Options & { instances: number }) => {
      await patched(name, `scaling ${name}`, options, output, async () => ({
        sku: { capacity: options.instances },
      }))
      done(EXIT.affirming)
    })
  const update = named('update')
    .summary('another model: image, size; instances get it by upgrade, or by its upgrade policy')
    .option('--image <image>', 'as tl vmss create takes it')
    .option('--size <name>', "one of Azure's sizes: tl size list")
    .addHelpText(
      'after',
      '\nExamples:\n  tl vmss update fleet --image ours/web\n  tl vmss upgrade fleet',
    )
    .action(async (name: string, options: Options & { image?: string; size?: string }) => {
      const { image, size, group } = options
      if (image === undefined && size === undefined)
        throw new UsageError('what of it? --image IMAGE or --size NAME')
      await patched(name, `updating ${name}`, options, output, async (connection) => ({
        ...(size !== undefined && { sku: { name: size } }),
        ...(image !== undefined && {
          properties: {
            virtualMachineProfile: {
              storageProfile: { imageReference: await foundImage(connection, image, group) },
            },
          },
        }),
      }))
      done(EXIT.affirming)
    })
  return [scale, update, deleteCommand(output, done)]
}

/** Of a set that is there. @throws {ArmError} it is not. */
function patched(
  name: string,
  doing: string,
  options: Options,
  output: Output,
  bodyOf: (connection: Connection) => Promise<Record<string, any>>,
): Promise<void> {
  return withService(async (connection) => {
    const path = connection.resource(SET, name, options.group)
    const { operationUrl } = await connection.client.ask('PATCH', path, await bodyOf(connection))
    await followed(connection, doing, operationUrl, options, output)
  })
}

function deleteCommand(output: Output, done: (code: ExitCode) => void): Command {
  return named('delete')
    .summary('a set and all its instances, or those that are named')
    .argument('[id...]', 'as tl vmss instance list tells them (default: the set)')
    .option('--dry-run', 'only tell what would go')
    .addHelpText(
      'after',
      '\nExamples:\n  tl vmss delete fleet --dry-run\n  tl vmss delete fleet 2\n  tl vmss delete fleet',
    )
    .action(async (name: string, ids: string[], options: Options) => {
      await withService(async (connection) => {
        const path = connection.resource(SET, name, options.group)
        await connection.client.get(path)
        if (options.dryRun === true) {
          const chosen = await chosenOf(connection, path, name, ids)
          return tellLost(chosen, 'VM and its disk', options, output)
        }
        const { operationUrl } =
          ids.length === 0
            ? await connection.client.ask('DELETE', path)
            : await connection.client.ask('POST', `${path}/delete`, { instanceIds: ids })
        const which = ids.length === 0 ? name : `${ids.join(', ')} of ${name}`
        await followed(connection, `deleting ${which}`, operationUrl, options, output)
      })
      done(EXIT.affirming)
    })
}
