import { Command } from 'commander'
import type { ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { approveCommand, diffCommand, mergeCommand, showCommand } from './reference-values-files.ts'
import { fromImageCommand } from './reference-values-from-image.ts'
import { fromLogCommand } from './reference-values-from-log.ts'
import { listCommand, revokeCommand } from './reference-values-service.ts'

/** `tl reference-values …`: what a VM must measure, made, read, compared and approved. */
export function referenceValuesCommand(output: Output, done: (code: ExitCode) => void): Command {
  const command = new Command('reference-values')
    .summary('make, compare and approve what a VM must measure')
    .description(
      'Reference values say what a good boot measures: several variants side by side, one of which a boot must match as a whole. Foretold from an image they are believed; learnt from a log they are not, until somebody approves them.',
    )
    .addHelpText(
      'after',
      `
Examples:
  tl reference-values from-image disk.raw --out small.json
  tl reference-values from-log binary_bios_measurements --pcrs quote.pcrs --out vm.json
  tl reference-values show vm.json
  tl reference-values approve vm.json --by me --why 'first boot after installing, on my own desk'
  tl reference-values diff old.json new.json
  tl reference-values merge old.json new.json --out both.json
  tl reference-values list web`,
    )
  for (const make of [
    fromImageCommand,
    fromLogCommand,
    showCommand,
    diffCommand,
    mergeCommand,
    approveCommand,
    listCommand,
    revokeCommand,
  ])
    command.addCommand(make(output, done))
  return command
}
