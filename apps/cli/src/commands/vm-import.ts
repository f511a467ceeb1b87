import { existsSync, readdirSync } from 'node:fs'
import { fromUtf8 } from '@trusted-launch/codec'
import { Command, Option } from 'commander'
import type { ExaminedFile } from '../examined-file.ts'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import {
  configBytesMax,
  type ForeignMachine,
  type Manager,
  managers,
  parseForeignMachine,
} from '../import/foreign-machine.ts'
import type { Comes } from '../import/what-comes.ts'
import { decodedFrom } from '../input-file.ts'
import { jsonText, type Output } from '../output.ts'
import { grouped } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { told } from '../step.ts'

export interface ImportOptions {
  readonly name?: string
  readonly from?: Manager
  readonly config?: string
  readonly disk?: string
  readonly nvram?: string
  readonly tpmState?: string
  readonly size?: string
  readonly secureBoot?: 'on' | 'off'
  readonly group?: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** What is to come, before anything is asked of the control plane. */
export interface Foreign {
  readonly name: string
  readonly machine: ForeignMachine | null
  readonly disk: string
  readonly nvram: string | null
  readonly examined: ExaminedFile
  readonly comes: Comes
}

/** `tl vm import`: a VM of another manager's, its disk and its variables. */
export function vmImportCommand(output: Output, done: (code: ExitCode) => void): Command {
  return grouped(new Command('import'))
    .summary('take a VM from libvirt, Proxmox VE or Incus: its disk and variables')
    .description(
      'Takes a stopped VM: its disk (qcow2 or raw) and OVMF variables come along, after a report of what works. Its vTPM does not: whoever had its state could answer for it, so it gets a new one. What was sealed by the old one (BitLocker, LUKS) needs its recovery key then.',
    )
    .option('--name <name>', "the VM's name (default: the one it has there)")
    .addOption(new Option('--from <manager>', 'whose configuration --config is').choices(managers))
    .option(
      '--config <file>',
      'virsh dumpxml, /etc/pve/qemu-server/ID.conf, incus config show --expanded',
    )
    .option('--disk <file>', 'its disk (default: the first that the configuration names)')
    .option(
      '--nvram <file>',
      'its *_VARS.fd, raw or qcow2 (default: the one that the configuration names)',
    )
    .option('--tpm-state <dir>', "its swtpm's folder; looked at, told of, and not taken")
    .option('--size <size>', 'one of Azure’s (default: the smallest that has what it had)')
    .addOption(
      new Option('--secure-boot <state>', 'default: as its variables have it').choices([
        'on',
        'off',
      ]),
    )
    .option('--dry-run', 'only the report; nothing is sent')
    .addHelpText(
      'after',
      '\nExamples:\n  virsh dumpxml web > web.xml\n  tl vm import --from libvirt --config web.xml --dry-run\n  tl vm import --name web --disk web.qcow2 --nvram web_VARS.fd\n  tl vm import --from proxmox --config 100.conf --disk vm-100-disk-0.qcow2',
    )
    .action(async (options: ImportOptions) => {
      // what looks into disks is most of the program, and no other command of VMs wants it
      const { textOfExamination } = await import('../examined-file.ts')
      const { textOfComes } = await import('../import/what-comes.ts')
      const { importedVm } = await import('../import/imported-vm.ts')
      const foreign = await foreignOf(options)
      const isJson = options.json === true
      if (!isJson)
        output.out(
          `${textOfExamination(foreign.examined.examination, output.width)}\n${textOfComes(foreign.comes, output.width)}`,
        )
      const vm =
        options.dryRun === true
          ? null
          : await withService((connection) =>
              importedVm(connection, foreign, options, output, told(output)),
            )
      const { examined, comes } = foreign
      if (isJson) output.out(jsonText({ ...examined, comes, vm }))
      else if (vm !== null) output.out(`\nits console   tl vm console ${foreign.name}\n`)
      done(EXIT.affirming)
    })
}

async function foreignOf(options: ImportOptions): Promise<Foreign> {
  const machine = machineOf(options)
  const name = options.name ?? machine?.name ?? null
  const disk = options.disk ?? machine?.disk ?? null
  if (name === null) throw new UsageError('which name? --name NAME')
  if (disk === null)
    throw new UsageError('which disk? --disk FILE; its configuration names no file of this machine')
  if (!existsSync(disk))
    throw new Error(`${disk} is not on this machine: --disk FILE names the disk (qcow2 or raw)`)
  const nvram = options.nvram ?? machine?.variables ?? null
  if (nvram !== null && !existsSync(nvram))
    throw new Error(`${nvram} is not on this machine: --nvram FILE names its variables`)
  const { examinedFile } = await import('../examined-file.ts')
  const { comesOf } = await import('../import/what-comes.ts')
  const examined = await examinedFile(disk)
  const tpmState = options.tpmState === undefined ? null : filesIn(options.tpmState)
  const comes = comesOf({ machine, examined, nvram, tpmState, secureBoot: options.secureBoot })
  return { name, machine, disk, nvram, examined, comes: await comes }
}

function machineOf({ from, config }: ImportOptions): ForeignMachine | null {
  if ((from === undefined) !== (config === undefined))
    throw new UsageError('--from MANAGER and --config FILE belong together')
  if (from === undefined || config === undefined) return null
  return decodedFrom(config, `a configuration of ${from}`, configBytesMax, (bytes) =>
    parseForeignMachine(from, fromUtf8(bytes)),
  )
}

/** The names of what a swtpm keeps: below its folder, or in it. */
function filesIn(folder: string): string[] {
  if (!existsSync(folder)) throw new Error(`${folder} is not on this machine`)
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .slice(0, 100)
    .filter((name) => /(?:^|\/)tpm2-00\.permall$/.test(name))
}
