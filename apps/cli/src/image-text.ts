import type { ImageName } from './image-file.ts'
import type { ImageReport } from './inspect-image.ts'
import { plain } from './plain-text.ts'
import { tableText } from './table.ts'
import { commonName } from './verdict.ts'

const digestShown = 16

/** An image for people: its name, its partitions and files, and what boots from it; tables of `width`. */
export function textOfImage(named: ImageName, report: ImageReport, width: number): string {
  const { format, fileBytes, sha256 } = named
  const partitions = report.partitions.map((one) => [
    plain(one.name) || '-',
    String(one.offset),
    String(one.sizeBytes),
    one.efiSystem ? 'EFI system' : '',
  ])
  const files = report.files.map((one) => [plain(one.path), String(one.sizeBytes), one.sha256])
  return [
    `SHA-256 ${sha256}\n${format}, ${fileBytes} bytes, a disk of ${report.sizeBytes} bytes\n`,
    tableText(['partition', 'offset', 'bytes', 'type'], partitions, width),
    tableText(['file', 'bytes', 'SHA-256'], files, width),
    bootText(report, width),
  ].join('\n')
}

function bootText({ boot, bootUnknown }: ImageReport, width: number): string {
  if (boot === null) return `What it boots cannot be foretold: ${plain(bootUnknown ?? '')}\n`
  const head = ['what boots', '', 'Authenticode', 'signed by', 'Secure Boot']
  const rows = boot.images.map(({ stage, path, sha256, signers, verdict }) => [
    stage,
    plain(path),
    sha256.slice(0, digestShown),
    signers.map(({ subject }) => plain(commonName(subject))).join(', ') || '-',
    verdict.allowed ? 'allowed' : `refused: ${verdict.reason}, ${plain(verdict.detail)}`,
  ])
  const line = boot.commandLine === null ? '' : `command line: ${plain(boot.commandLine)}\n`
  const end = boot.wouldBoot ? 'It boots' : 'It does not boot'
  return `${tableText(head, rows, width)}${line}${end} under Secure Boot with these keys.\n`
}
