import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { withFileDisk } from '../file-disk.ts'
import { type ImageReport, inspectImage } from '../inspect-image.ts'
import { jsonText, type Output, tableText } from '../output.ts'
import { plain } from '../verdict.ts'

/** `tl image …`: what is on a disk image. */
export function imageCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('image')
    .summary('look at a disk image')
    .addHelpText(
      'after',
      '\nExamples:\n  tl image inspect disk.raw\n  tl image inspect disk.raw --json',
    )
    .addCommand(inspectCommand(output, done))
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
