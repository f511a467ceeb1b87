import { keyOf } from '@trusted-launch/api'
import { Command, InvalidArgumentError } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import type { Connection } from '../service/connection.ts'
import { DISK, diskHolders } from '../service/disk-holders.ts'
import { followed, grouped, type VmOptions, vmPath, waiting } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'

interface AttachOptions extends VmOptions {
  readonly vm: string
  readonly lun?: number
}

/** `tl disk attach` and `tl disk detach`, also while the VM runs. */
export function diskAttachCommands(output: Output, done: (code: ExitCode) => void): Command[] {
  const attach = waiting(grouped(new Command('attach')))
    .summary('give a disk to a VM of its group, also while that runs')
    .argument('<name>', "the disk's name")
    .requiredOption('--vm <name>', 'which VM')
    .option('--lun <n>', 'its place among the data disks (default: the first that is free)', lunOf)
    .addHelpText(
      'after',
      '\nExamples:\n  tl disk attach data --vm web\n  tl disk attach data --vm web --lun 3\n\nWhat is on it is measured by nobody: what boots is on another disk.',
    )
    .action(async (name: string, options: AttachOptions) => {
      await withService(async (connection) => {
        const diskId = connection.resource(DISK, name, options.group)
        await connection.client.get(diskId)
        const disk = { diskId, ...(options.lun !== undefined && { lun: options.lun }) }
        const url = await asked(connection, vmPath(connection, options.vm, options), {
          dataDisksToAttach: [disk],
        })
        await followed(connection, `attaching ${name} to ${options.vm}`, url, options, output)
      })
      done(EXIT.affirming)
    })
  const detach = waiting(grouped(new Command('detach')))
    .summary('take a data disk from the VM that has it, also while that runs')
    .argument('<name>', "the disk's name")
    .addHelpText('after', '\nExamples:\n  tl disk detach data')
    .action(async (name: string, options: VmOptions) => {
      await withService(async (connection) => {
        const diskId = connection.resource(DISK, name, options.group)
        await connection.client.get(diskId)
        const holder = (await diskHolders(connection)).get(keyOf(diskId))
        if (holder === undefined)
          throw new Error(`no VM has ${name}; tl disk list shows which disks VMs have`)
        if (holder.lun === null)
          throw new Error(`${name} is ${holder.name}'s own disk: it goes with it, tl vm delete`)
        const url = await asked(connection, holder.id, { dataDisksToDetach: [{ diskId }] })
        await followed(connection, `detaching ${name} from ${holder.name}`, url, options, output)
      })
      done(EXIT.affirming)
    })
  return [attach, detach]
}

async function asked(
  { client }: Connection,
  vm: string,
  body: Record<string, { diskId: string; lun?: number }[]>,
): Promise<string | null> {
  return (await client.ask('POST', `${vm}/attachDetachDataDisks`, body)).operationUrl
}

function lunOf(text: string): number {
  if (/^\d{1,2}$/.test(text) && Number(text) < 64) return Number(text)
  throw new InvalidArgumentError('a number from 0 to 63 is wanted.')
}
