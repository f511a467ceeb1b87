import { basename } from 'node:path'
import {
  decodePcrValues,
  type Finding,
  learnReferences,
  PCR_FILE_BYTES_MAX,
  type Profile,
} from '@trusted-launch/attestation'
import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { isMalformed, partFrom } from '../input-fault.ts'
import { logsFrom } from '../log-files.ts'
import type { Output } from '../output.ts'
import { writeReferences } from '../reference-file.ts'
import { textOfFinding } from '../verdict.ts'
import { profileOption } from './eventlog.ts'

interface Options {
  pcrs: string
  ima?: string
  userspaceLog?: string
  profile: Profile
  name?: string
  allowUpdates?: boolean
  out?: string
}

/** `tl reference-values from-log`. */
export function fromLogCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('from-log')
    .summary('learn reference values from a log that holds; somebody must approve them')
    .description(
      'Verifies the log by the PCR values, as tl eventlog does, and writes down what it measured. A genuine log says what booted, not that it is good: what is learnt counts for nothing until tl reference-values approve says who believes it, and why.',
    )
    .argument('<file>', 'the firmware event log; - for standard input')
    .requiredOption(
      '--pcrs <file>',
      'PCR values you believe, of PCR 0 to 15 best: JSON, what tpm2_pcrread prints, or what tpm2_quote -o writes',
    )
    .option('--ima <file>', "the kernel's binary_runtime_measurements: the modules it names")
    .option('--userspace-log <file>', "systemd's tpm2-measure.log, to explain PCR 11 to 15")
    .addOption(profileOption())
    .option('--name <variant>', "what to call it (default: the log's name)")
    .option(
      '--allow-updates',
      "hold the Secure Boot variables to sets: take a vendor's newer dbx, refuse a key more",
    )
    .option('--out <file>', 'where to write them (default: standard output)')
    .addHelpText(
      'after',
      '\nExamples:\n  tl reference-values from-log binary_bios_measurements --pcrs quote.pcrs --out vm.json\n\nExit codes: 0 learnt, 3 the log is refused, 5 malformed.',
    )
    .action((file: string, options: Options) => done(run(file, options, output)))
}

function run(file: string, options: Options, output: Output): ExitCode {
  const pcrs = partFrom(
    'pcrs.malformed',
    options.pcrs,
    'a file of PCR values',
    PCR_FILE_BYTES_MAX,
    decodePcrValues,
  )
  const log = file === '-' ? 'standard input' : basename(file)
  const learnt = learnReferences(
    {
      ...logsFrom({ ...options, eventLog: file }),
      pcrs,
      profile: options.profile,
    },
    { name: options.name ?? log, log },
    { bounds: options.allowUpdates === true },
  )
  if (!('approval' in learnt)) return refused(learnt, output)
  writeReferences({ version: 2, variants: [learnt] }, options.out, output)
  output.err(
    `tl: learnt from a log, which says what booted and not that it is good: these count for nothing until approved\n    tl reference-values approve ${options.out ?? 'FILE'} --by NAME --why REASON\n`,
  )
  return EXIT.affirming
}

function refused(findings: readonly Finding[], output: Output): ExitCode {
  output.err('tl: nothing is learnt from this log: it is refused\n')
  for (const finding of findings) output.err(textOfFinding(finding, output))
  return isMalformed(findings) ? EXIT.malformed : EXIT.contraindicated
}
