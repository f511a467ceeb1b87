import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { everything } from '../service/everything.ts'
import { withService } from '../service/with-service.ts'
import { tableText } from '../table.ts'

interface Options {
  readonly supported?: boolean
  readonly json?: boolean
}

/** `tl size list`: Azure's sizes, by what this host can give. */
export function sizeCommand(output: Output, done: (code: ExitCode) => void): Command {
  const list = new Command('list')
    .summary('every size, and whether this host can give it')
    .addHelpText('after', '\nExamples:\n  tl size list --supported')
    .option('--supported', 'only those that can be had here as Trusted Launch VMs')
    .option('--json', 'one JSON document')
    .action(async (options: Options) => {
      const all = await withService(({ client, subscription }) =>
        everything(client.list(`${subscription}/providers/Microsoft.Compute/skus`)),
      )
      const sizes = all.map(viewOfSize)
      const shown = options.supported === true ? sizes.filter(isSupported) : sizes
      output.out(options.json === true ? jsonText(shown) : textOf(shown, output.width))
      done(EXIT.affirming)
    })
  return new Command('size')
    .summary('which sizes of VMs there are')
    .addHelpText('after', '\nExamples:\n  tl size list --supported\n  tl size list --json')
    .addCommand(list)
}

/** A size as a SKU tells of it. */
export function viewOfSize({ name, capabilities, restrictions }: any) {
  const value = (wanted: string): string | null =>
    capabilities.find((one: any) => one.name === wanted)?.value ?? null
  const generations = value('HyperVGenerations') ?? ''
  return {
    name: String(name),
    vcpus: Number(value('vCPUs')),
    memoryGib: Number(value('MemoryGB')),
    generations,
    architecture: value('CpuArchitectureType') ?? '',
    trustedLaunch: generations.includes('V2') && value('TrustedLaunchDisabled') !== 'True',
    available: restrictions.length === 0,
  }
}

type SizeView = ReturnType<typeof viewOfSize>

const isSupported = ({ trustedLaunch, available }: SizeView) => trustedLaunch && available
const yesNo = (value: boolean) => (value ? 'yes' : 'no')

function textOf(sizes: readonly SizeView[], width: number): string {
  const head = ['size', 'vCPUs', 'GiB', 'generations', 'processor', 'Trusted Launch', 'here']
  const rows = sizes.map((size) => [
    ...[plain(size.name), String(size.vcpus), String(size.memoryGib), plain(size.generations)],
    ...[plain(size.architecture), yesNo(size.trustedLaunch), yesNo(size.available)],
  ])
  return rows.length === 0 ? 'no sizes\n' : tableText(head, rows, width)
}
