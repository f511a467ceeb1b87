import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { madeWhereMissing } from '../service/made-where-missing.ts'
import { collectionPath, madePoint } from '../service/restore-point.ts'
import { inGroup } from '../service/standing.ts'
import { followed, grouped, type VmOptions, vmPath, waiting } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { fieldsText, tableText } from '../table.ts'

const ofVm = (verb: string) => grouped(new Command(verb)).argument('<vm>', "the VM's name")
const point = (verb: string) =>
  ofVm(verb).argument('<point>', "the restore point's name; tl restore-point list VM shows them")

/** `tl restore-point …`: VMs as they were, and put back. */
export function restorePointCommand(output: Output, done: (code: ExitCode) => void): Command {
  const command = new Command('restore-point')
    .summary('VMs as they were: disks, variable store and vTPM together, sealed; put back')
    .addHelpText(
      'after',
      '\nExamples:\n  tl restore-point create web before-update\n  tl restore-point list web\n  tl vm deallocate web\n  tl restore-point restore web before-update\n  tl vm start web\n  tl restore-point delete web before-update',
    )
  const commands = [
    createCommand(output, done),
    listCommand(output, done),
    showCommand(output, done),
    ...changeCommands(output, done),
  ]
  for (const one of commands) command.addCommand(one)
  return command
}

function createCommand(output: Output, done: (code: ExitCode) => void): Command {
  return point('create')
    .summary('keep a VM as it is now; one that runs goes on')
    .addHelpText('after', '\nExamples:\n  tl restore-point create web before-update')
    .action(async (name: string, called: string, options: VmOptions) => {
      const made = await withService(async (connection) => {
        const path = collectionPath(connection, name, options)
        const source = { id: vmPath(connection, name, options) }
        const location = await connection.location()
        const body = { location, properties: { source } }
        await madeWhereMissing(connection, { method: 'PUT', path, body })
        return madePoint(connection, `${path}/restorePoints/${called}`, output)
      })
      const next = `kept ${name} as ${called}: tl restore-point restore ${name} ${called}${inGroup(options)} puts it back, deallocated\n`
      output.out(options.json === true ? jsonText(made) : next)
      done(EXIT.affirming)
    })
}

function listCommand(output: Output, done: (code: ExitCode) => void): Command {
  return ofVm('list')
    .summary("a VM's restore points")
    .addHelpText('after', '\nExamples:\n  tl restore-point list web')
    .action(async (name: string, options: VmOptions) => {
      const points: any[] = await withService(async (connection) => {
        const path = `${collectionPath(connection, name, options)}?$expand=restorePoints`
        return ((await connection.client.get(path)) as any).properties.restorePoints
      })
      const rows = points.map(viewOf)
      const text =
        rows.length === 0
          ? 'no restore points\n'
          : tableText(
              Object.keys(rows[0]!),
              rows.map((row) => Object.values(row).map(plain)),
              output.width,
            )
      output.out(options.json === true ? jsonText(points) : text)
      done(EXIT.affirming)
    })
}

function showCommand(output: Output, done: (code: ExitCode) => void): Command {
  return point('show')
    .summary('one restore point')
    .addHelpText('after', '\nExamples:\n  tl restore-point show web before-update')
    .action(async (name: string, called: string, options: VmOptions) => {
      const found = await withService((connection) =>
        connection.client.get(
          `${collectionPath(connection, name, options)}/restorePoints/${called}`,
        ),
      )
      const text = fieldsText(Object.entries(viewOf(found)))
      output.out(options.json === true ? jsonText(found) : text)
      done(EXIT.affirming)
    })
}

function changeCommands(output: Output, done: (code: ExitCode) => void): Command[] {
  const restore = waiting(point('restore'))
    .summary('put a deallocated VM back to what it was then; what it has now is lost')
    .addHelpText(
      'after',
      '\nExamples:\n  tl vm deallocate web\n  tl restore-point restore web before-update',
    )
    .action(async (name: string, called: string, options: VmOptions) => {
      await withService(async (connection) => {
        const id = `${collectionPath(connection, name, options)}/restorePoints/${called}`
        const path = `${vmPath(connection, name, options)}/restore`
        const body = { restorePoint: { id } }
        const { operationUrl } = await connection.client.ask('POST', path, body)
        await followed(
          connection,
          `putting ${name} back to ${called}`,
          operationUrl,
          options,
          output,
        )
      })
      done(EXIT.affirming)
    })
  const remove = waiting(point('delete'))
    .summary('delete a restore point')
    .addHelpText('after', '\nExamples:\n  tl restore-point delete web before-update')
    .action(async (name: string, called: string, options: VmOptions) => {
      await withService(async (connection) => {
        const path = `${collectionPath(connection, name, options)}/restorePoints/${called}`
        await connection.client.get(path)
        const { operationUrl } = await connection.client.ask('DELETE', path)
        await followed(connection, `deleting ${called}`, operationUrl, options, output)
      })
      done(EXIT.affirming)
    })
  return [restore, remove]
}

function viewOf({ name, properties: of }: any): Record<string, string> {
  const { dataDisks = [] } = of.sourceMetadata?.storageProfile ?? {}
  return {
    name: String(name),
    taken: String(of.timeCreated ?? ''),
    consistency: String(of.consistencyMode ?? of.provisioningState),
    disks: String(1 + dataDisks.length),
    vTPM: of.vTpmGeneration === undefined ? 'none' : `generation ${of.vTpmGeneration}`,
  }
}
