import type { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import type { Connection } from '../service/connection.ts'
import { followedBoot, standingOf } from '../service/standing.ts'
import { followed, type VmOptions, vmPath, vmVerb, waiting } from '../service/vm-command.ts'
import { viewOfVm } from '../service/vm-view.ts'
import { goingWithVm, tellGoing } from '../service/what-goes.ts'
import { withService } from '../service/with-service.ts'

interface Verb {
  readonly name: string
  readonly summary: string
  /** As its path says; null: the VM is deleted. */
  readonly action: string | null
  readonly doing: string
  readonly force?: string
}

interface Options extends VmOptions {
  readonly force?: boolean
  readonly dryRun?: boolean
}

const VERBS: readonly Verb[] = [
  {
    name: 'start',
    summary: 'start a VM, and wait until it booted',
    action: 'start',
    doing: 'starting',
  },
  {
    ...{ name: 'stop', summary: 'stop a VM by its power button', action: 'powerOff' },
    ...{ doing: 'stopping', force: 'end it at once' },
  },
  { name: 'restart', summary: 'restart a VM that runs', action: 'restart', doing: 'restarting' },
  {
    ...{ name: 'deallocate', action: 'deallocate', doing: 'deallocating' },
    summary: 'stop a VM and give back what it holds: its security may be changed then',
  },
  {
    ...{ name: 'delete', action: null, doing: 'deleting' },
    summary: 'remove a VM, and what was made for it alone',
  },
]

/** After these it is told how the VM stands. */
const BOOTS: readonly string[] = ['start', 'restart']

/** `tl vm start`, `stop`, `restart`, `deallocate`, `delete`. */
export function vmPowerCommands(output: Output, done: (code: ExitCode) => void): Command[] {
  return VERBS.map((verb) => {
    const command = waiting(vmVerb(verb.name, verb.summary)).addHelpText(
      'after',
      `\nExamples:\n  tl vm ${verb.name} web\n  tl vm ${verb.name} web --no-wait`,
    )
    if (verb.force !== undefined) command.option('--force', verb.force)
    if (verb.action === null) command.option('--dry-run', 'only tell what would go, and what stays')
    return command.action(async (name: string, options: Options) => {
      await withService(async (connection) => {
        const path = vmPath(connection, name, options)
        if (options.dryRun === true) {
          const vm = await connection.client.get(path)
          return tellGoing(await goingWithVm(connection, vm), options, output)
        }
        const query = options.force === true ? '?skipShutdown=true' : ''
        if (verb.name === 'start' && (await tellsThatItRuns(connection, name, options, output)))
          return
        // deleting what is not there is no failure of the control plane's: here it is told
        if (verb.action === null) await connection.client.get(path)
        const { operationUrl } =
          verb.action === null
            ? await connection.client.ask('DELETE', path)
            : await connection.client.ask('POST', `${path}/${verb.action}${query}`)
        await (BOOTS.includes(verb.name)
          ? followedBoot(connection, verb.doing, name, operationUrl, options, output)
          : followed(connection, `${verb.doing} ${name}`, operationUrl, options, output))
      })
      done(EXIT.affirming)
    })
  })
}

/** @returns whether there is nothing to start. */
async function tellsThatItRuns(
  connection: Connection,
  name: string,
  options: VmOptions,
  { out }: Output,
): Promise<boolean> {
  const path = vmPath(connection, name, options)
  const vm = viewOfVm(await connection.client.get(`${path}?$expand=instanceView`))
  if (vm.power !== 'running') return false
  if (options.json === true) out(jsonText({ operation: null, status: 'Succeeded' }))
  else out(`${vm.name} runs already\n${await standingOf(connection, name, options)}`)
  return true
}
