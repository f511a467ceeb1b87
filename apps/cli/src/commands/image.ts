import { Argument, Command } from 'commander'
import { buildGuest } from '../build-guest.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { withFileDisk } from '../file-disk.ts'
import { type ImageReport, inspectImage } from '../inspect-image.ts'
import { jsonText, type Output, tableText } from '../output.ts'
import { plain } from '../verdict.ts'

/** `tl image …`: guest images made, and what is on one. */
export function imageCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('image')
    .summary('build a guest image, or look at one')
    .addHelpText('after', '\nExamples:\n  tl image build small\n  tl image inspect disk.raw --json')
    .addCommand(buildCommand(output, done))
    .addCommand(inspectCommand(output, done))
}

const names = ['small', 'uki', 'debian-12']

function buildCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('build')
    .summary('build a guest image, or find the one built from the same inputs')
    .description(
      'Builds a guest image under .cache/images, or finds the one built from the same inputs, and prints its path and its SHA-256. small and uki give the same bytes from the same inputs; debian-12 wants root and the network, and installs mmdebstrap when it is missing.',
    )
    .addArgument(new Argument('<name>', 'which guest').choices(names))
    .option('--json', 'one JSON document')
    .addHelpText('after', '\nExamples:\n  tl image build small\n  tl image build debian-12 --json')
    .action(async (name: string, options: { json?: boolean }) => {
      const progress = (line: string) => output.err(`${plain(line)}\n`)
      const { path, sha256, format } = await buildGuest(name, { progress })
      output.out(
        options.json === true ? jsonText({ name, path, sha256, format }) : `${path}\n${sha256}\n`,
      )
      done(EXIT.affirming)
    })
}

function inspectCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('inspect')
    .summary("show an image's partitions and what its EFI system partition holds")
    .description(
      'Reads a raw disk image without mounting it: its SHA-256 (its name elsewhere), its partitions, and each file of its EFI system partition with its SHA-256.',
    )
    .argument('<file>', 'a raw disk image')
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  tl image inspect disk.raw\n  tl image inspect disk.raw --json',
    )
    .action((file: string, options: { json?: boolean }) => {
      const report = withFileDisk(file, inspectImage)
      output.out(options.json === true ? jsonText(report) : textOf(report))
      done(EXIT.affirming)
    })
}

function textOf({ sizeBytes, sha256, partitions, files }: ImageReport): string {
  const partitionRows = partitions.map((one) => [
    plain(one.name) || '-',
    String(one.offset),
    String(one.sizeBytes),
    one.efiSystem ? 'EFI system' : '',
  ])
  const fileRows = files.map((one) => [plain(one.path), String(one.sizeBytes), one.sha256])
  return [
    `${sizeBytes} bytes, SHA-256 ${sha256}\n`,
    tableText(['partition', 'offset', 'bytes', 'type'], partitionRows),
    tableText(['file', 'bytes', 'SHA-256'], fileRows),
  ].join('\n')
}
