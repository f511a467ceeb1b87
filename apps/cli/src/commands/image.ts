import { closeSync, openSync, readSync } from 'node:fs'
import { fromUtf8, MalformedError, toHex } from '@trusted-launch/codec'
import { parseSecureBootTemplate, type SecureBootTemplate } from '@trusted-launch/uefi'
import microsoft from '@trusted-launch/uefi/templates/microsoft-uefi-ca.json' with { type: 'json' }
import { Argument, Command } from 'commander'
import { buildGuest } from '../build-guest.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { readInput } from '../input-file.ts'
import { type ImageReport, inspectImage } from '../inspect-image.ts'
import { jsonText, type Output, tableText } from '../output.ts'
import { commonName, plain } from '../verdict.ts'

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
    .summary("show an image's partitions, files and what will boot from it")
    .description(
      'Reads a disk image (raw or qcow2) without mounting it: its SHA-256, its partitions, each file of its EFI system partition, and what would boot from it: who signed it, and whether firmware with these keys allows it.',
    )
    .argument('<file>', 'a disk image')
    .option(
      '--signatures <file>',
      "the firmware's keys, a template in JSON (default: Microsoft's UEFI CA)",
    )
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  tl image inspect disk.raw\n  tl image inspect disk.raw --json',
    )
    .action(async (file: string, options: { json?: boolean; signatures?: string }) => {
      const report = await reportOf(file, templateOf(options.signatures))
      output.out(options.json === true ? jsonText(plainJson(report)) : textOf(report))
      done(EXIT.affirming)
    })
}

const templateBytesMax = 4 << 20

/** Keys as JSON. @throws {UefiError} not a template. */
function templateOf(file: string | undefined): SecureBootTemplate {
  if (file === undefined) return parseSecureBootTemplate(microsoft)
  try {
    return parseSecureBootTemplate(JSON.parse(fromUtf8(readInput(file, templateBytesMax))))
  } catch (cause) {
    if (
      cause instanceof MalformedError ||
      !(cause instanceof Error) ||
      cause.message.includes('ENOENT')
    )
      throw cause
    throw new MalformedError(file, 0, cause.message, { cause })
  }
}

async function reportOf(file: string, template: SecureBootTemplate): Promise<ImageReport> {
  const { openDiskFile } = await import('@trusted-launch/host')
  const disk = openDiskFile(file, formatOf(file))
  try {
    return inspectImage(disk, template)
  } finally {
    disk.close()
  }
}

const qcow2Magic = Buffer.from('QFI\xfb', 'latin1')

/** Bytes as hexadecimal. */
function plainJson(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, one) => (one instanceof Uint8Array ? toHex(one) : one)),
  )
}

function formatOf(file: string): 'raw' | 'qcow2' {
  const descriptor = openSync(file, 'r')
  try {
    const head = Buffer.alloc(qcow2Magic.length)
    readSync(descriptor, head)
    return head.equals(qcow2Magic) ? 'qcow2' : 'raw'
  } finally {
    closeSync(descriptor)
  }
}

function textOf(report: ImageReport): string {
  const { sizeBytes, sha256, partitions, files } = report
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
    bootText(report),
  ].join('\n')
}

function bootText({ boot, bootUnknown }: ImageReport): string {
  if (boot === null) return `What it boots cannot be foretold: ${plain(bootUnknown ?? '')}\n`
  const head = ['what boots', '', 'Authenticode SHA-256', 'signed by', 'Secure Boot']
  const rows = boot.images.map(({ stage, path, sha256, signers, verdict }) => [
    stage,
    plain(path),
    sha256,
    signers.map(({ subject }) => plain(commonName(subject))).join(', ') || '-',
    verdict.allowed ? 'allowed' : 'refused',
  ])
  const line = boot.commandLine === null ? '' : `command line: ${plain(boot.commandLine)}\n`
  return `${tableText(head, rows)}${line}`
}
